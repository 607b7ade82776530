// What a page gains where scripts run; every page works without. A part marked `data-live` is fetched anew, through
// htmx, whenever the server says that something changed; a countdown counts.
(() => {
  "use strict";
  const live = document.querySelectorAll("[data-live]");
  if (live.length && window.EventSource) {
    const sign = document.querySelector(".live");
    const source = new EventSource(live[0].dataset.live);
    const say = (on) => {
      if (!sign) return;
      sign.classList.toggle("on", on);
      sign.textContent = on ? "Live" : "Reconnecting";
    };
    source.addEventListener("open", () => say(true));
    source.addEventListener("error", () => say(false));
    source.addEventListener("changed", () => live.forEach((part) => window.htmx.trigger(part, "changed")));
    window.addEventListener("pagehide", () => source.close());
  }
  const count = () => document.querySelectorAll("[data-until]").forEach((shown) => {
    const left = Math.max(0, Math.round((Date.parse(shown.dataset.until) - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)} min ${String(left % 60).padStart(2, "0")} s`;
  });
  if (document.querySelector("[data-until]")) setInterval(count, 1000);
})();
