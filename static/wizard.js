// Fields that another choice makes useless can be used only once it is made; and what went
// wrong on the way is said.
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

  // What htmx could not send, or got no page for, leaves everything as it is.
  const say = (what) => () => {
    const line = document.querySelector(".wizard-trouble");
    if (line) line.textContent = line.dataset[what];
  };
  document.addEventListener("htmx:sendError", say("offline"));
  document.addEventListener("htmx:responseError", say("refused"));
})();
