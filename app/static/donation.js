// The donor's page: counts down, keeps the match held while the page is open, and reloads when the state moved.
(() => {
  "use strict";
  const page = document.querySelector("[data-donation]");
  if (!page) return;
  const { donation, token, status } = page.dataset;
  const api = `/api/v1/donations/${donation}`;
  const headers = { Authorization: `Bearer ${token}` };
  const clock = document.querySelector("[data-countdown]");
  let until = clock ? Date.parse(clock.dataset.countdown) : 0;
  // The visitor's clock may be wrong: count by what has passed since the page was made.
  const skew = Date.parse(page.dataset.now) - Date.now();

  const tick = () => {
    if (!clock) return;
    const left = Math.max(0, Math.floor((until - Date.now() - skew) / 1000));
    clock.textContent = `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
  };
  tick();
  setInterval(tick, 1000);

  // The sentence before the countdown names the same moment, in Beijing time.
  const postpone = (moment) => {
    until = Date.parse(moment);
    const told = clock && clock.closest(".until").firstChild;
    const time = new Date(until).toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" });
    if (told) told.textContent = told.textContent.replace(/\d\d:\d\d:\d\d/, time);
  };

  const look = () =>
    fetch(api, { headers, cache: "no-store" })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((found) => {
        if (found && found.status !== status) location.reload();
      })
      .catch(() => {}); // offline: the next round tries again
  setInterval(look, 2000);

  const keepAlive = () => {
    if (document.hidden) return;
    fetch(`${api}/keep-alive`, { method: "POST", headers })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((found) => {
        const moved = found && (found.until || (found.match && found.match.until));
        if (moved) postpone(moved);
      })
      .catch(() => {});
  };
  setInterval(keepAlive, 60000);
})();
