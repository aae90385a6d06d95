// What is written over the map: labels with leader lines, alarms, the selection, sites, radars,
// zone names, the scale. A plain canvas above the tracks, the same with and without WebGL.

import { ALARM_CONFIRMED, ALARM_SUSPECTED, ALARM_WARNED } from "./frame.js";
import { css, heightColour } from "./colour.js";
import { mercPerMetre } from "./geo.js";
import { fitCanvas } from "./gl.js";
import { placeAt, urgency } from "./sky.js";
import { symbolSize } from "./symbols.js";
import { MAPS, ZONES } from "./theme.js";
import { arrow, identOf } from "./units.js";

const FONT = '"B612", system-ui, sans-serif';
const MOST_LABELS = 300;
const REPLACE_S = 0.4;
/** Sites and radars have their names beside them from this zoom on. */
const CAPTION_ZOOM = 7;
const LINE = 13;
/** Where a label may stand relative to its track: right, left, and their corners, then further out. */
const SLOTS = [[14, -22], [14, 6], [-1, -22], [-1, 6], [30, -44], [30, 26], [-2, -44], [-2, 26]];

/** @typedef {{lines: string[], width: number, away: number, slot: number, isUrgent: boolean}} Label */

export class Overlay {
  /** @param {HTMLCanvasElement} canvas @param {any} shield */
  constructor(canvas, shield) {
    this.canvas = canvas;
    this.c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.shield = shield;
    /** @type {Map<number, Label>} */
    this.labels = new Map();
    this.m = MAPS.dark;
    this.theme = /** @type {"dark"|"light"} */ ("dark");
    /** Where every track in view is drawn, pixels. @type {Map<number, [number, number]>} */
    this.places = new Map();
    this.placedReal = -Infinity;
    this.placedFor = "";
    /** @type {{name: string, lon: number, lat: number, size: number}[]} */
    this.countries = [];
    /** Places that labels must not cover. @type {number[][]} */
    this.taken = [];
  }

  /** @param {any} land */
  setLand(land) {
    this.countries = land.features.map((country) => {
      const polygons = country.geometry.type === "Polygon" ? [country.geometry.coordinates] : country.geometry.coordinates;
      const biggest = polygons.map(([ring]) => middle(ring)).sort((a, b) => b.size - a.size)[0];
      return { name: country.properties.name.toUpperCase(), ...biggest };
    });
  }

  /**
   * @param {import("./geo.js").Camera} camera @param {import("./sky.js").Sky} sky
   * @param {import("./main.js").View} view @param {number} nowMs @param {number} real seconds
   */
  draw(camera, sky, view, nowMs, real) {
    const { c, canvas } = this;
    const { dpr } = fitCanvas(canvas, camera);
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.clearRect(0, 0, camera.width, camera.height);
    this.m = MAPS[view.isDark ? "dark" : "light"];
    this.theme = view.isDark ? "dark" : "light";
    this.taken = [...this.shield.sites.features, ...this.shield.radars.features].map((thing) => {
      const [lon, lat] = thing.geometry.coordinates;
      const [x, y] = camera.project(lon, lat);
      return [x - 8, y - 8, x + 8, y + 8];
    });

    this.drawCountries(camera);
    this.drawZones(camera, view);
    this.drawSites(camera, view);
    this.drawRadars(camera, view);

    /** @type {Map<number, [number, number]>} */
    const places = new Map();
    for (const t of sky.tracks.values()) {
      const [px, py] = camera.fromMerc(...placeAt(t, nowMs, real));
      if (px > -60 && py > -60 && px < camera.width + 60 && py < camera.height + 60) places.set(t.track, [px, py]);
    }
    this.places = places;
    const due = [view.labels, view.selected, view.hovered, view.units.system, camera.zoom.toFixed(2)].join();
    if (real - this.placedReal > REPLACE_S || due !== this.placedFor) {
      this.placedReal = real;
      this.placedFor = due;
      this.placeLabels(camera, sky, view, places);
    }
    this.drawMarks(camera, sky, view, places);
    this.drawLabels(sky, view, places, camera);
    this.drawScale(camera, view);
  }

