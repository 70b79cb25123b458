// The donation form: a typed amount takes the place of a chosen one, and the other way round.
(() => {
  "use strict";
  const custom = document.querySelector("#custom");
  if (!custom) return;
  const chips = [...document.querySelectorAll("input[name=chip]")];
  const typed = () => {
    if (custom.value.trim()) for (const chip of chips) chip.checked = false;
  };
  custom.addEventListener("input", typed);
  typed(); // a quick donor has typed before this script came
  for (const chip of chips) chip.addEventListener("change", () => { custom.value = ""; });
})();
