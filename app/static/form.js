// The donation form: a preset fills the field, the sentence under it follows what is typed by the server's own rule,
// texts are counted, and a form that was sent says so.
(() => {
  "use strict";
  const form = document.querySelector("#give");
  if (!form) return;
  const custom = form.querySelector("#custom");
  const chips = [...form.querySelectorAll("input[name=chip]")];
  const sentence = form.querySelector("[data-live-sentence]");
  const fault = form.querySelector("[data-fault]");
  const TYPING_MS = 350;
  const how = document.querySelector("[data-how]");
  if (how && matchMedia("(min-width: 66rem)").matches) how.open = true; // beside the form there is room for it

  let timer = null;
  let asking = null;
  const ask = () => {
    if (asking) asking.abort();
    asking = new AbortController();
    fetch(form.dataset.forecast, { method: "POST", body: new FormData(form), signal: asking.signal })
      .then((response) => (response.ok ? response.json() : null))
      .then((forecast) => {
        if (!forecast) return;
        sentence.innerHTML = forecast.html; // made by our server, which escapes what was typed
        const ambiguous = sentence.querySelector("[name=reading]") !== null;
        fault.textContent = ambiguous ? "" : forecast.fault;
        custom.toggleAttribute("aria-invalid", false);
        if (forecast.fault) custom.setAttribute("aria-invalid", "true");
      })
      .catch(() => {}); // the next change asks again; the next page says it all the same
  };
  const askSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_MS);
  };

  const typed = () => {
    const text = custom.value.trim();
    for (const chip of chips) chip.checked = text === String(chip.value / 100);
  };
  custom.addEventListener("input", () => {
    typed();
    askSoon();
  });
  for (const chip of chips)
    chip.addEventListener("change", () => {
      custom.value = String(chip.value / 100);
      ask();
    });
  for (const name of ["phone", "email"]) form.elements[name].addEventListener("change", ask); // a donor's own caps
  if (custom.value.trim()) typed(); // a quick donor has typed before this script came, or came back
  window.addEventListener("pageshow", () => {
    const chosen = chips.find((chip) => chip.checked);
    if (custom.value.trim() || (chosen && !chosen.defaultChecked)) ask();
    for (const button of form.querySelectorAll("[aria-busy]")) idle(button);
  });

  for (const output of form.querySelectorAll("[data-count-of]")) {
    const field = form.elements[output.dataset.countOf];
    const count = () => { output.textContent = `${field.value.length} / ${field.maxLength}`; };
    field.addEventListener("input", count);
    count();
  }

  const language = document.querySelector(".top a[hreflang]");
  const other = form.querySelector(".other-language");
  if (language && other)
    language.addEventListener("click", (event) => {
      event.preventDefault();
      form.requestSubmit(other); // what was typed goes along
    });

  const idle = (button) => {
    button.removeAttribute("aria-busy");
    button.textContent = button.dataset.label;
  };
  // Who comes back by the browser's button finds what they typed; this tab keeps it, and no longer than it is open.
  const kept = `typed:${location.pathname}`;
  const shared = form.elements.channel && form.elements.channel.value === "station"; // the next person's turn
  const came = performance.getEntriesByType("navigation")[0];
  if (came && came.type === "back_forward" && !shared) {
    const before = new URLSearchParams(sessionStorage.getItem(kept) || "");
    for (const field of form.querySelectorAll("input:not([type=hidden]), textarea, select")) {
      if (!before.has(field.name)) continue;
      if (field.type === "radio") field.checked = before.get(field.name) === field.value;
      else field.value = before.get(field.name);
    }
    if ([...before.keys()].length) ask();
  }
  form.addEventListener("submit", () => {
    const names = [...form.querySelectorAll("input:not([type=hidden]), textarea, select")].map((field) => field.name);
    const typedNow = [...new FormData(form)].filter(([name]) => names.includes(name));
    if (!shared) sessionStorage.setItem(kept, new URLSearchParams(typedNow).toString());
  });
  form.addEventListener("submit", (event) => {
    const button = form.querySelector(".button");
    if ((event.submitter && event.submitter.name === "edit") || button.hasAttribute("aria-busy")) return;
    button.dataset.label = button.textContent;
    button.textContent = form.dataset.busy;
    button.setAttribute("aria-busy", "true");
  });
})();