  /**
   * Text with a halo, so that it reads on anything.
   * @param {string} words @param {number} x @param {number} y @param {string} colour @param {CanvasTextAlign} align
   */
  text(words, x, y, colour, align = "left") {
    const { c } = this;
    c.textAlign = align;
    c.lineJoin = "round";
    c.strokeStyle = this.m.halo;
    c.lineWidth = 3.5;
    c.strokeText(words, x, y);
    c.fillStyle = colour;
    c.fillText(words, x, y);
  }

  /**
   * Lines beside a fixed thing, on the first side where they cover nothing. Where there is none they
   * are left out, or cover as few others as they can if they must be read.
   * @param {number} x @param {number} y @param {[string, string, string][]} lines words, font, colour
   * @param {boolean} isUrgent
   */
  caption(x, y, lines, isUrgent) {
    const { c } = this;
    const wide = Math.max(...lines.map(([words, font]) => {
      c.font = font;
      return c.measureText(words).width;
    }));
    const high = lines.length * 15;
    const sides = [[x + 12, y - 8], [x - 12 - wide, y - 8], [x + 12, y - high - 2], [x + 12, y + 6], [x - wide / 2, y + 9], [x - wide / 2, y - 11 - high]];
    const boxes = sides.map(([left, top]) => [left, top, left + wide, top + high]);
    const covered = boxes.map((one) => this.taken.filter((other) => overlaps(one, other)).length);
    const least = Math.min(...covered);
    if (least && !isUrgent) return;
    const box = boxes[covered.indexOf(least)];
    this.taken.push(box);
    lines.forEach(([words, font, colour], i) => {
      c.font = font;
      this.text(words, box[0], box[1] + 8 + 15 * i, colour);
    });
  }

  drawCountries(camera) {
    const { c } = this;
    c.textBaseline = "middle";
    for (const { name, lon, lat, size } of this.countries) {
      const px = (size * camera.world) / 360;
      if (px < 90 || px > 1600) continue;
      const [x, y] = camera.project(lon, lat);
      c.font = `400 ${Math.min(15, 8 + px / 60)}px ${FONT}`;
      c.globalAlpha = 0.45;
      c.textAlign = "center";
      c.fillStyle = this.m.quiet;
      c.fillText(name, x, y);
      c.globalAlpha = 1;
    }
  }

  drawZones(camera, view) {
    const { c } = this;
    c.textBaseline = "alphabetic";
    this.shield.zones.features.forEach((zone, place) => {
      const look = ZONES[zone.properties.kind];
      const rings = zone.geometry.type === "Polygon" ? [zone.geometry.coordinates[0]] : zone.geometry.coordinates.map(([ring]) => ring);
      for (const ring of rings) {
        const corners = ring.map(([lon, lat]) => camera.project(lon, lat));
        const wide = Math.max(...corners.map(([x]) => x)) - Math.min(...corners.map(([x]) => x));
        if (wide < 150) continue;
        const at = underTheRoof(corners, camera);
        if (!at) continue;
        const [x, y] = at;
        const isViolated = view.violated.has(place);
        c.font = `700 12px ${FONT}`;
        const name = isViolated ? `▲ VIOLATED  ${zone.properties.name}` : zone.properties.name;
        this.text(name, x, y + 22, look[this.theme], "center");
        const half = c.measureText(name).width / 2;
        c.font = `400 11px ${FONT}`;
        const detail = `${look.word} · ${zone.properties.floor} to ${zone.properties.ceiling}`;
        this.text(detail, x, y + 36, this.m.text, "center");
        const wider = Math.max(half, c.measureText(detail).width / 2);
        this.taken.push([x - wider, y + 8, x + wider, y + 40]);
      }
    });
  }

