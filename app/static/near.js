// The places near a visitor: the browser is asked where it is only when they press the button, distances are made here,
// and nothing of it is sent. Without a script or a position the list below says all places.
(() => {
  "use strict";
  const box = document.querySelector("[data-near]");
  if (!box || !navigator.geolocation) return;
  const NEAREST = 6;
  const said = box.querySelector("[role=status]");
  const list = box.querySelector("ol");
  const places = [...document.querySelectorAll("[data-latitude]")];
  box.hidden = false;

  const radians = (degrees) => (degrees * Math.PI) / 180;
  const distance = (from, place) => {
    const [one, other] = [radians(from.latitude), radians(place.dataset.latitude)];
    const [down, across] = [one - other, radians(from.longitude - place.dataset.longitude)];
    const part = Math.sin(down / 2) ** 2 + Math.cos(one) * Math.cos(other) * Math.sin(across / 2) ** 2;
    return 12742 * Math.asin(Math.sqrt(part)); // km
  };
  const show = ({ coords }) => {
    said.textContent = "";
    const near = places.map((place) => [distance(coords, place), place]).sort(([a], [b]) => a - b).slice(0, NEAREST);
    list.replaceChildren(...near.map(([km, place]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      const values = { name: place.textContent, km: km < 10 ? km.toFixed(1) : Math.round(km) };
      link.href = place.href;
      link.textContent = box.dataset.far.replace(/\{(\w+)\}/g, (_, name) => values[name]);
      item.append(link);
      return item;
    }));
  };
  box.querySelector("button").addEventListener("click", () => {
    said.textContent = box.dataset.wait;
    navigator.geolocation.getCurrentPosition(show, () => { said.textContent = box.dataset.refused; }, { timeout: 10000, maximumAge: 600000 });
  });
})();
