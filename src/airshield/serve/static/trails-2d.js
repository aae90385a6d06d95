// Trails without WebGL, on a canvas of their own: painted again when they change or the map moves.

import { colourTable } from "./colour.js";
import { fitCanvas } from "./gl.js";
import { GAP_MS, showsTrail } from "./sky.js";

/** Trails grow no faster on the canvas than this often, s. */
const PAUSE_S = 2;

export class Trails2d {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.painted = "";
  }

  /**
   * @param {import("./geo.js").Camera} camera @param {import("./sky.js").Sky} sky
   * @param {import("./main.js").View} view @param {number} real seconds
   */
  draw(camera, sky, view, real) {
    const now = [Math.floor(real / PAUSE_S), view.isDark, view.trails, view.selected, camera.cx, camera.cy,
      camera.world, camera.width, camera.height].join();
    if (now === this.painted) return;
    this.painted = now;
    const c = this.context;
    const { dpr } = fitCanvas(this.canvas, camera);
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.clearRect(0, 0, camera.width, camera.height);
    this.colours = colourTable(view.isDark);
    for (const t of sky.tracks.values()) if (showsTrail(t, view)) this.trail(camera, t, view);
  }

  /**
   * @param {import("./geo.js").Camera} camera @param {import("./sky.js").Track} t
   * @param {import("./main.js").View} view
   */
  trail(camera, t, view) {
    const c = this.context;
    const { x, y, step, tMs } = t.trail;
    c.lineWidth = 1.8;
    c.globalAlpha = t.track === view.selected || t.alarm ? 0.8 : 0.38;
    for (let i = 0; i < x.length; i++) {
      const isLast = i === x.length - 1;
      if ((isLast ? t.tMs : tMs[i + 1]) - tMs[i] > GAP_MS) continue;
      c.beginPath();
      c.moveTo(...camera.fromMerc(x[i], y[i]));
      c.lineTo(...camera.fromMerc(isLast ? t.x : x[i + 1], isLast ? t.y : y[i + 1]));
      const word = this.colours[step[i]];
      c.strokeStyle = `rgb(${word & 255} ${(word >> 8) & 255} ${word >> 16})`;
      c.stroke();
    }
    c.globalAlpha = 1;
  }
}
