// The page of a donation: counts down, keeps the match held while the page is open, and reloads when anything moved.
// Nothing is asked while nobody looks.
(() => {
  "use strict";
  const page = document.querySelector("[data-donation]");
  if (!page) return;
  const { donation, token, seen } = page.dataset;
  // What was typed for a gift that is paid is of no more use (`form.js` keeps it in this tab): it is forgotten.
  if ("paid" in page.dataset)
    for (const name of Object.keys(sessionStorage)) if (name.startsWith("typed:")) sessionStorage.removeItem(name);
  const api = `/api/v1/donations/${donation}`;
  const headers = { Authorization: `Bearer ${token}` };
  const clock = document.querySelector("[data-countdown]");
  const bar = document.querySelector("[data-countdown-bar]");
  const SLOWER_MS = 60000; // after so long without news, ask more rarely
  let until = clock ? Date.parse(clock.dataset.countdown) : 0;
  // The visitor's clock may be wrong: count by what has passed since the page was made.
  const skew = Date.parse(page.dataset.now) - Date.now();
  const openedAt = Date.now();
  let over = false;

  const tick = () => {
    if (!clock) return;
    const left = Math.floor((until - Date.now() - skew) / 1000);
    if (left < 0) {
      if (!over) look(); // the state may have changed this moment
      over = true;
      clock.textContent = clock.dataset.over;
      return;
    }
    clock.textContent = `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
    if (bar) {
      const from = Date.parse(bar.dataset.from);
      bar.setAttribute("width", Math.min(1000, Math.max(0, (1000 * (until - Date.now() - skew)) / (until - from))));
    }
  };

  // The sentence before the countdown names the same moment, in Beijing time.
  const postpone = (moment) => {
    until = Date.parse(moment);
    over = false;
    const sentence = document.querySelector("[data-until]");
    const time = new Date(until).toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" });
    if (sentence) sentence.textContent = sentence.textContent.replace(/\d\d:\d\d:\d\d/, time);
  };

  let lookedAt = Date.now();
  const look = () => {
    lookedAt = Date.now();
    fetch(api, { headers, cache: "no-store" })
      .then((response) => (response.ok ? response.json() : null))
      .then((now) => {
        if (!now) return;
        const { reserved_minor, captured_minor, held_minor } = now.match;
        const state = [now.status, reserved_minor, captured_minor, held_minor, now.refunded_minor].join("/");
        // Neither what somebody is writing is lost, nor what was refused a moment ago (that page has no address).
        // Where paying or cancelling was refused, nothing had been written: on to the page that has one.
        const written = [...document.querySelectorAll("textarea, input")].some(
          (field) => field === document.activeElement || field.value !== field.defaultValue);
        if (state === seen || written) return;
        if (location.pathname === `/d/${donation}`) location.replace(location.href.split("#")[0]);
        else if (/\/(go|cancel)$/.test(location.pathname)) location.replace(`/d/${donation}?token=${token}`);
      })
      .catch(() => {}); // offline: the next round tries again
  };
  const every = 1000 * page.dataset.every;
  if (every) {
    setInterval(() => {
      const pause = Date.now() - openedAt > SLOWER_MS ? every * 5 : every;
      if (!document.hidden && Date.now() - lookedAt >= pause) look();
    }, every);
    document.addEventListener("visibilitychange", () => document.hidden || look());
  }

  const keepAlive = () => {
    if (document.hidden) return;
    fetch(`${api}/keep-alive`, { method: "POST", headers })
      .then((response) => (response.ok ? response.json() : null))
      .then((hold) => {
        const moved = hold && (hold.until || (hold.match && hold.match.until));
        if (moved) postpone(moved);
      })
      .catch(() => {});
  };
  if ("holds" in page.dataset) setInterval(keepAlive, 60000);
  tick();
  setInterval(tick, 1000);

  for (const form of document.querySelectorAll("form[data-busy]"))
    form.addEventListener("submit", () => {
      const button = form.querySelector("button");
      button.textContent = form.dataset.busy;
      button.setAttribute("aria-busy", "true");
    });
  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", () =>
      navigator.clipboard
        .writeText(copy.parentElement.querySelector("a").href)
        .then(() => { copy.textContent = copy.dataset.copied; })
        .catch(() => {})); // not allowed: the link stays beside it
  }
  // Browsers take the focus from what was refused if the address names a part of the page, until it is loaded.
  const refused = document.querySelector("[autofocus]");
  if (refused) window.addEventListener("load", () => setTimeout(() => refused.focus()));
  // A part of the page that an address or a link names is open.
  const unfold = () => {
    const part = location.hash && document.getElementById(location.hash.slice(1));
    if (part && part.matches("details")) part.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // back from the cashier: what the page says may be over
  });
})();
