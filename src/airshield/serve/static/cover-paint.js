// The cover on the map: every pixel of the stage looks up the cell that it lies in. Where pixels lie
// on the grid is worked out at the nodes of a mesh and linearly between: 32 pixels of the screen bend
// by a fifth of a pixel at most from zoom 4 on. A plain canvas, the same with and without WebGL.

import { INSIDE } from "./cover.js";
import { TILE, TILES, word } from "./cover-look.js";
import { fitCanvas } from "./gl.js";

const MESH = 32;
const VALUES = 128;

export class CoverPainter {
  /** @param {HTMLCanvasElement} canvas @param {import("./laea.js").Grid} grid */
  constructor(canvas, grid) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.grid = grid;
    /** @type {ImageData|null} */
    this.image = null;
    this.base = new Uint32Array(VALUES);
    this.ink = new Uint32Array(VALUES);
    /** @type {Uint8Array[]} */
    this.tiles = Array(VALUES).fill(TILES.plain);
    this.edge = 0;
  }

  /** @param {import("./cover-look.js").Scheme} scheme @param {number[]} edge the border's colour */
  setScheme(scheme, edge) {
    this.base.fill(0);
    this.ink.fill(0);
    this.tiles.fill(TILES.plain);
    for (const [value, look] of scheme.looks) {
      this.base[value] = word(look.base);
      this.ink[value] = word(look.ink);
      this.tiles[value] = TILES[look.pattern];
    }
    this.edge = word(edge);
  }

  /** @param {import("./geo.js").Camera} camera @param {Uint8Array} codes value of every cell, with INSIDE */
  draw(camera, codes) {
    const { dpr, width, height } = fitCanvas(this.canvas, camera);
    if (this.image?.width !== width || this.image.height !== height) this.image = this.context.createImageData(width, height);
    const pixels = new Uint32Array(this.image.data.buffer);
    pixels.fill(0);
    const { rows, cols } = this.grid;
    const { base, ink, tiles, edge } = this;
    const [across, down] = [Math.ceil(width / MESH), Math.ceil(height / MESH)];
    const [meshX, meshY] = [new Float64Array((across + 1) * (down + 1)), new Float64Array((across + 1) * (down + 1))];
    for (let j = 0, node = 0; j <= down; j++) {
      for (let i = 0; i <= across; i++, node++) {
        // A pixel stands for its middle.
        [meshX[node], meshY[node]] = this.grid.at(...camera.unproject((i * MESH + 0.5) / dpr, (j * MESH + 0.5) / dpr));
      }
    }
    // Patterns lie on the ground: they move with the map.
    const phase = (/** @type {number} */ at) => ((Math.round(at * camera.world * dpr) % TILE) + TILE) % TILE;
    const [phaseX, phaseY] = [phase(camera.cx - camera.width / 2 / camera.world), phase(camera.cy - camera.height / 2 / camera.world)];
    /** Whether the pixel above each column is territory. */
    const above = new Uint8Array(width);
    for (let y = 0; y < height; y++) {
      const j = Math.floor(y / MESH);
      const down1 = (y - j * MESH) / MESH;
      const tileRow = ((y + phaseY) % TILE) * TILE;
      let before = 0;
      for (let i = 0; i < across; i++) {
        const node = j * (across + 1) + i;
        const under = node + across + 1;
        const x0 = meshX[node] + (meshX[under] - meshX[node]) * down1;
        const x1 = meshX[node + 1] + (meshX[under + 1] - meshX[node + 1]) * down1;
        const y0 = meshY[node] + (meshY[under] - meshY[node]) * down1;
        const y1 = meshY[node + 1] + (meshY[under + 1] - meshY[node + 1]) * down1;
        const from = i * MESH;
        const to = Math.min(width, from + MESH);
        if ((x0 < 0 && x1 < 0) || (y0 < 0 && y1 < 0) || (x0 >= cols && x1 >= cols) || (y0 >= rows && y1 >= rows)
          || !(x0 + x1 + y0 + y1 > -Infinity)) {
          above.fill(0, from, to);
          before = 0;
          continue;
        }
        const [stepX, stepY] = [(x1 - x0) / MESH, (y1 - y0) / MESH];
        for (let x = from, cx = x0, cy = y0; x < to; x++, cx += stepX, cy += stepY) {
          const code = cx >= 0 && cy >= 0 && cx < cols && cy < rows ? codes[Math.floor(cy) * cols + Math.floor(cx)] : 0;
          const inside = code & INSIDE;
          // The border; at the stage's own edge nobody knows whether there is one.
          if ((x > 0 && inside !== before) || (y > 0 && inside !== above[x])) pixels[y * width + x] = edge;
          else pixels[y * width + x] = tiles[code][tileRow + ((x + phaseX) % TILE)] ? ink[code] : base[code];
          before = above[x] = inside;
        }
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }
}

/** A swatch for the legend. @param {import("./cover-look.js").Look} look @param {string} ground what lies below */
export function swatch(look, ground) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [TILE * 2, TILE];
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = c.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const [base, ink, tile] = [word(look.base), word(look.ink), TILES[look.pattern]];
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = tile[Math.floor(i / canvas.width) * TILE + ((i % canvas.width) % TILE)] ? ink : base;
  }
  const over = document.createElement("canvas");
  [over.width, over.height] = [canvas.width, canvas.height];
  /** @type {CanvasRenderingContext2D} */ (over.getContext("2d")).putImageData(image, 0, 0);
  c.fillStyle = ground;
  c.fillRect(0, 0, canvas.width, canvas.height);
  c.drawImage(over, 0, 0);
  return canvas;
}
