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
    /** Colours by value and pattern: without ink, with ink. */
    this.colours = new Uint32Array(2 * VALUES);
    /** @type {Uint8Array[]} */
    this.tiles = Array(VALUES).fill(TILES.plain);
    this.edge = 0;
    /** The cell under every pixel, one past the last where there is none; kept while the map stands still. */
    this.cells = new Int32Array(0);
    this.cellsFor = "";
  }

  /** @param {import("./cover-look.js").Scheme} scheme @param {number[]} edge the border's colour */
  setScheme(scheme, edge) {
    this.colours.fill(0);
    this.tiles.fill(TILES.plain);
    for (const [value, look] of scheme.looks) {
      this.colours[2 * value] = word(look.base);
      this.colours[2 * value + 1] = word(look.ink);
      this.tiles[value] = TILES[look.pattern];
    }
    this.edge = word(edge);
  }

  /** @param {import("./geo.js").Camera} camera @param {number} width @param {number} height @param {number} dpr */
  findCells(camera, width, height, dpr) {
    const wanted = [camera.lon, camera.lat, camera.zoom, width, height, dpr].join();
    if (this.cellsFor === wanted) return;
    this.cellsFor = wanted;
    if (this.cells.length !== width * height) this.cells = new Int32Array(width * height);
    const { cells, grid: { rows, cols } } = this;
    const none = rows * cols;
    cells.fill(none);
    const [across, down] = [Math.ceil(width / MESH), Math.ceil(height / MESH)];
    const [meshX, meshY] = [new Float64Array((across + 1) * (down + 1)), new Float64Array((across + 1) * (down + 1))];
    for (let j = 0, node = 0; j <= down; j++) {
      for (let i = 0; i <= across; i++, node++) {
        // A pixel stands for its middle.
        const [x, y] = this.grid.at(...camera.unproject((i * MESH + 0.5) / dpr, (j * MESH + 0.5) / dpr));
        meshX[node] = x;
        meshY[node] = y;
      }
    }
    for (let y = 0; y < height; y++) {
      const j = Math.floor(y / MESH);
      const part = (y - j * MESH) / MESH;
      for (let i = 0; i < across; i++) {
        const node = j * (across + 1) + i;
        const under = node + across + 1;
        const x0 = meshX[node] + (meshX[under] - meshX[node]) * part;
        const x1 = meshX[node + 1] + (meshX[under + 1] - meshX[node + 1]) * part;
        const y0 = meshY[node] + (meshY[under] - meshY[node]) * part;
        const y1 = meshY[node + 1] + (meshY[under + 1] - meshY[node + 1]) * part;
        const [stepX, stepY] = [(x1 - x0) / MESH, (y1 - y0) / MESH];
        const to = Math.min(width, (i + 1) * MESH);
        for (let x = i * MESH, cx = x0, cy = y0; x < to; x++, cx += stepX, cy += stepY) {
          // Also false beyond the projection's edge, where both are NaN.
          if (cx >= 0 && cy >= 0 && cx < cols && cy < rows) cells[y * width + x] = (cy | 0) * cols + (cx | 0);
        }
      }
    }
  }

  /** @param {import("./geo.js").Camera} camera @param {Uint8Array} codes value of every cell, with INSIDE, and NOWHERE after the last */
  draw(camera, codes) {
    const { dpr, width, height } = fitCanvas(this.canvas, camera);
    if (!width || !height) return;
    if (this.image?.width !== width || this.image.height !== height) this.image = this.context.createImageData(width, height);
    this.findCells(camera, width, height, dpr);
    const pixels = new Uint32Array(this.image.data.buffer);
    const { cells, colours, tiles, edge } = this;
    // Patterns lie on the ground: they move with the map.
    const phase = (/** @type {number} */ at) => ((Math.round(at * camera.world * dpr) % TILE) + TILE) % TILE;
    const [phaseX, phaseY] = [phase(camera.cx - camera.width / 2 / camera.world), phase(camera.cy - camera.height / 2 / camera.world)];
    for (let y = 0, at = 0; y < height; y++) {
      const tileRow = ((y + phaseY) % TILE) * TILE;
      let before = codes[cells[at]] & INSIDE;
      for (let x = 0, column = phaseX; x < width; x++, at++) {
        const code = codes[cells[at]];
        const inside = code & INSIDE;
        // The border; at the stage's own edge nobody knows whether there is one.
        if (inside !== before || (y > 0 && inside !== (codes[cells[at - width]] & INSIDE))) pixels[at] = edge;
        else pixels[at] = colours[2 * code + tiles[code][tileRow + column]];
        before = inside;
        if (++column === TILE) column = 0;
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
