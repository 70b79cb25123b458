// The donation form: a typed amount takes the place of a chosen one, and the other way round.
(() => {
  "use strict";
  const custom = document.querySelector("#custom");
  if (!custom) return;
  const chips = [...document.querySelectorAll("input[name=chip]")];
  custom.addEventListener("input", () => {
    if (custom.value.trim()) for (const chip of chips) chip.checked = false;
  });
  for (const chip of chips) chip.addEventListener("change", () => { custom.value = ""; });
})();
