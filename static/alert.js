/* What htmx was asked to do and could not: said in words, at the top and where it was asked.
   The words stand in the page, in its language; without script a browser shows its own. */
(() => {
  "use strict";
  const region = () => document.getElementById("alert");

  const write = (element, words) => {
    if (!element) return;
    element.hidden = !words;
    // The same words once more would be spoken once more.
    if (element.textContent !== words) element.textContent = words;
  };

  const clear = () => {
    write(region(), "");
    for (const place of document.querySelectorAll("[data-failure]")) write(place, "");
  };

  const tell = (event, name) => {
    const { elt, requestConfig } = event.detail;
    const isReading = requestConfig && requestConfig.verb === "get";
    const words = region().dataset[isReading ? "unread" : name];
    write(region(), words);
    write(elt.querySelector("[data-failure]"), words);
  };

  document.addEventListener("htmx:sendError", (event) => tell(event, "offline"));
  document.addEventListener("htmx:timeout", (event) => tell(event, "late"));
  document.addEventListener("htmx:responseError", (event) => {
    tell(event, event.detail.xhr.status < 500 ? "outdated" : "unsaved");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) clear();
  });
})();
