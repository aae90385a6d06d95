// Trails by WebGL, on a canvas of their own below the tracks: they change once in a while and are
// painted again only then, or when the map moves.

import { colourTable } from "./colour.js";
import { context, fitCanvas, isFarFrom, layout, link, upload, viewOf, wipe } from "./gl.js";
import { GAP_MS, showsTrail } from "./sky.js";

const TRAIL_VERTEX = `#version 300 es
layout(location=0) in vec2 start;
layout(location=1) in vec2 end;
layout(location=2) in vec4 startTint;
layout(location=3) in vec4 endTint;
uniform vec2 shift, scale, size;
uniform float width;
out vec4 colour;
void main() {
  vec2 a = (start + shift) * scale * size, b = (end + shift) * scale * size;
  vec2 along = b - a;
  float length = max(length(along), 1e-6);
  vec2 side = vec2(-along.y, along.x) / length * width;
  bool last = gl_VertexID > 1;
  vec2 at = (last ? b : a) + side * ((gl_VertexID & 1) == 0 ? -1.0 : 1.0);
  gl_Position = vec4(at / size, 0.0, 1.0);
  colour = last ? endTint : startTint;
}`;

const TRAIL_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
out vec4 pixel;
void main() { pixel = vec4(colour.rgb * colour.a, colour.a); }`;

/** Floats for a piece of trail: two places; then two words of colour. */
const TRAIL_WORDS = 6;
/** Pieces that may be brought up to date each second; many trails wait a little. */
const PIECES_PER_S = 20_000;

export class TrailsGl {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = context(canvas, true, () => this.prepare());
    this.origin = [0.5, 0.5];
    this.prepare();
  }

  prepare() {
    this.program = link(this.gl, TRAIL_VERTEX, TRAIL_FRAGMENT);
    this.buffer = layout(this.gl, TRAIL_WORDS, [2, 2], 2, 1);
    this.count = 0;
    this.packed = this.painted = "";
    this.packedReal = -Infinity;
  }

  /**
   * @param {import("./geo.js").Camera} camera @param {import("./sky.js").Sky} sky
   * @param {import("./main.js").View} view @param {number} real seconds
   */
  draw(camera, sky, view, real) {
    this.pack(camera, sky, view, real);
    const { gl, canvas } = this;
    const { dpr, width, height } = fitCanvas(canvas, camera);
    const now = [this.packedReal, camera.cx, camera.cy, camera.world, width, height].join();
    if (now === this.painted) return;
    this.painted = now;
    wipe(gl, width, height);
    if (!this.count) return;
    gl.useProgram(this.program);
    const at = (/** @type {string} */ name) => gl.getUniformLocation(this.program, name);
    const { shift, scale } = viewOf(camera, this.origin);
    gl.uniform2fv(at("shift"), shift);
    gl.uniform2fv(at("scale"), scale);
    gl.uniform2f(at("size"), width / 2, height / 2);
    gl.uniform1f(at("width"), 0.9 * dpr);
    gl.bindVertexArray(this.buffer.array);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.count);
  }

  pack(camera, sky, view, real) {
    const isFar = isFarFrom(camera, this.origin);
    const choice = [view.isDark, view.trails, view.selected].join();
    const now = [sky.version, choice].join();
    const isDue = isFar || choice !== this.choice || real - this.packedReal > this.count / PIECES_PER_S;
    if ((now === this.packed && !isFar) || !isDue) return;
    this.packed = now;
    this.choice = choice;
    this.packedReal = real;
    if (isFar) this.origin = [camera.cx, camera.cy];
    const shown = [...sky.tracks.values()].filter((t) => showsTrail(t, view));
    const pieces = shown.reduce((sum, t) => sum + t.trail.x.length, 0);
    const data = new Float32Array(pieces * TRAIL_WORDS);
    const words = new Uint32Array(data.buffer);
    const colours = colourTable(view.isDark);
    let at = 0;
    for (const t of shown) {
      const { x, y, step, tMs } = t.trail;
      const n = x.length;
      const strong = t.track === view.selected || t.alarm ? 235 : 120;
      for (let i = 0; i < n; i++) {
        const isLast = i === n - 1;
        if ((isLast ? t.tMs : tMs[i + 1]) - tMs[i] > GAP_MS) continue;
        data[at] = x[i] - this.origin[0];
        data[at + 1] = y[i] - this.origin[1];
        data[at + 2] = (isLast ? t.x : x[i + 1]) - this.origin[0];
        data[at + 3] = (isLast ? t.y : y[i + 1]) - this.origin[1];
        // Opacity is the highest byte, and grows towards the newest end.
        words[at + 4] = colours[step[i]] | ((strong * (0.25 + (0.75 * i) / n)) << 24);
        words[at + 5] = colours[step[isLast ? i : i + 1]] | ((strong * (0.25 + (0.75 * (i + 1)) / n)) << 24);
        at += TRAIL_WORDS;
      }
    }
    this.count = at / TRAIL_WORDS;
    upload(this.gl, this.buffer.buffer, data);
  }
}
