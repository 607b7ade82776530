// What a page gains where scripts run; every page works without. A part marked `data-live` is fetched anew, through
// htmx, whenever the server says that something changed; a countdown counts.
(() => {
  "use strict";
  const parts = () => document.querySelectorAll("[data-live]");
  const first = parts()[0];
  if (first && window.EventSource) {
    const sign = document.querySelector(".follows");
    const source = new EventSource(first.dataset.live);
    const say = (on) => {
      if (!sign) return;
      sign.classList.toggle("on", on);
      sign.textContent = on ? "Updates by itself" : "Reconnecting";
    };
    source.addEventListener("open", () => say(true));
    source.addEventListener("error", () => say(false));
    source.addEventListener("changed", () => {
      // Whoever fills in a form is not interrupted.
      const busy = document.activeElement && document.activeElement.matches("main input, main select, main textarea");
      if (!busy) parts().forEach((part) => window.htmx.trigger(part, "changed"));
    });
    window.addEventListener("pagehide", () => source.close());
  }
  // What was opened stays open when its part is fetched anew.
  let open = [];
  const detailsOf = (part) => [...part.querySelectorAll("details")];
  const titleOf = (details) => details.querySelector("summary").textContent;
  document.addEventListener("htmx:beforeSwap", (event) => {
    open = detailsOf(event.detail.target).filter((each) => each.open).map(titleOf);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    detailsOf(event.detail.target).forEach((each) => { each.open = open.includes(titleOf(each)); });
  });
  const count = () => document.querySelectorAll("[data-until]").forEach((shown) => {
    const left = Math.max(0, Math.round((Date.parse(shown.dataset.until) - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)} min ${String(left % 60).padStart(2, "0")} s`;
  });
  if (document.querySelector("[data-until]")) setInterval(count, 1000);
})();
