// What the WebGL layers share.

/** Make a canvas as large as the stage in device pixels. @param {HTMLCanvasElement} canvas @param {import("./geo.js").Camera} camera */
export function fitCanvas(canvas, camera) {
  const dpr = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(camera.width * dpr), Math.round(camera.height * dpr)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  return { dpr, width, height };
}

/** What brings Mercator places relative to an origin onto the canvas. @param {import("./geo.js").Camera} camera @param {number[]} origin */
export function viewOf(camera, origin) {
  return {
    shift: [origin[0] - camera.cx, origin[1] - camera.cy],
    scale: [(2 * camera.world) / camera.width, (-2 * camera.world) / camera.height],
  };
}

/** Single floats are too coarse this many pixels from their origin. */
const FAR_PX = 2e5;
/** @param {import("./geo.js").Camera} camera @param {number[]} origin */
export const isFarFrom = (camera, origin) =>
  Math.hypot(camera.cx - origin[0], camera.cy - origin[1]) * camera.world > FAR_PX;

/**
 * A transparent WebGL 2 context that survives being lost.
 * @param {HTMLCanvasElement} canvas @param {boolean} antialias @param {() => void} prepare
 */
export function context(canvas, antialias, prepare) {
  const gl = canvas.getContext("webgl2", { antialias, premultipliedAlpha: true });
  if (!gl) throw new Error("no WebGL 2");
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", prepare);
  return gl;
}

/** Begin a picture. @param {WebGL2RenderingContext} gl @param {number} width @param {number} height */
export function wipe(gl, width, height) {
  gl.viewport(0, 0, width, height);
  gl.clearColor(0, 0, 0, 0);
  gl.clear(gl.COLOR_BUFFER_BIT);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
}

/** @param {WebGL2RenderingContext} gl @param {WebGLBuffer} buffer @param {Float32Array} data */
export function upload(gl, buffer, data) {
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
}

/**
 * A vertex array over one buffer: float vectors first, then colours.
 * @param {WebGL2RenderingContext} gl @param {number} words @param {number[]} floats
 * @param {number} colours @param {number} divisor
 */
export function layout(gl, words, floats, colours, divisor) {
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
export function link(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {const} */ ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]])) {
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
