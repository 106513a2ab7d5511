// Puts the cells of a result map on top of map tiles. Without it the drawn map stays.
const frame = document.querySelector("[data-result-map][data-leaflet]");

function load(element) {
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = reject;
    document.head.append(element);
  });
}

function corners(text) {
  return text.split(" ").map((pair) => pair.split(",").map(Number));
}

function draw(drawing) {
  const links = [...drawing.querySelectorAll("a[data-ring]")];
  const map = document.createElement("div");
  map.className = "map map--tiles";
  map.setAttribute("role", "group");
  map.setAttribute("aria-label", drawing.getAttribute("aria-label"));
  drawing.replaceWith(map);
  const leaflet = window.L.map(map, { scrollWheelZoom: false, maxZoom: 14 });
  window.L.tileLayer(frame.dataset.tiles, { attribution: frame.dataset.attribution, maxZoom: 14 }).addTo(leaflet);
  const rings = links.map((link) => corners(link.dataset.ring));
  leaflet.fitBounds(window.L.latLngBounds(rings.flat()), { padding: [16, 16] });
  if (frame.dataset.mine) {
    window.L.polygon(corners(frame.dataset.mine), { className: "map__mine", interactive: false }).addTo(leaflet);
  }
  links.forEach((link, number) => {
    const shape = window.L.polygon(rings[number], {
      className: `map__cell map__cell--${link.dataset.level}`,
      weight: 1,
      fillOpacity: 0.6,
    });
    const name = link.getAttribute("aria-label");
    shape.bindTooltip(link.dataset.count, { permanent: true, direction: "center", className: "map__count" });
    const open = () => location.assign(link.getAttribute("href"));
    shape.on("click", open);
    shape.addTo(leaflet);
    const path = shape.getElement();
    path.setAttribute("tabindex", "0");
    path.setAttribute("role", "link");
    path.setAttribute("aria-label", name);
    path.addEventListener("keydown", (event) => {
      if (event.key === "Enter") open();
    });
  });
}

async function start() {
  const drawing = frame.querySelector("svg");
  if (!drawing) return;
  const script = document.createElement("script");
  script.src = frame.dataset.leaflet;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = frame.dataset.leaflet.replace(/\.js$/, ".css");
  await Promise.all([load(script), load(style)]);
  draw(drawing);
}

if (frame) start().catch(() => {});
