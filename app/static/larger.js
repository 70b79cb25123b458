// Keeps the larger type that a visitor chose on the pages that follow, on this device only. Without scripts the link
// enlarges the page that it stands on. Loaded before the page is drawn, so that its text does not jump.
(() => {
  "use strict";
  const stored = (act) => {
    try {
      return act(localStorage);
    } catch {
      return null; // storage is off: the link still enlarges this page
    }
  };
  const show = () => {
    const root = document.documentElement;
    const follows = root.matches(":target");
    root.classList.toggle("larger", follows || stored((kept) => kept.getItem("type")) === "larger");
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.(".larger-type, .usual-type");
    if (!link) return;
    const larger = link.matches(".larger-type");
    stored((kept) => (larger ? kept.setItem("type", "larger") : kept.removeItem("type")));
    document.documentElement.classList.toggle("larger", larger);
  });
  show();
})();
