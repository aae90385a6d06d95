// What is written over the plan's map: radars with their ticks, sites with their roses of warning
// minutes, numbered gaps, names, the scale.

import { Overlay } from "./overlay.js";
import { fitCanvas } from "./gl.js";
import { hatch, MAPS, ZONES } from "./theme.js";

const FONT = '"B612", system-ui, sans-serif';
/** Radars and sites have their names beside them from this zoom on. */
const CAPTION_ZOOM = 6;
const GOOD = { dark: "#2bb58c", light: "#00795a" };

/**
 * @typedef {object} Rose  minutes of warning by bearing, for one site
 * @property {number[]} azm_true_deg
 * @property {string[]} status
 * @property {(number|null)[]} minutes
 */

/** How a bearing stands. @param {Rose} rose @param {number} i @param {number|null} required */
export function verdictOf(rose, i, required) {
  const minutes = rose.minutes[i];
  // Minutes are told as if unknown ground hid the target: enough even so is enough.
  if (minutes !== null && minutes >= (required ?? 0)) return "enough";
  if (rose.status[i] === "unknown") return "unknown";
  return minutes === null ? "never" : "short";
}

/** Radius of a rose, pixels. @param {number} zoom */
const reach = (zoom) => Math.max(13, Math.min(58, 16 + 9 * (zoom - 5)));

export class PlanOverlay extends Overlay {
  /** @param {HTMLCanvasElement} canvas @param {any} plan */
  constructor(canvas, plan) {
    super(canvas, null);
    this.plan = plan;
  }

  /**
   * @param {import("./geo.js").Camera} camera
   * @param {{isDark: boolean, units: import("./units.js").Units, on: boolean[], hasRoses: boolean, isTold: boolean,
   *   roses: Map<string, Rose>, site: string|null, gaps: {lon: number, lat: number, isLost: boolean}[], pin: number[]|null}} view
   *   isTold: whether the plan holds warning minutes for these ticks
   */
  drawPlan(camera, view) {
    const { c, canvas } = this;
    const { dpr } = fitCanvas(canvas, camera);
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.clearRect(0, 0, camera.width, camera.height);
    this.theme = view.isDark ? "dark" : "light";
    this.m = MAPS[this.theme];
    const things = [...this.plan.radars, ...this.plan.sites];
    this.taken = things.map(({ lon_deg: lon, lat_deg: lat }) => {
      const [x, y] = camera.project(lon, lat);
      return [x - 8, y - 8, x + 8, y + 8];
    });
    this.drawCountries(camera);
    if (view.hasRoses) this.drawRoses(camera, view);
    this.drawGaps(camera, view.gaps);
    this.drawTicks(camera, view.on);
    this.drawPlaces(camera, view);
    if (view.pin) {
      const [x, y] = camera.project(view.pin[0], view.pin[1]);
      this.corners(x, y, 9, this.m.selected);
    }
    this.drawScale(camera, view);
  }

  drawRoses(camera, view) {
    const { c } = this;
    const r = reach(camera.zoom);
    const highest = Math.max(1, ...[...view.roses.values()].flatMap((rose) => rose.minutes.map((one) => one ?? 0)));
    for (const site of this.plan.sites) {
      const [x, y] = camera.project(site.lon_deg, site.lat_deg);
      if (x < -r || y < -r || x > camera.width + r || y > camera.height + r) continue;
      const rose = view.roses.get(site.name);
      c.beginPath();
      c.arc(x, y, r, 0, 2 * Math.PI);
      c.fillStyle = this.m.halo;
      c.globalAlpha = 0.75;
      c.fill();
      c.globalAlpha = 1;
      c.lineWidth = view.site === site.name ? 2.5 : 1;
      c.strokeStyle = view.site === site.name ? this.m.selected : this.m.quiet;
      if (!rose) c.setLineDash([3, 4]);
      c.stroke();
      c.setLineDash([]);
      if (!rose) {
        c.font = `700 12px ${FONT}`;
        c.textBaseline = "middle";
        this.text("?", x + r * 0.55, y - r * 0.55, this.m.quiet, "center");
        continue;
      }
      this.drawRose(x, y, r, rose, site.required_min, highest);
    }
  }

