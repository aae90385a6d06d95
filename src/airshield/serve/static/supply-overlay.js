// What is written over the map of sustainment: the supply network with its flows and weak edges,
// stocks of the day beside their nodes, bases, and stations with their cover of the day.

import { Overlay } from "./overlay.js";
import { fitCanvas } from "./gl.js";
import { hatch, MAPS } from "./theme.js";
import { percent } from "./words.js";

const FONT = '"B612", system-ui, sans-serif';
/** Whoever loses this share of all that is delivered has lost a weak edge. */
export const WEAK_SHARE = 0.1;
/** Used to such a share an edge is busy; from the last on it is full. */
export const BUSY = 0.7;
export const FULL = 0.95;
const CAPTION_ZOOM = 5.6;
/** Below it only stations that lack somebody are named where there is no room for all. */
const CROWDED_ZOOM = 5;
const REACH_PX = 9;

export const COLOURS = {
  dark: { easy: "#56b4e9", busy: "#e6d94a", full: "#e8743b", idle: "#5b6a78", weak: "#ff8ec4", good: "#2bb58c", alarm: "#e8743b", base: "#c8d4de" },
  light: { easy: "#0072b2", busy: "#8a6d00", full: "#b84a00", idle: "#8b98a3", weak: "#b0207a", good: "#00795a", alarm: "#b84a00", base: "#1c2731" },
};

/** @typedef {{kind: "node"|"edge"|"base"|"station", name: string}} Thing */

/** Whether much hangs on an edge. @param {any} edge */
export const isWeak = (edge) => edge.sole_way_to.length > 0 || (edge.loss_share ?? 0) >= WEAK_SHARE;
/** How full it is. @param {any} edge @returns {"easy"|"busy"|"full"|"idle"} */
export const fullness = ({ used_share: used }) => (used === null || used === 0 ? "idle" : used >= FULL ? "full" : used >= BUSY ? "busy" : "easy");

export class SupplyOverlay extends Overlay {
  /** @param {HTMLCanvasElement} canvas @param {any} study */
  constructor(canvas, study) {
    super(canvas, null);
    this.study = study;
    this.nodes = study.supply?.nodes ?? [];
    this.edges = study.supply?.edges ?? [];
    /** The most that each store ever holds, for its gauge. */
    this.most = new Map([...this.nodes, ...study.bases].map((one) => [one, Math.max(1e-9, ...(one.stock_t_by_day ?? []).map((/** @type {number|null} */ t) => t ?? 0))]));
    this.baseOf = new Map(study.bases.filter((/** @type {any} */ base) => base.node !== null).map((/** @type {any} */ base) => [base.node, base]));
    this.greatest = Math.max(1e-9, ...this.edges.map((/** @type {any} */ edge) => edge.flow_t_per_day ?? 0));
    /** Where things are drawn, pixels. @type {{thing: Thing, x: number, y: number}[]} */
    this.spots = [];
    /** @type {{thing: Thing, points: [number, number][]}[]} */
    this.ways = [];
  }

  /**
   * @param {import("./geo.js").Camera} camera
   * @param {{isDark: boolean, day: number, selected: Thing|null, asked: Map<string, number>, units: import("./units.js").Units}} view
   */
  drawSupply(camera, view) {
    const { c, canvas } = this;
    const { dpr } = fitCanvas(canvas, camera);
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.clearRect(0, 0, camera.width, camera.height);
    this.theme = view.isDark ? "dark" : "light";
    this.m = MAPS[this.theme];
    this.k = COLOURS[this.theme];
    this.spots = [];
    this.ways = [];
    this.taken = [...this.nodes, ...this.study.stations, ...this.study.bases].map(({ lon_deg: lon, lat_deg: lat }) => {
      const [x, y] = camera.project(lon, lat);
      return [x - 11, y - 11, x + 16, y + 11];
    });
    this.drawCountries(camera);
    for (const edge of this.edges) this.drawEdge(camera, edge, view);
    // Whoever comes first has the better place for his name.
    for (const station of this.study.stations) this.drawStation(camera, station, view);
    const isShort = (/** @type {any} */ node) => Number(node.first_short_day !== null);
    for (const node of this.nodes.toSorted((a, b) => isShort(b) - isShort(a))) this.drawNode(camera, node, view);
    for (const base of this.study.bases) {
      if (!this.nodes.some((/** @type {any} */ node) => node.node === base.node)) this.drawBase(camera, base, view);
    }
    this.drawScale(camera, view);
  }

  isSelected(view, kind, name) {
    return view.selected?.kind === kind && view.selected.name === name;
  }

