// Keeps the totals of an event up to date: a stream of server-sent events, and polling where that fails.
(() => {
  "use strict";
  const board = document.querySelector("[data-live]");
  if (!board) return;
  const base = board.dataset.live;
  const yuan = (minor, whole) => {
    const text = (minor / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return whole ? text.replace(/\.00$/, "") : text;
  };
  const show = (totals) => {
    const values = { ...totals, total_minor: totals.raised_minor + totals.matched_minor };
    for (const place of document.querySelectorAll("[data-total]")) {
      const value = values[place.dataset.total];
      if (value === undefined) continue;
      const text = place.dataset.total.endsWith("_minor")
        ? yuan(value, "whole" in place.dataset)
        : value.toLocaleString("en-US");
      if (place.textContent !== text) {
        place.textContent = text;
        place.classList.remove("moved");
        void place.offsetWidth; // starts the animation again
        place.classList.add("moved");
      }
    }
  };

  let polling = null;
  const poll = () => {
    if (document.hidden) return;
    fetch(`${base}/totals`, { cache: "no-store" })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((totals) => totals && show(totals))
      .catch(() => {}); // the next round tries again
  };
  const fallBack = () => {
    if (polling === null) polling = setInterval(poll, 5000);
  };
  if (!window.EventSource) {
    fallBack();
    return;
  }
  const stream = new EventSource(`${base}/live`);
  stream.addEventListener("totals", (event) => {
    clearInterval(polling);
    polling = null;
    show(JSON.parse(event.data));
  });
  stream.addEventListener("error", fallBack);
})();
