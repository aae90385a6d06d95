// Tracks and trails on a WebGL canvas of their own, above the map. Motion between updates happens
// in the vertex shader, so a frame costs the processor nothing per track; and because the canvas is
// not the map's, a moving track does not make the map engine paint the coast again.

import { heightColour } from "./colour.js";
import { BLEND_S, COAST_S, urgency } from "./sky.js";
import { doesTurn, SHAPE_NAMES, symbolAtlas, symbolSize } from "./symbols.js";

const TRACK_VERTEX = `#version 300 es
layout(location=0) in vec2 place;
layout(location=1) in vec2 velocity;
layout(location=2) in vec2 jump;
layout(location=3) in vec2 times;
layout(location=4) in vec4 look;
layout(location=5) in vec4 tint;
uniform vec2 shift, scale;
uniform float now, real, dpr, grow;
out vec4 colour;
flat out vec2 turn, cell;
void main() {
  float dt = clamp(now - times.x, -5.0, ${COAST_S.toFixed(1)});
  float left = max(0.0, 1.0 - (real - times.y) / ${BLEND_S.toFixed(1)});
  gl_Position = vec4((place + velocity * dt + jump * left + shift) * scale, 0.0, 1.0);
  gl_PointSize = look.y * grow * dpr / 0.8;
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

/** Floats for a track: place, velocity, jump, times, look; then one word of colour. */
const TRACK_WORDS = 13;
/** Floats for a piece of trail: two places; then two words of colour. */
const TRAIL_WORDS = 6;

export class TracksGl {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: true, premultipliedAlpha: true });
    if (!gl) throw new Error("no WebGL 2");
    this.canvas = canvas;
    this.gl = gl;
    this.origin = [0.5, 0.5];
    /** Watch time and page time that the packed times count from, ms and s. */
    this.base = { ms: 0, real: 0 };
    this.trackCount = this.trailCount = 0;
    this.isDark = true;
    this.packed = "";
    this.prepare();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.prepare();
      this.packed = "";
    });
  }

  prepare() {
    const gl = this.gl;
    this.trackProgram = link(gl, TRACK_VERTEX, TRACK_FRAGMENT);
    this.trailProgram = link(gl, TRAIL_VERTEX, TRAIL_FRAGMENT);
    this.tracks = layout(gl, TRACK_WORDS, [2, 2, 2, 2, 4], 1, 0);
    this.trails = layout(gl, TRAIL_WORDS, [2, 2], 2, 1);
    this.atlas = symbolAtlas();
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.atlas.canvas);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  /**
   * @param {import("./geo.js").Camera} camera @param {import("./sky.js").Sky} sky
   * @param {import("./main.js").View} view @param {number} nowMs @param {number} real seconds
   */
  draw(camera, sky, view, nowMs, real) {
    this.pack(camera, sky, view, nowMs, real);
    const { gl, canvas } = this;
    const dpr = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(camera.width * dpr), Math.round(camera.height * dpr)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const shift = [this.origin[0] - camera.cx, this.origin[1] - camera.cy];
    const scale = [(2 * camera.world) / camera.width, (-2 * camera.world) / camera.height];

    if (this.trailCount) {
      gl.useProgram(this.trailProgram);
      const at = (/** @type {string} */ name) => gl.getUniformLocation(this.trailProgram, name);
      gl.uniform2fv(at("shift"), shift);
      gl.uniform2fv(at("scale"), scale);
      gl.uniform2f(at("size"), width / 2, height / 2);
      gl.uniform1f(at("width"), 0.9 * dpr);
      gl.bindVertexArray(this.trails.array);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.trailCount);
    }
    if (this.trackCount) {
      gl.useProgram(this.trackProgram);
      const at = (/** @type {string} */ name) => gl.getUniformLocation(this.trackProgram, name);
      gl.uniform2fv(at("shift"), shift);
      gl.uniform2fv(at("scale"), scale);
      gl.uniform1f(at("now"), (nowMs - this.base.ms) / 1000);
      gl.uniform1f(at("real"), real - this.base.real);
      gl.uniform1f(at("dpr"), dpr);
      gl.uniform1f(at("grow"), 1);
      gl.uniform2f(at("cells"), this.atlas.columns, this.atlas.rows);
      gl.uniform3fv(at("outline"), view.isDark ? [0.03, 0.05, 0.07] : [1, 1, 1]);
      gl.bindVertexArray(this.tracks.array);
      gl.drawArrays(gl.POINTS, 0, this.trackCount);
    }
  }

  /** Bring the buffers up to date where something they hold has changed. */
  pack(camera, sky, view, nowMs, real) {
    const isFar = Math.hypot(camera.cx - this.origin[0], camera.cy - this.origin[1]) * camera.world > 2e5;
    const zoom = Math.round(camera.zoom * 4);
    const now = [sky.version, view.isDark, zoom, isFar].join();
    const nowTrails = [sky.trailVersion, sky.version, view.isDark, view.trails, view.selected, isFar].join();
    if (now !== this.packed || !Number.isFinite(this.base.ms)) {
      this.packed = now;
      if (isFar) this.origin = [camera.cx, camera.cy];
      this.base = { ms: nowMs, real };
      this.packTracks(camera, sky, view);
    }
    if (nowTrails !== this.packedTrails) {
      this.packedTrails = nowTrails;
      this.packTrails(sky, view);
    }
  }

  packTracks(camera, sky, view) {
    const tracks = [...sky.tracks.values()].sort((a, b) => urgency(a) - urgency(b));
    const data = new Float32Array(tracks.length * TRACK_WORDS);
    const tints = new Uint8Array(data.buffer);
    tracks.forEach((t, i) => {
      const turn = doesTurn(t.cls) ? (t.course * Math.PI) / 180 : 0;
      data.set([
        t.x - this.origin[0], t.y - this.origin[1], t.vx, t.vy, t.errX, t.errY,
        (t.tMs - this.base.ms) / 1000, t.real - this.base.real,
        SHAPE_NAMES.indexOf(t.cls), symbolSize(t, camera.zoom), turn, t.status === "coasting" ? 1 : 0,
      ], i * TRACK_WORDS);
      const [r, g, b] = heightColour(t.altBaro ?? t.altHae, view.isDark);
      tints.set([r, g, b, 255], (i * TRACK_WORDS + 12) * 4);
    });
    this.trackCount = tracks.length;
    upload(this.gl, this.tracks.buffer, data);
  }

  packTrails(sky, view) {
    const shown = [...sky.tracks.values()].filter((t) => showsTrail(t, view));
    const pieces = shown.reduce((sum, t) => sum + Math.max(0, t.trail.x.length), 0);
    const data = new Float32Array(pieces * TRAIL_WORDS);
    const tints = new Uint8Array(data.buffer);
    let at = 0;
    for (const t of shown) {
      const { x, y, alt } = t.trail;
      const n = x.length;
      for (let i = 0; i < n; i++) {
        const isLast = i === n - 1;
        data[at] = x[i] - this.origin[0];
        data[at + 1] = y[i] - this.origin[1];
        data[at + 2] = (isLast ? t.x : x[i + 1]) - this.origin[0];
        data[at + 3] = (isLast ? t.y : y[i + 1]) - this.origin[1];
        const strong = t.track === view.selected || t.alarm ? 235 : 120;
        for (const k of [0, 1]) {
          const [r, g, b] = heightColour(isLast ? alt[i] : alt[i + k], view.isDark);
          tints.set([r, g, b, strong * (0.25 + (0.75 * (i + k)) / n)], (at + 4 + k) * 4);
        }
        at += TRAIL_WORDS;
      }
    }
    this.trailCount = pieces;
    upload(this.gl, this.trails.buffer, data);
  }
}

/** @param {import("./sky.js").Track} t @param {import("./main.js").View} view */
export const showsTrail = (t, view) =>
  view.trails === "all" || (view.trails === "selected" && (t.track === view.selected || t.alarm > 0));

/** @param {WebGL2RenderingContext} gl @param {WebGLBuffer} buffer @param {Float32Array} data */
function upload(gl, buffer, data) {
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
}

/**
 * A vertex array over one buffer: float vectors first, then colours.
 * @param {WebGL2RenderingContext} gl @param {number} words @param {number[]} floats
 * @param {number} colours @param {number} divisor
 */
function layout(gl, words, floats, colours, divisor) {
  const array = gl.createVertexArray();
  const buffer = gl.createBuffer();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  let [place, at] = [0, 0];
  for (const size of floats) {
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, gl.FLOAT, false, words * 4, at * 4);
    gl.vertexAttribDivisor(place++, divisor);
    at += size;
  }
  for (let i = 0; i < colours; i++) {
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 4, gl.UNSIGNED_BYTE, true, words * 4, at++ * 4);
    gl.vertexAttribDivisor(place++, divisor);
  }
  gl.bindVertexArray(null);
  return { array, buffer };
}

/** @param {WebGL2RenderingContext} gl @param {string} vertex @param {string} fragment */
function link(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader)).join("\n");
    throw new Error(`shader: ${gl.getProgramInfoLog(program)} ${logs}`);
  }
  return program;
}
