// Every live track, where it is now, and where it has been.

import { heightStep } from "./colour.js";
import { ALARM_CONFIRMED, ALARM_SUSPECTED, ALARM_WARNED } from "./frame.js";
import { mercPerMetre, mercX, mercY } from "./geo.js";

/** A state older than this moves no further: the page does not invent flight. */
export const COAST_S = 20;
/** A jump at an update is smoothed over this time. */
export const BLEND_S = 0.6;

const TRAIL_SLOT_MS = 4000;
const TRAIL_KEEP_MS = 600_000;

/**
 * @typedef {import("./frame.js").TrackState & {
 *   x: number, y: number, vx: number, vy: number, errX: number, errY: number, real: number,
 *   spd: number, course: number, trail: Trail }} Track
 * Mercator place and velocity per second at tMs; the jump still to smooth, and since when.
 */

/** A trail has a gap where nothing was known for this long. */
export const GAP_MS = 60_000;

/** Mercator places, colour steps and times. @typedef {{x: number[], y: number[], step: number[], tMs: number[]}} Trail */

export class Sky {
  constructor() {
    /** @type {Map<number, Track>} */
    this.tracks = new Map();
    /** @type {Map<number, Trail>} */
    this.trails = new Map();
    /** Grows whenever anything changes. */
    this.version = 0;
    this.trailVersion = 0;
  }

  clear() {
    this.tracks.clear();
    this.trails.clear();
    this.version++;
    this.trailVersion++;
  }

  /** @param {import("./frame.js").Picture} picture @param {number} nowMs @param {number} real seconds */
  apply(picture, nowMs, real) {
    const before = this.tracks;
    if (picture.isKey) this.tracks = new Map();
    for (const row of picture.rows) {
      const last = before.get(row.track);
      this.tracks.set(row.track, last && last.tMs === row.tMs
        ? Object.assign(last, row)
        : this.moved(row, last, nowMs, real));
    }
    for (const number of picture.removed) this.tracks.delete(number);
    for (const number of this.trails.keys()) if (!this.tracks.has(number)) this.trails.delete(number);
    this.version++;
  }

  /** @param {import("./frame.js").TrackState} row @param {Track|undefined} last @param {number} nowMs @param {number} real @returns {Track} */
  moved(row, last, nowMs, real) {
    const [x, y] = [mercX(row.lon), mercY(row.lat)];
    const scale = mercPerMetre(row.lat);
    const trail = last?.trail ?? this.trailOf(row.track);
    const track = {
      ...row, x, y, vx: row.velEast * scale, vy: -row.velNorth * scale, errX: 0, errY: 0, real,
      spd: Math.hypot(row.velEast, row.velNorth),
      course: ((Math.atan2(row.velEast, row.velNorth) * 180) / Math.PI + 360) % 360,
      trail,
    };
    if (last) {
      const [shownX, shownY] = placeAt(last, nowMs, real);
      const [nextX, nextY] = placeAt(track, nowMs, real);
      track.errX = shownX - nextX;
      track.errY = shownY - nextY;
    }
    this.note(trail, x, y, row.altBaro ?? row.altHae, row.tMs);
    return track;
  }

  /** @param {number} number */
  trailOf(number) {
    let trail = this.trails.get(number);
    if (!trail) this.trails.set(number, (trail = { x: [], y: [], step: [], tMs: [] }));
    return trail;
  }

  /** @param {Trail} trail @param {number} x @param {number} y @param {number|null} alt @param {number} tMs */
  note(trail, x, y, alt, tMs) {
    const last = trail.tMs.at(-1) ?? -Infinity;
    if (Math.floor(tMs / TRAIL_SLOT_MS) <= Math.floor(last / TRAIL_SLOT_MS)) return;
    trail.x.push(x);
    trail.y.push(y);
    trail.step.push(heightStep(alt));
    trail.tMs.push(tMs);
    if (tMs - trail.tMs[0] > TRAIL_KEEP_MS) {
      for (const column of Object.values(trail)) column.shift();
    }
    this.trailVersion++;
  }

  /** Trails that the server has kept from before this page was open. @param {import("./frame.js").TrailPoints} points */
  loadTrails(points) {
    /** @type {Map<number, Trail>} */
    const older = new Map();
    for (let i = 0; i < points.track.length; i++) {
      const number = points.track[i];
      let trail = older.get(number);
      if (!trail) older.set(number, (trail = { x: [], y: [], step: [], tMs: [] }));
      trail.x.push(mercX(points.lon[i] * 1e-7));
      trail.y.push(mercY(points.lat[i] * 1e-7));
      trail.step.push(heightStep(points.alt(i)));
      trail.tMs.push(points.tMs[i]);
    }
    for (const [number, trail] of older) {
      const known = this.trailOf(number);
      const end = trail.tMs.at(-1) ?? 0;
      const from = known.tMs.findIndex((tMs) => tMs > end + TRAIL_SLOT_MS / 2);
      for (const key of /** @type {const} */ (["x", "y", "step", "tMs"])) {
        const newer = from < 0 ? [] : known[key].slice(from);
        // In place: tracks hold on to this very object.
        known[key].splice(0, Infinity, ...(/** @type {any[]} */ (trail[key])), ...newer);
      }
    }
    this.trailVersion++;
  }
}

/** Mercator place of a track now. @param {Track} t @param {number} nowMs @param {number} real seconds @returns {[number, number]} */
export function placeAt(t, nowMs, real) {
  const dt = Math.max(-5, Math.min(COAST_S, (nowMs - t.tMs) / 1000)) || 0;
  const left = Math.max(0, 1 - (real - t.real) / BLEND_S);
  return [t.x + t.vx * dt + t.errX * left, t.y + t.vy * dt + t.errY * left];
}

/** How much a track matters, for labels and drawing order. @param {Track} t */
export function urgency(t) {
  return (t.alarm & ALARM_WARNED ? 8 : 0) + (t.alarm & ALARM_CONFIRMED ? 4 : 0)
    + (t.alarm & ALARM_SUSPECTED ? 2 : 0) + (t.status === "tentative" ? 0 : 1);
}

/** @param {Track} t @param {import("./main.js").View} view */
export const showsTrail = (t, view) =>
  view.trails === "all" || (view.trails === "selected" && (t.track === view.selected || t.alarm > 0));
