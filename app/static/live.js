// Keeps an event's page true while it is open: totals by server-sent events, everything else by fetching the page
// again (it is kept in memory and costs the server nothing) and exchanging the parts that changed.
(() => {
  "use strict";
  const root = document.querySelector("[data-live]");
  const base = root && root.dataset.live;
  const PARTS_MS = 10000; // between two looks at the page, at the least
  const SPREAD_MS = 3000; // when the clock changes a page, its readers do not come all at once

  // --- Numbers and texts

  const yuan = (minor, whole) => {
    const text = (minor / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return whole ? text.replace(/\.00$/, "") : text;
  };
  const fade = (place) => {
    place.classList.remove("moved");
    void place.offsetWidth; // starts the animation again
    place.classList.add("moved");
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
        fade(place);
      }
    }
  };
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    for (const place of document.querySelectorAll("[data-left]")) {
      const minutes = Math.floor((Date.parse(place.dataset.left) - Date.now()) / 60000);
      if (minutes < 0) continue;
      const words = JSON.parse(place.dataset.words);
      const left = { days: Math.floor(minutes / 1440), hours: Math.floor(minutes / 60) % 24, minutes: minutes % 60 };
      place.textContent = fill(left.days ? words.days : minutes >= 60 ? words.hours : minutes ? words.minutes : words.now, left);
    }
    for (const place of document.querySelectorAll("[data-in]")) {
      const seconds = Math.floor((Date.parse(place.dataset.in) - Date.now()) / 1000);
      const near = seconds > 0 && seconds < 3600; // before, the time of day that stands beside it says enough
      const time = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
      place.textContent = near ? fill(place.dataset.words, { time }) : "";
    }
  };
  tick();
  setInterval(tick, 1000);

  // --- The bar at the foot of a phone, while the plaque is out of sight

  const plaque = document.querySelector("[data-plaque]");
  const bar = document.querySelector("[data-sticky]");
  if (plaque && bar && window.IntersectionObserver)
    new IntersectionObserver(([plaqueSeen]) => { bar.hidden = plaqueSeen.isIntersecting; }).observe(plaque);

  // --- A link that passes the page on opens the phone's own menu

  if (navigator.share)
    for (const link of document.querySelectorAll("[data-share]"))
      link.addEventListener("click", (event) => {
        event.preventDefault();
        const url = location.origin + location.pathname; // without what this reader searched for
        navigator.share({ title: document.title, url }).catch(() => {}); // they closed the menu
      });

  if (!root) return;

  // --- Parts of the page

  let lookedAt = Date.now();
  let planned = null;
  const exchange = (fresh) => {
    for (const part of document.querySelectorAll("[data-part]")) {
      const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!next || part.contains(document.activeElement) || part.dataset.made === next.innerHTML) continue;
      const made = next.innerHTML;
      const before = part.dataset.made ?? original.get(part.dataset.part);
      if (before === made) continue;
      const open = [...part.querySelectorAll("details")].map((details) => details.open);
      part.innerHTML = made;
      part.dataset.made = made;
      [...part.querySelectorAll("details")].forEach((details, i) => { details.open = open[i]; });
      if (part.matches("li")) fade(part);
    }
    tick();
  };
  const original = new Map(
    [...document.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part.innerHTML]));
  const look = () => {
    planned = null;
    if (document.hidden || new URLSearchParams(location.search).get("q")) return; // a search is nobody else's page
    lookedAt = Date.now();
    fetch(location.href)
      .then((response) => (response.ok ? response.text() : null))
      .then((text) => {
        if (text === null) return;
        const fresh = new DOMParser().parseFromString(text, "text/html");
        const now = fresh.querySelector("[data-live]");
        if (!now || (plaque === null) !== (fresh.querySelector("[data-plaque]") === null)) return location.reload();
        exchange(fresh);
        awaitChange(now.dataset.changes);
      })
      .catch(() => {}); // the next change tries again
  };
  const lookSoon = () => {
    if (planned === null) planned = setTimeout(look, Math.max(0, lookedAt + PARTS_MS - Date.now()) + Math.random() * 1000);
  };
  let alarm = null;
  const awaitChange = (moment) => {
    clearTimeout(alarm);
    const wait = Date.parse(moment) - Date.now();
    if (wait > 0 && wait < 86400000) alarm = setTimeout(look, wait + 1000 + Math.random() * SPREAD_MS);
  };
  awaitChange(root.dataset.changes);

  // --- Totals: one stream for all pages of an event in this browser, none while nobody looks

  const words = window.BroadcastChannel ? new BroadcastChannel(base) : null;
  let stream = null;
  let polling = null;
  let release = null;
  const heard = (totals) => {
    show(totals);
    lookSoon();
  };
  const poll = () => {
    if (document.hidden) return;
    fetch(`${base}/totals`, { cache: "no-store" })
      .then((response) => (response.ok ? response.json() : null))
      .then((totals) => totals && heard(totals))
      .catch(() => {}); // the next round tries again
  };
  const listen = () => {
    stream = new EventSource(`${base}/live`);
    stream.addEventListener("totals", (event) => {
      clearInterval(polling);
      polling = null;
      const totals = JSON.parse(event.data);
      if (words) words.postMessage(totals);
      heard(totals);
    });
    stream.addEventListener("error", () => {
      if (polling === null) polling = setInterval(poll, 5000);
    });
  };
  const stop = () => {
    if (stream) stream.close();
    stream = null;
    clearInterval(polling);
    polling = null;
    if (release) release();
    release = null;
  };
  if (words) words.addEventListener("message", (event) => heard(event.data));
  let waiting = null; // for our turn to hold the stream
  const start = () => {
    if (stream || waiting || document.hidden) return;
    if (!navigator.locks) return listen();
    waiting = new AbortController();
    navigator.locks
      .request(base, { signal: waiting.signal }, () => new Promise((done) => {
        waiting = null;
        if (document.hidden) return done();
        release = done;
        listen();
      }))
      .catch(() => {}); // given up, because nobody looks any more
  };
  const leave = () => {
    if (waiting) waiting.abort();
    waiting = null;
    stop();
  };
  const follow = () => (document.hidden ? leave() : (start(), lookSoon()));
  if (!window.EventSource) {
    setInterval(poll, 5000);
    return;
  }
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", start);
  start();
})();