  drawRadars(camera, view) {
    const { c } = this;
    c.textBaseline = "middle";
    for (const radar of this.shield.radars.features) {
      const [x, y] = camera.project(...radar.geometry.coordinates);
      const life = view.sensorLife(radar.properties);
      const colour = life.isLost ? ZONES.no_fly[this.theme] : this.m.ring;
      c.strokeStyle = colour;
      c.fillStyle = this.m.halo;
      c.lineWidth = 1.6;
      c.beginPath();
      c.arc(x, y, 7, 0, 2 * Math.PI);
      c.fill();
      c.stroke();
      c.beginPath();
      if (life.isLost) {
        c.moveTo(x - 5, y - 5);
        c.lineTo(x + 5, y + 5);
        c.moveTo(x + 5, y - 5);
        c.lineTo(x - 5, y + 5);
      } else {
        c.arc(x, y, 3, Math.PI, 2 * Math.PI);
        c.moveTo(x, y);
        c.lineTo(x, y + 5);
      }
      c.stroke();
      if (camera.zoom < CAPTION_ZOOM && !life.isLost) continue;
      this.caption(x, y, [[`${radar.properties.name}${life.isLost ? " · NO DATA" : ""}`, `400 11px ${FONT}`, colour]], life.isLost);
    }
  }

  drawSites(camera, view) {
    const { c } = this;
    c.textBaseline = "middle";
    const warned = (/** @type {any} */ site) => (view.warningOf(site.properties.name) ? 0 : 1);
    for (const site of this.shield.sites.features.toSorted((a, b) => warned(a) - warned(b))) {
      const [lon, lat] = site.geometry.coordinates;
      const [x, y] = camera.project(lon, lat);
      const warning = view.warningOf(site.properties.name);
      const colour = warning ? ZONES.no_fly[this.theme] : this.m.site;
      const r = site.properties.radius_m * mercPerMetre(lat) * camera.world;
      c.lineWidth = warning ? 2 : 1;
      c.strokeStyle = colour;
      c.globalAlpha = warning ? 0.95 : 0.45;
      if (r > 10) {
        c.setLineDash(warning ? [] : [3, 3]);
        c.beginPath();
        c.arc(x, y, r, 0, 2 * Math.PI);
        c.stroke();
        c.setLineDash([]);
      }
      c.globalAlpha = 1;
      const size = warning ? 6.5 : 5;
      c.beginPath();
      c.moveTo(x, y - size);
      c.lineTo(x + size, y);
      c.lineTo(x, y + size);
      c.lineTo(x - size, y);
      c.closePath();
      c.fillStyle = warning ? colour : this.m.halo;
      c.fill();
      c.lineWidth = 1.8;
      c.stroke();
      if (camera.zoom < CAPTION_ZOOM && !warning) continue;
      /** @type {[string, string, string][]} */
      const lines = camera.zoom < CAPTION_ZOOM ? [] : [[site.properties.name, `700 12px ${FONT}`, this.m.text]];
      if (warning) lines.push([`▲ WARNED  ${warning.countdown}`, `700 12px ${FONT}`, colour]);
      this.caption(x, y, lines, Boolean(warning));
    }
  }

