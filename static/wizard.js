// Fields that another choice makes useless can be used only once it is made.
"use strict";

(() => {
  const follow = () => {
    for (const field of document.querySelectorAll("[data-needs]")) {
      const choice = document.getElementById(field.dataset.needs);
      field.disabled = !(choice && choice.checked);
    }
  };
  document.addEventListener("change", follow);
  document.addEventListener("htmx:afterSettle", follow);
  document.addEventListener("htmx:historyRestore", follow);
  // A browser that goes back shows a form as it was left.
  window.addEventListener("pageshow", follow);
  follow();
})();
