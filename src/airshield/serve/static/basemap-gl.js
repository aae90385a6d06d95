// The map by MapLibre: coast, borders, zones, range rings and the hatched blind area.

import * as maplibre from "./vendor/maplibre-gl/dist/maplibre-gl.mjs";
import { Camera, fit } from "./geo.js";
import { graticule, hatch, MAPS, ZONES } from "./theme.js";

const EMPTY = { type: "FeatureCollection", features: [] };

export class BasemapGl {
  /** @param {HTMLElement} box @param {{lon: number, lat: number, zoom: number}} start @param {any} shield @param {boolean} isDark */
  constructor(box, start, shield, isDark) {
    maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl/dist/maplibre-gl-worker.mjs", import.meta.url).href);
    this.box = box;
    this.shield = shield;
    this.isDark = isDark;
    /** @type {Set<number>} */
    this.violated = new Set();
    this.blind = /** @type {number|null} */ (null);
    this.land = EMPTY;
    this.borders = EMPTY;
    /** @type {(() => void)[]} */
    this.listeners = [];
    this.map = new maplibre.Map({
      container: box, center: [start.lon, start.lat], zoom: start.zoom, minZoom: 1, maxZoom: 14,
      style: this.style(), attributionControl: false, pitchWithRotate: false, dragRotate: false,
      touchPitch: false, renderWorldCopies: false, fadeDuration: 0, keyboard: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.setMissingStyleImageResolver(async (/** @type {string} */ name) => this.addHatch(name));
    this.isReady = false;
    this.map.once("load", () => {
      this.isReady = true;
    });
    this.map.on("render", () => this.listeners.forEach((listener) => listener()));
    new ResizeObserver(() => this.map.resize()).observe(box);
  }

  /** Patterns are drawn when the style first asks for them. @param {string} name 'blind-dark', 'violated-light' */
  addHatch(name) {
    const [use, theme] = name.split("-");
    const colour = use === "blind" ? MAPS[theme].hatch : ZONES.no_fly[theme];
    const canvas = hatch(colour);
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.map.addImage(name, c.getImageData(0, 0, canvas.width, canvas.height));
  }

  /** @returns {"dark"|"light"} */
  get theme() {
    return this.isDark ? "dark" : "light";
  }

  get colours() {
    return MAPS[this.theme];
  }

  style() {
    const m = this.colours;
    const zones = { ...this.shield.zones, features: this.shield.zones.features.map((zone, id) => ({ ...zone, id })) };
    const rings = {
      type: "FeatureCollection",
      features: this.shield.radars.features.map((radar) => ({
        type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: radar.properties.ring[0] },
      })),
    };
    /** @type {any[]} */
    const layers = [
      { id: "sea", type: "background", paint: { "background-color": m.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": m.land, "fill-antialias": false } },
      { id: "coast", type: "line", source: "land", paint: { "line-color": m.coast, "line-width": 1 } },
      { id: "grid", type: "line", source: "grid", paint: { "line-color": m.grid, "line-width": 1 } },
      { id: "borders", type: "line", source: "borders", paint: { "line-color": m.border, "line-width": 1.2, "line-dasharray": [6, 2, 1, 2] } },
      { id: "blind", type: "fill", source: "blind", filter: this.blindFilter(), paint: { "fill-pattern": `blind-${this.theme}`, "fill-antialias": false } },
      { id: "rings", type: "line", source: "rings", paint: { "line-color": m.ring, "line-width": 1, "line-opacity": 0.55, "line-dasharray": [2, 3] } },
    ];
    for (const [kind, look] of Object.entries(ZONES)) {
      const colour = look[this.theme];
      const filter = ["==", ["get", "kind"], kind];
      layers.push(
        { id: `${kind}-fill`, type: "fill", source: "zones", filter, paint: { "fill-color": colour, "fill-opacity": look.fill } },
        { id: `${kind}-line`, type: "line", source: "zones", filter, paint: { "line-color": colour, "line-width": 1.8, ...(look.dash.length ? { "line-dasharray": look.dash.map((d) => d / 1.8) } : {}) } },
      );
    }
    layers.push(
      { id: "violated-fill", type: "fill", source: "zones", filter: this.violatedFilter(), paint: { "fill-pattern": `violated-${this.theme}`, "fill-opacity": 0.16 } },
      { id: "violated-line", type: "line", source: "zones", filter: this.violatedFilter(), paint: { "line-color": ZONES.no_fly[this.theme], "line-width": 4 } },
    );
    const geojson = (/** @type {any} */ data) => ({ type: "geojson", data, tolerance: 0.2 });
    return {
      version: 8,
      sources: {
        land: geojson(this.land), borders: geojson(this.borders), grid: geojson(graticule(1)),
        blind: geojson(this.shield.blind), rings: geojson(rings), zones: geojson(zones),
      },
      layers,
    };
  }

  blindFilter() {
    return this.blind === null ? ["==", ["typeof", ["get", "hgt_msl_m"]], "null"]
      : ["==", ["get", "hgt_msl_m"], this.blind];
  }

  violatedFilter() {
    return ["in", ["id"], ["literal", [...this.violated]]];
  }

  /** @returns {Camera} */
  camera() {
    const centre = this.map.getCenter();
    return new Camera(centre.lng, centre.lat, this.map.getZoom(), this.box.clientWidth, this.box.clientHeight);
  }

  /** @param {() => void} listener */
  onMove(listener) {
    this.listeners.push(listener);
  }

  /** @param {any} land @param {any} borders */
  setLand(land, borders) {
    this.land = land;
    this.borders = borders;
    this.whenReady(() => {
      for (const [name, data] of /** @type {[string, any][]} */ ([["land", land], ["borders", borders]])) {
        /** @type {import("./vendor/maplibre-gl/dist/maplibre-gl.mjs").GeoJSONSource} */ (this.map.getSource(name)).setData(data);
      }
    });
  }

  /** @param {boolean} isDark */
  setTheme(isDark) {
    this.isDark = isDark;
    this.map.setStyle(this.style(), { diff: true });
  }

  /** @param {number|null} height */
  setBlind(height) {
    this.blind = height;
    this.whenReady(() => this.map.setFilter("blind", this.blindFilter()));
  }

  /** @param {Set<number>} places of zones in the shield */
  setViolated(places) {
    if (places.size === this.violated.size && [...places].every((place) => this.violated.has(place))) return;
    this.violated = places;
    this.whenReady(() => {
      for (const layer of ["violated-fill", "violated-line"]) this.map.setFilter(layer, this.violatedFilter());
    });
  }

  /** @param {() => void} act */
  whenReady(act) {
    if (this.isReady) act();
    else this.map.once("load", act);
  }

  /** @param {{lon: number, lat: number, zoom?: number}} to @param {boolean} [isInstant] */
  moveTo({ lon, lat, zoom }, isInstant = false) {
    const to = { center: /** @type {[number, number]} */ ([lon, lat]), zoom: zoom ?? this.map.getZoom() };
    if (isInstant) this.map.jumpTo(to);
    else this.map.easeTo({ ...to, duration: 450 });
  }

  /** @param {number[]} box */
  showBox(box) {
    this.moveTo(fit(box, this.box.clientWidth - 160, this.box.clientHeight - 80));
  }

  /** @param {number} by */
  zoomBy(by) {
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: 250 });
  }

  get isMoving() {
    return this.map.isMoving();
  }
}