  /** Alarm frames, the selection, its uncertainty, and a minute's flight of labelled tracks. */
  drawMarks(camera, sky, view, places) {
    const { c } = this;
    for (const [number, [x, y]] of places) {
      const t = /** @type {import("./sky.js").Track} */ (sky.tracks.get(number));
      const size = symbolSize(t, camera.zoom);
      const isSelected = number === view.selected;
      if (this.labels.has(number) && t.spd > 1 && (t.status !== "tentative" || isSelected) && (camera.zoom > 6.5 || isSelected || t.alarm)) {
        const k = 60 * camera.world;
        const long = Math.hypot(t.vx * k, t.vy * k);
        if (long > size) {
          const [ux, uy] = [(t.vx * k) / long, (t.vy * k) / long];
          c.beginPath();
          c.moveTo(x + ux * size * 0.62, y + uy * size * 0.62);
          c.lineTo(x + ux * long, y + uy * long);
          c.strokeStyle = css(heightColour(t.altBaro ?? t.altHae, view.isDark));
          c.globalAlpha = isSelected || t.alarm ? 0.9 : 0.45;
          c.lineWidth = 1;
          if (t.status === "coasting") c.setLineDash([2, 3]);
          c.stroke();
          c.setLineDash([]);
          c.globalAlpha = 1;
        }
      }
      if (t.sigmaMajor !== null) {
        const k = camera.world * mercPerMetre(t.lat) * 2; // two sigma: 86 % of places in the plane
        if (isSelected || (t.alarm && t.sigmaMajor * k > size * 0.7)) {
          c.beginPath();
          c.ellipse(x, y, t.sigmaMajor * k, (t.sigmaMinor ?? t.sigmaMajor) * k,
            (((t.sigmaAzm ?? 0) - 90) * Math.PI) / 180, 0, 2 * Math.PI);
          c.strokeStyle = this.m.vector;
          c.globalAlpha = 0.7;
          c.lineWidth = 1;
          c.setLineDash([2, 2]);
          c.stroke();
          c.setLineDash([]);
          c.globalAlpha = 1;
        }
      }
      if (t.alarm & (ALARM_CONFIRMED | ALARM_SUSPECTED)) this.alarmFrame(x, y, size * 0.78, t.alarm);
      if (isSelected) this.corners(x, y, size * 0.85 + (t.alarm ? 6 : 0), this.m.selected);
      else if (number === view.hovered) this.corners(x, y, size * 0.8, this.m.quiet);
    }
  }

  /** Confirmed: a full diamond. Suspected: a dashed one. A warned site behind it: doubled. */
  alarmFrame(x, y, r, alarm) {
    const { c } = this;
    c.strokeStyle = ZONES.no_fly[this.theme];
    c.lineWidth = 2.4;
    if (!(alarm & ALARM_CONFIRMED)) c.setLineDash([4, 4]);
    for (const grow of alarm & ALARM_WARNED ? [1.25, 1.6] : [1.25]) {
      c.beginPath();
      c.moveTo(x, y - r * grow);
      c.lineTo(x + r * grow, y);
      c.lineTo(x, y + r * grow);
      c.lineTo(x - r * grow, y);
      c.closePath();
      c.stroke();
    }
    c.setLineDash([]);
  }

