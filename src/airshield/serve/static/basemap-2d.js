// The map without WebGL: the same layers on a plain canvas, with its own dragging and zooming.

import { Camera, fit } from "./geo.js";
import { graticule, hatch, MAPS, ZONES } from "./theme.js";

export class Basemap2d {
  /** @param {HTMLElement} box @param {{lon: number, lat: number, zoom: number}} start @param {any} shield @param {boolean} isDark */
  constructor(box, start, shield, isDark) {
    this.box = box;
    this.shield = shield;
    this.isDark = isDark;
    this.place = { ...start };
    /** @type {Set<number>} */
    this.violated = new Set();
    this.blind = /** @type {number|null} */ (null);
    /** @type {any[]} */
    this.land = [];
    /** @type {any} */
    this.borders = null;
    this.grid = graticule(1);
    /** @type {(() => void)[]} */
    this.listeners = [];
    this.isMoving = false;
    this.canvas = document.createElement("canvas");
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    box.append(this.canvas);
    this.isDue = false;
    this.handle();
    new ResizeObserver(() => this.changed()).observe(box);
    this.changed();
  }

  /** @returns {Camera} */
  camera() {
    const { lon, lat, zoom } = this.place;
    return new Camera(lon, lat, zoom, this.box.clientWidth, this.box.clientHeight);
  }

  onMove(listener) {
    this.listeners.push(listener);
  }

  setLand(land, borders) {
    this.land = land.features;
    this.borders = borders;
    this.changed();
  }

  setTheme(isDark) {
    this.isDark = isDark;
    this.changed();
  }

  setBlind(height) {
    this.blind = height;
    this.changed();
  }

  setViolated(places) {
    this.violated = places;
    this.changed();
  }

  moveTo({ lon, lat, zoom }) {
    this.place = { lon, lat, zoom: Math.max(1, Math.min(14, zoom ?? this.place.zoom)) };
    this.changed();
  }

  showBox(box) {
    this.moveTo(fit(box, this.box.clientWidth - 160, this.box.clientHeight - 80));
  }

  zoomBy(by) {
    this.moveTo({ ...this.place, zoom: this.place.zoom + by });
  }

  /** Dragging with the pointer, zooming with the wheel about the pointer. */
  handle() {
    /** @type {[number, number]|null} */
    let held = null;
    this.box.addEventListener("pointerdown", (event) => {
      held = [event.clientX, event.clientY];
      this.box.setPointerCapture(event.pointerId);
    });
    this.box.addEventListener("pointermove", (event) => {
      if (!held) return;
      const camera = this.camera();
      const [dx, dy] = [event.clientX - held[0], event.clientY - held[1]];
      const [lon, lat] = camera.unproject(camera.width / 2 - dx, camera.height / 2 - dy);
      held = [event.clientX, event.clientY];
      this.isMoving = true;
      this.moveTo({ lon, lat, zoom: this.place.zoom });
    });
    const drop = () => {
      held = null;
      this.isMoving = false;
    };
    this.box.addEventListener("pointerup", drop);
    this.box.addEventListener("pointercancel", drop);
    this.box.addEventListener("wheel", (event) => {
      event.preventDefault();
      const zoom = Math.max(1, Math.min(14, this.place.zoom - event.deltaY * 0.002));
      const box = this.box.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      const before = this.camera().unproject(px, py);
      const after = new Camera(this.place.lon, this.place.lat, zoom, box.width, box.height).unproject(px, py);
      this.moveTo({ lon: this.place.lon + before[0] - after[0], lat: this.place.lat + before[1] - after[1], zoom });
    }, { passive: false });
  }

  changed() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.paint();
      this.listeners.forEach((listener) => listener());
    });
  }

  paint() {
    const c = this.context;
    const camera = this.camera();
    const dpr = window.devicePixelRatio || 1;
    const m = MAPS[this.isDark ? "dark" : "light"];
    const theme = this.isDark ? "dark" : "light";
    this.canvas.width = Math.round(camera.width * dpr);
    this.canvas.height = Math.round(camera.height * dpr);
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.fillStyle = m.sea;
    c.fillRect(0, 0, camera.width, camera.height);
    const [west, south, east, north] = camera.bounds();
    for (const country of this.land) {
      const [w, s, e, n] = country.bbox;
      if (w > east || e < west || s > north || n < south) continue;
      this.path(camera, country.geometry);
      this.fill(m.land);
      this.stroke(m.coast, 1);
    }
    this.path(camera, this.grid.geometry);
    this.stroke(m.grid, 1);
    if (this.borders) {
      this.path(camera, this.borders.geometry);
      this.stroke(m.border, 1.2, [7, 2, 1, 2]);
    }
    const blind = this.shield.blind.features.find((f) => f.properties.hgt_msl_m === this.blind);
    if (blind) {
      this.path(camera, blind.geometry);
      this.fill(c.createPattern(hatch(m.hatch), "repeat"));
    }
    for (const radar of this.shield.radars.features) {
      this.path(camera, { type: "LineString", coordinates: radar.properties.ring[0] });
      c.globalAlpha = 0.55;
      this.stroke(m.ring, 1, [2, 3]);
      c.globalAlpha = 1;
    }
    this.shield.zones.features.forEach((zone, place) => {
      const look = ZONES[zone.properties.kind];
      this.path(camera, zone.geometry);
      c.globalAlpha = look.fill;
      this.fill(look[theme]);
      c.globalAlpha = 1;
      this.stroke(look[theme], 1.8, look.dash);
      if (this.violated.has(place)) {
        c.globalAlpha = 0.16;
        this.fill(c.createPattern(hatch(look[theme]), "repeat"));
        c.globalAlpha = 1;
        this.stroke(ZONES.no_fly[theme], 4);
      }
    });
  }

  fill(style) {
    this.context.fillStyle = style;
    this.context.fill("evenodd");
  }

  stroke(style, width, dash = []) {
    const c = this.context;
    c.strokeStyle = style;
    c.lineWidth = width;
    c.setLineDash(dash);
    c.stroke();
    c.setLineDash([]);
  }

  /** @param {Camera} camera @param {any} shape GeoJSON geometry of lines or areas */
  path(camera, shape) {
    const c = this.context;
    const lines = { LineString: (x) => [x], MultiLineString: (x) => x, Polygon: (x) => x, MultiPolygon: (x) => x.flat() }[shape.type](shape.coordinates);
    c.beginPath();
    for (const line of lines) {
      line.forEach(([lon, lat], i) => {
        const [px, py] = camera.project(lon, lat);
        if (i) c.lineTo(px, py);
        else c.moveTo(px, py);
      });
      if (shape.type.endsWith("Polygon")) c.closePath();
    }
  }
}
