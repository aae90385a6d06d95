// Tracks on a WebGL canvas of their own, above the map. Motion between updates happens
// in the vertex shader, so a frame costs the processor nothing per track; and because the canvas is
// not the map's, a moving track does not make the map engine paint the coast again.

import { heightColour } from "./colour.js";
import { context, fitCanvas, isFarFrom, layout, link, upload, viewOf, wipe } from "./gl.js";
import { BLEND_S, COAST_S, urgency } from "./sky.js";
import { doesTurn, SHAPE_NAMES, shapeOf, symbolAtlas, symbolSize } from "./symbols.js";

const TRACK_VERTEX = `#version 300 es
layout(location=0) in vec2 place;
layout(location=1) in vec2 velocity;
layout(location=2) in vec2 jump;
layout(location=3) in vec2 times;
layout(location=4) in vec4 look;
layout(location=5) in vec4 tint;
uniform vec2 shift, scale;
uniform float now, real, dpr;
out vec4 colour;
flat out vec2 turn, cell;
void main() {
  float dt = clamp(now - times.x, -5.0, ${COAST_S.toFixed(1)});
  float left = max(0.0, 1.0 - (real - times.y) / ${BLEND_S.toFixed(1)});
  gl_Position = vec4((place + velocity * dt + jump * left + shift) * scale, 0.0, 1.0);
  gl_PointSize = look.y * dpr / 0.8;
  turn = vec2(cos(look.z), sin(look.z));
  cell = vec2(look.x, look.w);
  colour = tint;
}`;

const TRACK_FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D atlas;
uniform vec2 cells;
uniform vec3 outline;
in vec4 colour;
flat in vec2 turn, cell;
out vec4 pixel;
void main() {
  vec2 at = gl_PointCoord - 0.5;
  at = vec2(at.x * turn.x + at.y * turn.y, at.y * turn.x - at.x * turn.y);
  if (max(abs(at.x), abs(at.y)) > 0.5) discard;
  vec2 ink = texture(atlas, (cell + at + 0.5) / cells).rg;
  pixel = vec4(colour.rgb * ink.r + outline * ink.g, min(1.0, ink.r + ink.g)) * colour.a;
}`;

/** Floats for a track: place, velocity, jump, times, look; then one word of colour. */
const TRACK_WORDS = 13;

export class TracksGl {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = context(canvas, false, () => this.prepare());
    this.origin = [0.5, 0.5];
    /** Watch time and page time that the packed times count from, ms and s. */
    this.base = { ms: 0, real: 0 };
    this.prepare();
  }

  prepare() {
    const gl = this.gl;
    this.count = 0;
    this.packed = "";
    this.program = link(gl, TRACK_VERTEX, TRACK_FRAGMENT);
    this.buffer = layout(gl, TRACK_WORDS, [2, 2, 2, 2, 4], 1, 0);
    this.atlas = symbolAtlas();
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.atlas.canvas);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /**
   * @param {import("./geo.js").Camera} camera @param {import("./sky.js").Sky} sky
   * @param {import("./main.js").View} view @param {number} nowMs @param {number} real seconds
   */
  draw(camera, sky, view, nowMs, real) {
    this.pack(camera, sky, view, nowMs, real);
    const { gl, canvas } = this;
    const { dpr, width, height } = fitCanvas(canvas, camera);
    wipe(gl, width, height);
    if (!this.count) return;
    gl.useProgram(this.program);
    const at = (/** @type {string} */ name) => gl.getUniformLocation(this.program, name);
    const { shift, scale } = viewOf(camera, this.origin);
    gl.uniform2fv(at("shift"), shift);
    gl.uniform2fv(at("scale"), scale);
    gl.uniform1f(at("now"), (nowMs - this.base.ms) / 1000);
    gl.uniform1f(at("real"), real - this.base.real);
    gl.uniform1f(at("dpr"), dpr);
    gl.uniform2f(at("cells"), this.atlas.columns, this.atlas.rows);
    gl.uniform3fv(at("outline"), view.isDark ? [0.03, 0.05, 0.07] : [1, 1, 1]);
    gl.bindVertexArray(this.buffer.array);
    gl.drawArrays(gl.POINTS, 0, this.count);
  }

  /** Bring the buffer up to date where something it holds has changed. */
  pack(camera, sky, view, nowMs, real) {
    const isFar = isFarFrom(camera, this.origin);
    const zoom = Math.round(camera.zoom * 4);
    const now = [sky.version, view.isDark, zoom].join();
    if (now === this.packed && !isFar && Number.isFinite(this.base.ms)) return;
    this.packed = now;
    if (isFar) this.origin = [camera.cx, camera.cy];
    this.base = { ms: nowMs, real };
    const tracks = [...sky.tracks.values()].sort((a, b) => urgency(a) - urgency(b));
    const data = new Float32Array(tracks.length * TRACK_WORDS);
    const tints = new Uint8Array(data.buffer);
    tracks.forEach((t, i) => {
      const shape = shapeOf(t);
      const turn = doesTurn(shape) ? (t.course * Math.PI) / 180 : 0;
      data.set([
        t.x - this.origin[0], t.y - this.origin[1], t.vx, t.vy, t.errX, t.errY,
        (t.tMs - this.base.ms) / 1000, t.real - this.base.real,
        SHAPE_NAMES.indexOf(shape), symbolSize(t, camera.zoom), turn, t.status === "coasting" ? 1 : 0,
      ], i * TRACK_WORDS);
      const [r, g, b] = heightColour(t.altBaro ?? t.altHae, view.isDark);
      tints.set([r, g, b, 255], (i * TRACK_WORDS + 12) * 4);
    });
    this.count = tracks.length;
    upload(this.gl, this.buffer.buffer, data);
  }
}
