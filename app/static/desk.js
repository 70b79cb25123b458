// Keeps a page of the console true while somebody looks at it: every five seconds its parts are exchanged for fresh ones.
(() => {
  "use strict";
  const EVERY_MS = 5000;
  let busy = false;
  const look = () => {
    if (document.hidden || busy) return;
    busy = true;
    fetch(location.href, { headers: { Accept: "text/html" } })
      .then((response) => {
        if (response.redirected) location.reload(); // the session has ended: the page says so
        return response.ok ? response.text() : null;
      })
      .then((text) => {
        if (text === null) return;
        const fresh = new DOMParser().parseFromString(text, "text/html");
        for (const part of document.querySelectorAll("[data-part]")) {
          const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
          if (!next || part.contains(document.activeElement)) continue;
          const open = [...part.querySelectorAll("details")].map((details) => details.open);
          part.innerHTML = next.innerHTML;
          [...part.querySelectorAll("details")].forEach((details, i) => { details.open = open[i]; });
        }
      })
      .catch(() => {}) // the next round tries again
      .finally(() => { busy = false; });
  };
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
})();
