// Tracks without WebGL: the same picture on a plain canvas, painted less often.

import { css, heightColour } from "./colour.js";
import { fitCanvas } from "./gl.js";
import { placeAt, urgency } from "./sky.js";
import { doesTurn, drawSymbol, shapeOf, symbolSize } from "./symbols.js";

export class Tracks2d {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** Ready symbols by look. @type {Map<string, HTMLCanvasElement>} */
    this.stamps = new Map();
  }

  /**
   * @param {import("./geo.js").Camera} camera @param {import("./sky.js").Sky} sky
   * @param {import("./main.js").View} view @param {number} nowMs @param {number} real seconds
   */
  draw(camera, sky, view, nowMs, real) {
    const c = this.context;
    const { dpr } = fitCanvas(this.canvas, camera);
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.clearRect(0, 0, camera.width, camera.height);
    const tracks = [...sky.tracks.values()].sort((a, b) => urgency(a) - urgency(b));
    for (const t of tracks) {
      const [px, py] = camera.fromMerc(...placeAt(t, nowMs, real));
      if (px < -40 || py < -40 || px > camera.width + 40 || py > camera.height + 40) continue;
      const stamp = this.stamp(t, camera.zoom, view.isDark, dpr);
      c.save();
      c.translate(px, py);
      if (doesTurn(shapeOf(t))) c.rotate((t.course * Math.PI) / 180);
      c.drawImage(stamp, -stamp.width / dpr / 2, -stamp.height / dpr / 2, stamp.width / dpr, stamp.height / dpr);
      c.restore();
    }
  }

  stamp(t, zoom, isDark, dpr) {
    const metres = t.altBaro ?? t.altHae;
    const band = metres === null ? null : Math.round(metres / 150) * 150;
    const size = Math.round(symbolSize(t, zoom));
    const key = [shapeOf(t), size, t.status === "coasting", band, isDark, dpr].join();
    let stamp = this.stamps.get(key);
    if (!stamp) {
      if (this.stamps.size > 2000) this.stamps.clear();
      stamp = document.createElement("canvas");
      stamp.width = stamp.height = Math.ceil((size / 0.8) * dpr);
      const c = /** @type {CanvasRenderingContext2D} */ (stamp.getContext("2d"));
      c.translate(stamp.width / 2, stamp.height / 2);
      drawSymbol(c, shapeOf(t), (size / 2) * dpr, t.status === "coasting", css(heightColour(band, isDark)),
        isDark ? "#080d12" : "#fff");
      this.stamps.set(key, stamp);
    }
    return stamp;
  }
}