  /** An edge bends to the right of its way, so that two ways between the same nodes lie apart. */
  drawEdge(camera, edge, view) {
    const { c } = this;
    const [from, to] = [0, 1].map((i) => camera.project(edge.lon_deg[i], edge.lat_deg[i]));
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const bend = [(from[0] + to[0]) / 2 - 0.09 * dy, (from[1] + to[1]) / 2 + 0.09 * dx];
    const along = (/** @type {number} */ t) => /** @type {[number, number]} */ ([0, 1].map((i) => (1 - t) ** 2 * from[i] + 2 * t * (1 - t) * bend[i] + t * t * to[i]));
    const points = Array.from({ length: 25 }, (_, i) => along(i / 24));
    this.ways.push({ thing: { kind: "edge", name: edge.edge }, points });
    const width = edge.flow_t_per_day === null ? 1.5 : 1.5 + 6 * Math.sqrt(edge.flow_t_per_day / this.greatest);
    const trace = () => {
      c.beginPath();
      c.moveTo(from[0], from[1]);
      c.quadraticCurveTo(bend[0], bend[1], to[0], to[1]);
    };
    if (this.isSelected(view, "edge", edge.edge)) {
      trace();
      c.strokeStyle = this.m.selected;
      c.lineWidth = width + 9;
      c.stroke();
    }
    trace();
    c.strokeStyle = this.m.halo;
    c.lineWidth = width + 5;
    c.stroke();
    if (isWeak(edge)) { // two rails beside the line
      c.strokeStyle = this.k.weak;
      c.lineWidth = width + 5;
      c.stroke();
      c.strokeStyle = this.m.sea;
      c.lineWidth = width + 2;
      c.stroke();
    }
    c.strokeStyle = this.k[fullness(edge)];
    c.lineWidth = width;
    if (edge.flow_t_per_day === null || edge.flow_t_per_day === 0) c.setLineDash(edge.flow_t_per_day === null ? [2, 5] : [8, 5]);
    c.stroke();
    c.setLineDash([]);
    if (Math.hypot(dx, dy) < 46 || !edge.flow_t_per_day) return;
    const [x, y] = along(0.56);
    const [ahead, behind] = [along(0.6), along(0.52)];
    const turn = Math.atan2(ahead[1] - behind[1], ahead[0] - behind[0]);
    const r = 4 + width / 2;
    c.save();
    c.translate(x, y);
    c.rotate(turn);
    c.beginPath();
    c.moveTo(r, 0);
    c.lineTo(-r * 0.8, r);
    c.lineTo(-r * 0.8, -r);
    c.closePath();
    c.fillStyle = this.k[fullness(edge)];
    c.strokeStyle = this.m.halo;
    c.lineWidth = 1.5;
    c.stroke();
    c.fill();
    c.restore();
  }

  drawNode(camera, node, view) {
    const { c } = this;
    const [x, y] = camera.project(node.lon_deg, node.lat_deg);
    this.spots.push({ thing: { kind: "node", name: node.node }, x, y });
    const base = this.baseOf.get(node.node);
    const isShort = node.first_short_day !== null && view.day >= node.first_short_day;
    const r = 6;
    c.beginPath();
    if (node.kind === "source") { // a triangle, as of a tap turned down
      c.moveTo(x, y + r + 1);
      c.lineTo(x - r - 1, y - r);
      c.lineTo(x + r + 1, y - r);
      c.closePath();
    } else if (node.kind === "depot") c.rect(x - r, y - r, 2 * r, 2 * r);
    else if (node.kind === "base") c.arc(x, y, r, 0, 2 * Math.PI);
    else {
      c.moveTo(x, y - r - 1);
      c.lineTo(x + r + 1, y);
      c.lineTo(x, y + r + 1);
      c.lineTo(x - r - 1, y);
      c.closePath();
    }
    c.fillStyle = isShort ? this.k.alarm : this.m.halo;
    c.fill();
    c.lineWidth = this.isSelected(view, "node", node.node) ? 3 : 1.8;
    c.strokeStyle = this.isSelected(view, "node", node.node) ? this.m.selected : isShort ? this.k.alarm : this.k.base;
    c.stroke();
    if (base) { // a runway through it: aircraft stand here
      c.beginPath();
      c.moveTo(x - 9, y + 4);
      c.lineTo(x + 9, y - 4);
      c.stroke();
    }
    const held = node.stock_t_by_day ? node : base;
    if (held?.stock_t_by_day?.some((/** @type {number|null} */ t) => t !== 0)) this.drawGauge(x + 11, y, held, view.day);
    if (isShort) {
      c.font = `700 12px ${FONT}`;
      c.textBaseline = "middle";
      this.text("!", x, y + 0.5, this.m.sea, "center");
    }
    const name = isShort ? `${node.node} · SHORT` : node.node;
    if (isShort || this.isSelected(view, "node", node.node) || camera.zoom >= CAPTION_ZOOM - (node.kind === "source" ? 1 : 0)) {
      this.caption(x + 6, y, [[name, `${isShort ? 700 : 400} 11px ${FONT}`, isShort ? this.k.alarm : this.m.text]], isShort);
    }
  }