  corners(x, y, r, colour) {
    const { c } = this;
    c.strokeStyle = colour;
    c.lineWidth = 2;
    c.beginPath();
    for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
      c.moveTo(x + sx * r, y + sy * r * 0.55);
      c.lineTo(x + sx * r, y + sy * r);
      c.lineTo(x + sx * r * 0.55, y + sy * r);
    }
    c.stroke();
  }

  /**
   * Choose labels by importance and find each a place that covers nothing. A label keeps the place
   * it had when it can: labels that jump cannot be read.
   */
  placeLabels(camera, sky, view, places) {
    const before = this.labels;
    this.labels = new Map();
    const chosen = [...places.keys()]
      .map((number) => /** @type {import("./sky.js").Track} */ (sky.tracks.get(number)))
      .filter((t) => view.labels !== "none" || t.track === view.selected || t.track === view.hovered || t.alarm)
      .map((t) => ({
        t,
        rank: (t.track === view.selected ? 200 : 0) + (t.track === view.hovered ? 100 : 0) + urgency(t) * 10
          + (before.has(t.track) ? 5 : 0),
      }))
      .sort((a, b) => b.rank - a.rank || a.t.track - b.t.track)
      .slice(0, MOST_LABELS);
    const grid = new Grid();
    for (const box of [...this.taken, ...view.covered()]) grid.take(box);
    for (const { t } of chosen) {
      const [x, y] = /** @type {[number, number]} */ (places.get(t.track));
      const r = t.alarm ? 22 : 10;
      grid.take([x - r, y - r, x + r, y + r]);
    }
    const { c } = this;
    for (const { t, rank } of chosen) {
      const [x, y] = /** @type {[number, number]} */ (places.get(t.track));
      const isUrgent = rank >= 20 && (t.alarm > 0 || t.track === view.selected || t.track === view.hovered);
      const lines = labelLines(t, view, isUrgent);
      c.font = `700 12px ${FONT}`;
      const width = Math.max(...lines.map((line) => c.measureText(line).width));
      const kept = before.get(t.track)?.slot;
      const order = [...(kept === undefined ? [] : [kept]), ...SLOTS.keys()];
      const away = t.alarm ? 16 : 0;
      const slot = order.find((at) => grid.isFree(boxAt(x, y, at, width, lines.length, away)));
      if (slot === undefined && !isUrgent) continue;
      const label = { lines, width, away, slot: slot ?? kept ?? 0, isUrgent };
      grid.take(boxAt(x, y, label.slot, width, lines.length, away));
      this.labels.set(t.track, label);
    }
  }

  drawLabels(sky, view, places, camera) {
    const { c } = this;
    c.textBaseline = "top";
    for (const [number, label] of this.labels) {
      const place = places.get(number);
      const t = sky.tracks.get(number);
      if (!place || !t) continue;
      const [x, y] = place;
      const box = boxAt(x, y, label.slot, label.width, label.lines.length, label.away);
      const colour = t.alarm ? ZONES.no_fly[this.theme] : css(heightColour(t.altBaro ?? t.altHae, view.isDark));
      const near = [Math.max(box[0], Math.min(x, box[2])), Math.max(box[1], Math.min(y, box[3]))];
      const gap = Math.hypot(near[0] - x, near[1] - y);
      if (gap > 16) {
        const inner = (symbolSize(t, camera.zoom) * 0.6) / gap;
        c.beginPath();
        c.moveTo(x + (near[0] - x) * inner, y + (near[1] - y) * inner);
        c.lineTo(near[0], near[1]);
        c.strokeStyle = colour;
        c.globalAlpha = 0.5;
        c.lineWidth = 1;
        if (t.status === "coasting") c.setLineDash([2, 2]);
        c.stroke();
        c.setLineDash([]);
        c.globalAlpha = 1;
      }
      const isLeft = label.slot % 4 > 1;
      label.lines.forEach((line, i) => {
        c.font = `${i === 0 || label.isUrgent ? 700 : 400} 12px ${FONT}`;
        const quiet = t.status === "tentative" && !t.alarm;
        this.text(line, isLeft ? box[2] : box[0], box[1] + i * LINE, i === 0 && !quiet ? colour : quiet ? this.m.quiet : this.m.text, isLeft ? "right" : "left");
      });
    }
  }

  drawScale(camera, view) {
    const { c } = this;
    const isSi = view.units.system === "si";
    const unit = isSi ? 1000 : 1852;
    const target = 120 / camera.pxPerMetre() / unit;
    const power = 10 ** Math.floor(Math.log10(target));
    const count = power * (target / power >= 5 ? 5 : target / power >= 2 ? 2 : 1);
    const px = count * unit * camera.pxPerMetre();
    const [x, y] = [camera.width - px - 16, camera.height - 16];
    c.strokeStyle = this.m.text;
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(x, y - 5);
    c.lineTo(x, y);
    c.lineTo(x + px, y);
    c.lineTo(x + px, y - 5);
    c.stroke();
    c.font = `400 11px ${FONT}`;
    c.textBaseline = "alphabetic";
    this.text(`${count} ${isSi ? "km" : "NM"}`, x + px / 2, y - 6, this.m.text, "center");
  }

  /** The track under a point, if any. @param {number} px @param {number} py @returns {number|null} */
  trackAt(px, py) {
    let [best, found] = [22, /** @type {number|null} */ (null)];
    for (const [number, [x, y]] of this.places) {
      const away = Math.hypot(x - px, y - py);
      if (away < best) [best, found] = [away, number];
    }
    if (found !== null) return found;
    for (const [number, label] of this.labels) {
      const place = this.places.get(number);
      if (!place) continue;
      const [x0, y0, x1, y1] = boxAt(place[0], place[1], label.slot, label.width, label.lines.length, label.away);
      if (px >= x0 && px <= x1 && py >= y0 && py <= y1) return number;
    }
    return null;
  }
}

