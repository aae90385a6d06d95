// Track symbols: one shape per class, pointing north, in a box from -1 to 1. Shape tells the class,
// a hollow body says that the track coasts; colour is left for height.

/** @typedef {CanvasRenderingContext2D|OffscreenCanvasRenderingContext2D} Context */

/** @param {Context} c @param {number[][]} points */
function polygon(c, points) {
  points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
}

/** Mirrors the right half of an outline. @param {Context} c @param {number[][]} half from nose to tail */
function mirrored(c, half) {
  polygon(c, [...half, ...half.slice().reverse().map(([x, y]) => [-x, y])]);
}

/** @type {Record<string, (c: Context) => void>} */
const SHAPES = {
  unknown: (c) => mirrored(c, [[0, -0.85], [0.58, 0.72], [0, 0.4]]),
  airliner: (c) => mirrored(c, [[0, -0.95], [0.13, -0.72], [0.14, -0.28], [0.92, 0.28], [0.92, 0.48],
    [0.14, 0.2], [0.11, 0.62], [0.38, 0.84], [0.38, 0.97], [0, 0.86]]),
  light: (c) => mirrored(c, [[0, -0.78], [0.13, -0.62], [0.14, -0.34], [0.95, -0.28], [0.95, 0.02],
    [0.14, 0.06], [0.1, 0.56], [0.4, 0.6], [0.4, 0.8], [0, 0.8]]),
  jet: (c) => mirrored(c, [[0, -1], [0.14, -0.5], [0.2, -0.1], [0.78, 0.5], [0.78, 0.68], [0.24, 0.56],
    [0.36, 0.9], [0, 0.78]]),
  fast_low: (c) => mirrored(c, [[0, -1], [0.2, -0.55], [0.2, 0.25], [0.55, 0.6], [0.55, 0.9], [0.2, 0.7],
    [0, 0.85]]),
  helicopter: (c) => {
    for (const turn of [Math.PI / 4, (3 * Math.PI) / 4]) {
      const [dx, dy] = [Math.cos(turn), Math.sin(turn)];
      const [nx, ny] = [-dy * 0.09, dx * 0.09];
      polygon(c, [[dx - nx, dy - 0.25 - ny], [dx + nx, dy - 0.25 + ny], [-dx + nx, -dy - 0.25 + ny],
        [-dx - nx, -dy - 0.25 - ny]]);
    }
    c.moveTo(0.3, -0.25);
    c.ellipse(0, -0.25, 0.3, 0.46, 0, 0, 2 * Math.PI);
    polygon(c, [[-0.08, 0.1], [0.08, 0.1], [0.08, 0.75], [0.3, 0.75], [0.3, 0.92], [-0.3, 0.92],
      [-0.3, 0.75], [-0.08, 0.75]]);
  },
  drone: (c) => {
    for (const [x, y] of [[-0.6, -0.6], [0.6, -0.6], [-0.6, 0.6], [0.6, 0.6]]) {
      c.moveTo(x + 0.32, y);
      c.arc(x, y, 0.32, 0, 2 * Math.PI);
    }
    polygon(c, [[-0.7, -0.5], [-0.5, -0.7], [0.7, 0.5], [0.5, 0.7]]);
    polygon(c, [[0.5, -0.7], [0.7, -0.5], [-0.5, 0.7], [-0.7, 0.5]]);
  },
  balloon: (c) => {
    c.arc(0, -0.28, 0.62, 0, 2 * Math.PI);
    polygon(c, [[-0.2, 0.55], [0.2, 0.55], [0.2, 0.9], [-0.2, 0.9]]);
  },
  bird_flock: (c) => {
    for (const [x, y] of [[0, -0.5], [-0.5, 0.3], [0.5, 0.3]]) {
      polygon(c, [[x - 0.45, y], [x, y - 0.28], [x + 0.45, y], [x + 0.38, y + 0.16], [x, y - 0.06],
        [x - 0.38, y + 0.16]]);
    }
  },
};

/** Something seen once or twice, of which nothing is known yet, least of all where it is going. */
SHAPES.plot = (c) => polygon(c, [[0, -0.6], [0.6, 0], [0, 0.6], [-0.6, 0]]);

export const SHAPE_NAMES = Object.keys(SHAPES);

/** The shape of a track. @param {import("./frame.js").TrackState} t */
export const shapeOf = (t) => (t.status === "tentative" && t.cls === "unknown" && !t.alarm ? "plot" : t.cls);

/** Shapes that say where they are going; the others stay upright. */
const TURNS = new Set(["unknown", "airliner", "light", "jet", "fast_low", "helicopter"]);
/** @param {string} shape */
export const doesTurn = (shape) => TURNS.has(shape);

/** Size of a symbol in pixels. @param {import("./frame.js").TrackState} t @param {number} zoom */
export function symbolSize(t, zoom) {
  const base = { airliner: 25, jet: 25, light: 23, helicopter: 25, balloon: 22, bird_flock: 22, drone: 21 }[t.cls] ?? 22;
  const grown = base * Math.max(0.72, Math.min(1.15, 0.72 + (zoom - 5) * 0.09));
  return t.status === "tentative" && !t.alarm ? grown * 0.72 : grown;
}

/**
 * Draw one symbol around the origin.
 * @param {Context} c @param {string} cls @param {number} size half a box @param {boolean} hollow
 * @param {string} fill @param {string} outline
 */
export function drawSymbol(c, cls, size, hollow, fill, outline) {
  c.save();
  c.scale(size, size);
  c.lineJoin = "round";
  c.beginPath();
  SHAPES[cls](c);
  c.strokeStyle = outline;
  c.lineWidth = hollow ? 0.46 : 0.28;
  c.stroke();
  if (hollow) {
    c.strokeStyle = fill;
    c.lineWidth = 0.2;
    c.stroke();
    c.globalCompositeOperation = "destination-out";
    c.fillStyle = "#000";
    c.globalAlpha = 0.9;
    c.fill();
  } else {
    c.fillStyle = fill;
    c.fill();
  }
  c.restore();
}

const CELL = 64;

/**
 * All symbols in one picture: red is body, green is outline. Columns are shapes; the second row is
 * hollow.
 * @returns {{canvas: HTMLCanvasElement, columns: number, rows: number}}
 */
export function symbolAtlas() {
  const canvas = document.createElement("canvas");
  canvas.width = CELL * SHAPE_NAMES.length;
  canvas.height = CELL * 2;
  const cell = document.createElement("canvas");
  cell.width = cell.height = CELL;
  const c = /** @type {CanvasRenderingContext2D} */ (cell.getContext("2d"));
  const all = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  all.fillStyle = "#000";
  all.fillRect(0, 0, canvas.width, canvas.height);
  SHAPE_NAMES.forEach((cls, column) => {
    for (const row of [0, 1]) {
      c.setTransform(1, 0, 0, 1, 0, 0);
      c.clearRect(0, 0, CELL, CELL);
      c.translate(CELL / 2, CELL / 2);
      drawSymbol(c, cls, CELL * 0.4, row === 1, "#f00", "#0f0");
      all.drawImage(cell, column * CELL, row * CELL);
    }
  });
  return { canvas, columns: SHAPE_NAMES.length, rows: 2 };
}
