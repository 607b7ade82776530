// What a page gains where scripts run and the browser has passkeys; without them it asks for a code. A form marked
// `data-passkey` fetches what is offered, has the browser reply to it, and is sent with the reply.
(() => {
  "use strict";
  const has = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  const SAID = {
    NotAllowedError: "Nothing came of it: it was stopped, or took too long.",
    InvalidStateError: "This device holds a passkey of this account already.",
  };
  const reply = async (form) => {
    const answer = await fetch(form.dataset.offer, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.redirected) {  // to log in or to give a code, which comes first
      location.assign(answer.url);
      return "";
    }
    const offer = await answer.json();
    const credential = form.dataset.passkey === "new"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(offer) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(offer) });
    return JSON.stringify(credential.toJSON());
  };
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    if (!has || location.origin !== form.dataset.origin) return;
    const button = form.querySelector("button");
    const problem = form.querySelector("[role=alert]");
    form.hidden = false;
    document.querySelectorAll("[data-without-passkeys]").forEach((each) => { each.hidden = true; });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      button.disabled = true;
      try {
        form.elements.passkey.value = await reply(form);
        if (form.elements.passkey.value) form.submit();
      } catch (error) {
        problem.textContent = SAID[error.name] || "It did not work. Please try again.";
        problem.hidden = false;
      }
      button.disabled = false;
    });
  });
})();