  /** Length is minutes; the inner ring is what the site requires, at half of the rose. */
  drawRose(x, y, r, rose, required, highest) {
    const { c } = this;
    const full = required ? 2 * required : highest;
    const half = Math.PI / rose.azm_true_deg.length;
    const bad = ZONES.no_fly[this.theme];
    const never = /** @type {CanvasPattern} */ (c.createPattern(hatch(bad, 6), "repeat"));
    const doubt = /** @type {CanvasPattern} */ (c.createPattern(hatch(this.m.quiet, 4), "repeat"));
    rose.azm_true_deg.forEach((azm, i) => {
      const verdict = verdictOf(rose, i, required);
      const minutes = rose.minutes[i];
      const isLong = minutes === null || verdict === "unknown";
      const long = isLong ? r : Math.max(3, r * Math.min(1, minutes / full));
      const middle = ((azm - 90) * Math.PI) / 180;
      c.beginPath();
      c.moveTo(x, y);
      c.arc(x, y, long, middle - half, middle + half);
      c.closePath();
      c.globalAlpha = isLong ? 1 : 0.85;
      c.fillStyle = verdict === "never" ? never : verdict === "unknown" ? doubt : verdict === "short" ? bad : GOOD[this.theme];
      c.fill();
      c.globalAlpha = 1;
    });
    if (!required) return;
    c.beginPath();
    c.arc(x, y, r / 2, 0, 2 * Math.PI);
    c.strokeStyle = this.m.vector;
    c.lineWidth = 1.2;
    c.setLineDash([2, 2]);
    c.stroke();
    c.setLineDash([]);
  }

  drawGaps(camera, gaps) {
    const { c } = this;
    const colour = ZONES.no_fly[this.theme];
    c.textBaseline = "middle";
    c.font = `700 11px ${FONT}`;
    gaps.forEach(({ lon, lat, isLost }, i) => {
      const [x, y] = camera.project(lon, lat);
      c.beginPath();
      c.arc(x, y, 9, 0, 2 * Math.PI);
      c.fillStyle = isLost ? colour : this.m.halo;
      c.fill();
      c.lineWidth = 1.5;
      c.strokeStyle = colour;
      c.stroke();
      c.textAlign = "center";
      c.fillStyle = isLost ? this.m.sea : colour;
      c.fillText(String(i + 1), x, y + 0.5);
      this.taken.push([x - 9, y - 9, x + 9, y + 9]);
    });
  }

  drawTicks(camera, on) {
    const { c } = this;
    c.textBaseline = "middle";
    this.plan.radars.forEach((radar, place) => {
      const [x, y] = camera.project(radar.lon_deg, radar.lat_deg);
      const colour = on[place] ? this.m.ring : this.m.quiet;
      c.strokeStyle = colour;
      c.fillStyle = this.m.halo;
      c.lineWidth = 1.6;
      c.beginPath();
      c.arc(x, y, 7, 0, 2 * Math.PI);
      c.fill();
      c.stroke();
      c.beginPath();
      if (on[place]) {
        c.arc(x, y, 3, Math.PI, 2 * Math.PI);
        c.moveTo(x, y);
        c.lineTo(x, y + 5);
      } else {
        c.moveTo(x - 5, y - 5);
        c.lineTo(x + 5, y + 5);
        c.moveTo(x + 5, y - 5);
        c.lineTo(x - 5, y + 5);
      }
      c.stroke();
      if (camera.zoom < CAPTION_ZOOM) return;
      this.caption(x, y, [[on[place] ? radar.name : `${radar.name} · off`, `400 11px ${FONT}`, on[place] ? this.m.text : colour]], false);
    });
  }

  drawPlaces(camera, view) {
    const { c } = this;
    c.textBaseline = "middle";
    for (const site of this.plan.sites) {
      const [x, y] = camera.project(site.lon_deg, site.lat_deg);
      c.beginPath();
      c.moveTo(x, y - 5);
      c.lineTo(x + 5, y);
      c.lineTo(x, y + 5);
      c.lineTo(x - 5, y);
      c.closePath();
      c.fillStyle = this.m.halo;
      c.fill();
      c.lineWidth = 1.8;
      c.strokeStyle = this.m.site;
      c.stroke();
      if (camera.zoom < CAPTION_ZOOM - 0.8 && view.site !== site.name) continue;
      this.caption(x, y, [[site.name, `700 12px ${FONT}`, this.m.text]], view.site === site.name);
    }
  }
}