/** @returns {string[]} */
function labelLines(t, view, isUrgent) {
  const ident = identOf(t);
  const name = t.alarm ? `▲ ${ident}` : ident;
  if ((view.labels === "short" || t.status === "tentative") && !isUrgent) return [name];
  return [name, `${view.units.heightShort(t)}${arrow(t.velUp)} ${view.units.speedBare(t.spd)}`];
}

/** The box of a label; `away` keeps it clear of an alarm frame. @returns {[number, number, number, number]} */
function boxAt(x, y, slot, width, lines, away) {
  const [dx, dy] = SLOTS[slot];
  const isLeft = slot % 4 > 1;
  const left = isLeft ? x - 14 - away - width + (slot > 3 ? -16 : 0) : x + dx + away;
  return [left, y + dy, left + width, y + dy + lines * LINE];
}

/** Rectangles already covered, found by coarse cells. */
class Grid {
  constructor() {
    /** @type {Map<number, number[][]>} */
    this.cells = new Map();
  }

  *around([x0, y0, x1, y1]) {
    for (let i = Math.floor(x0 / 64); i <= Math.floor(x1 / 64); i++) {
      for (let j = Math.floor(y0 / 64); j <= Math.floor(y1 / 64); j++) yield i * 4096 + j;
    }
  }

  take(box) {
    for (const key of this.around(box)) {
      const cell = this.cells.get(key);
      if (cell) cell.push(box);
      else this.cells.set(key, [box]);
    }
  }

  isFree(box) {
    for (const key of this.around(box)) {
      for (const other of this.cells.get(key) ?? []) {
        if (overlaps(box, other)) return false;
      }
    }
    return true;
  }
}

/** @param {number[]} a @param {number[]} b */
const overlaps = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

/**
 * Where a ring's northern edge passes its middle, held inside the stage: the name hangs below it.
 * @param {[number, number][]} corners @param {import("./geo.js").Camera} camera
 * @returns {[number, number]|null}
 */
function underTheRoof(corners, camera) {
  const xs = corners.map(([x]) => x);
  const [left, right] = [Math.max(0, Math.min(...xs)), Math.min(camera.width, Math.max(...xs))];
  if (right - left < 70) return null;
  const x = (left + right) / 2;
  let [top, bottom] = [Infinity, -Infinity];
  for (let i = 0; i < corners.length - 1; i++) {
    const [[x0, y0], [x1, y1]] = [corners[i], corners[i + 1]];
    if (x0 === x1 || (x - x0) * (x - x1) > 0) continue;
    const y = y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const y = Math.max(top, 0);
  return bottom - y > 44 && y < camera.height - 44 ? [x, y] : null;
}

/** Middle and width of a ring. @param {number[][]} ring */
function middle(ring) {
  let [area, lon, lat] = [0, 0, 0];
  for (let i = 0; i < ring.length - 1; i++) {
    const [[x0, y0], [x1, y1]] = [ring[i], ring[i + 1]];
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    lon += (x0 + x1) * cross;
    lat += (y0 + y1) * cross;
  }
  return { lon: lon / (3 * area), lat: lat / (3 * area), size: Math.sqrt(Math.abs(area / 2)) };
}
