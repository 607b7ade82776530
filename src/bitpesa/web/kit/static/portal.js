// What a page gains where scripts run; every page works without. A part marked `data-live` is fetched anew, through
// htmx, whenever the server says that something changed; a countdown counts; what is to be copied gets a button.
(() => {
  "use strict";
  const parts = () => document.querySelectorAll("[data-live]");
  const firstChoice = (select) => Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));
  const isTouched = (field) => (field.options
    ? field.selectedIndex !== firstChoice(field)
    : field.value !== field.defaultValue || field.checked !== field.defaultChecked);
  const fieldsOf = (part) => [...part.querySelectorAll("form[method=post] :is(input, select, textarea)")];
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
      // Whoever fills in a form is not interrupted, and what was filled in is not lost.
      const active = document.activeElement;
      const isTyping = active && active.matches("main input, main select, main textarea");
      const waits = isTyping || [...parts()].some((part) => fieldsOf(part).some(isTouched));
      if (sign) sign.textContent = waits ? "Waits for your form" : "Updates by itself";
      if (!waits) parts().forEach((part) => window.htmx.trigger(part, "changed"));
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
  // What is there to be copied gets a button for it, where browsers let pages copy.
  if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach((shown) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${shown.dataset.copy}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(shown.textContent.trim());
      button.textContent = "Copied";
    });
    const head = shown.closest("section")?.querySelector(".head");
    if (shown.matches("pre") && head) head.append(button); else shown.after(button);
  });
  const count = () => document.querySelectorAll("[data-until]").forEach((shown) => {
    const left = Math.max(0, Math.round((Date.parse(shown.dataset.until) - Date.now()) / 1000));
    const [minutes, two] = [Math.floor(left / 60), (number) => String(number % 60).padStart(2, "0")];
    const hours = Math.floor(minutes / 60);
    shown.textContent = hours > 1 ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(left)} s`;
  });
  if (document.querySelector("[data-until]")) setInterval(count, 1000);
})();