  /** A store's level, of the most that it ever holds. */
  drawGauge(x, y, held, day) {
    const { c } = this;
    const t = held.stock_t_by_day[day] ?? null;
    const [wide, high] = [5, 20];
    c.fillStyle = this.m.halo;
    c.fillRect(x - 1, y - high / 2 - 1, wide + 2, high + 2);
    if (t === null) {
      c.fillStyle = /** @type {CanvasPattern} */ (c.createPattern(hatch(this.m.quiet, 4), "repeat"));
      c.fillRect(x, y - high / 2, wide, high);
    } else {
      const level = (t / this.most.get(held)) * high;
      c.fillStyle = level < 0.2 * high ? this.k.alarm : this.k.good;
      c.fillRect(x, y + high / 2 - level, wide, level);
    }
    c.strokeStyle = t !== null && t <= 0 ? this.k.alarm : this.m.quiet;
    c.lineWidth = 1;
    c.strokeRect(x - 0.5, y - high / 2 - 0.5, wide + 1, high + 1);
  }

  /** A base without a node of supply. */
  drawBase(camera, base, view) {
    const { c } = this;
    const [x, y] = camera.project(base.lon_deg, base.lat_deg);
    this.spots.push({ thing: { kind: "base", name: base.base }, x, y });
    const isSelected = this.isSelected(view, "base", base.base);
    c.beginPath();
    c.arc(x, y, 6, 0, 2 * Math.PI);
    c.fillStyle = this.m.halo;
    c.fill();
    c.strokeStyle = isSelected ? this.m.selected : this.k.base;
    c.lineWidth = isSelected ? 3 : 1.8;
    c.setLineDash([3, 2]);
    c.stroke();
    c.setLineDash([]);
    c.beginPath();
    c.moveTo(x - 9, y + 4);
    c.lineTo(x + 9, y - 4);
    c.stroke();
    if (base.stock_t_by_day) this.drawGauge(x + 11, y, base, view.day);
    if (isSelected || camera.zoom >= CAPTION_ZOOM) this.caption(x, y, [[base.base, `400 11px ${FONT}`, this.m.text]], isSelected);
  }

  /** A station: as much of its ring is drawn as it is manned that day. */
  drawStation(camera, station, view) {
    const { c } = this;
    const [x, y] = camera.project(station.lon_deg, station.lat_deg);
    this.spots.push({ thing: { kind: "station", name: station.station }, x, y });
    const cover = station.cover_by_day[view.day] ?? null;
    const asked = view.asked.get(station.station) ?? null;
    const isSelected = this.isSelected(view, "station", station.station);
    const colour = cover === null ? this.m.quiet : asked === null ? this.m.ring : cover >= asked ? this.k.good : this.k.alarm;
    c.beginPath();
    c.arc(x, y, 11, 0, 2 * Math.PI);
    c.fillStyle = this.m.halo;
    c.fill();
    c.lineWidth = 1;
    c.strokeStyle = isSelected ? this.m.selected : this.m.quiet;
    if (cover === null) c.setLineDash([2, 3]);
    c.stroke();
    c.setLineDash([]);
    if (cover !== null && cover > 0) {
      c.beginPath();
      c.arc(x, y, 8, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * cover);
      c.lineWidth = 5;
      c.strokeStyle = colour;
      c.stroke();
    }
    if (isSelected) {
      c.lineWidth = 2;
      this.corners(x, y, 15, this.m.selected);
    }
    const words = cover === null ? "unknown" : percent(cover);
    const isLow = cover !== null && asked !== null && cover < asked;
    this.caption(x, y, [[station.station, `700 12px ${FONT}`, this.m.text], [isLow ? `▼ ${words}` : words, `${isLow ? 700 : 400} 11px ${FONT}`, cover === null ? this.m.text : colour]], isLow || isSelected || camera.zoom >= CROWDED_ZOOM);
  }

  /** What lies under a point, if anything. @param {number} px @param {number} py @returns {Thing|null} */
  thingAt(px, py) {
    let [best, found] = [15, /** @type {Thing|null} */ (null)];
    for (const { thing, x, y } of this.spots) {
      const away = Math.hypot(x - px, y - py);
      if (away < best) [best, found] = [away, thing];
    }
    if (found) return found;
    best = REACH_PX;
    for (const { thing, points } of this.ways) {
      for (let i = 1; i < points.length; i++) {
        const away = toSegment(px, py, points[i - 1], points[i]);
        if (away < best) [best, found] = [away, thing];
      }
    }
    return found;
  }
}

/** How far a point is from a line between two. @param {number} px @param {number} py @param {[number, number]} a @param {[number, number]} b */
function toSegment(px, py, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const t = Math.max(0, Math.min(1, ((px - a[0]) * dx + (py - a[1]) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(px - a[0] - t * dx, py - a[1] - t * dy);
}
