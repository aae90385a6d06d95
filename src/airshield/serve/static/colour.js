// Colour by height. The low band, where our business is, has half of the ramp; brightness falls as
// height grows, so the order survives colour blindness and a grey print.

/** Feet, and the colour on a dark map. @type {[number, [number, number, number]][]} */
const STOPS = [
  [0, [255, 92, 70]],
  [500, [255, 124, 58]],
  [1000, [255, 156, 46]],
  [2000, [255, 192, 56]],
  [3000, [250, 226, 92]],
  [6000, [184, 224, 110]],
  [10000, [104, 208, 156]],
  [20000, [74, 184, 216]],
  [30000, [96, 152, 240]],
  [40000, [150, 124, 246]],
];
/** How much darker the ramp is on a light map. */
const LIGHT = 0.62;
const UNKNOWN = /** @type {[number, number, number]} */ ([206, 212, 220]);

/** Place on the legend, 0 to 1. @param {number} metres */
export function rampPlace(metres) {
  const feet = metres / 0.3048;
  for (let i = 1; i < STOPS.length; i++) {
    const [low, high] = [STOPS[i - 1][0], STOPS[i][0]];
    if (feet < high) return (i - 1 + Math.max(0, feet - low) / (high - low)) / (STOPS.length - 1);
  }
  return 1;
}

/** @param {number} place @returns {[number, number, number]} */
function at(place) {
  const scaled = place * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(scaled));
  const part = scaled - i;
  const [a, b] = [STOPS[i][1], STOPS[i + 1][1]];
  const mixed = [0, 1, 2].map((k) => Math.round(a[k] + (b[k] - a[k]) * part));
  return /** @type {[number, number, number]} */ (mixed);
}

/** @param {number|null} metres @param {boolean} isDark @returns {[number, number, number]} */
export function heightColour(metres, isDark) {
  const colour = metres === null ? UNKNOWN : at(rampPlace(metres));
  return isDark ? colour : darker(colour);
}

/** @param {[number, number, number]} colour */
const darker = (colour) => /** @type {[number, number, number]} */ (colour.map((part) => Math.round(part * LIGHT)));

const STEPS = 255;

/** Place in {@link colourTable}: the ramp in 255 steps, then unknown. @param {number|null} metres */
export const heightStep = (metres) => (metres === null ? STEPS : Math.round(rampPlace(metres) * (STEPS - 1)));

/** Colours by step as little-endian words without opacity. @param {boolean} isDark */
export function colourTable(isDark) {
  return Uint32Array.from({ length: STEPS + 1 }, (_, step) => {
    const colour = step === STEPS ? UNKNOWN : at(step / (STEPS - 1));
    const [r, g, b] = isDark ? colour : darker(colour);
    return r | (g << 8) | (b << 16);
  });
}

/** @param {[number, number, number]} rgb */
export const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

/** Draw the legend's bar. @param {HTMLCanvasElement} canvas @param {boolean} isDark */
export function drawRamp(canvas, isDark) {
  const context = canvas.getContext("2d");
  if (!context) return;
  for (let x = 0; x < canvas.width; x++) {
    const colour = at(x / (canvas.width - 1));
    context.fillStyle = css(isDark ? colour : darker(colour));
    context.fillRect(x, 0, 1, canvas.height);
  }
}

/** Legend ticks. @param {import("./units.js").Units} units @returns {string[]} */
export function rampTicks(units) {
  return STOPS.map(([feet], i) => {
    if (units.system === "si") {
      const metres = Math.round((feet * 0.3048) / 50) * 50;
      return metres >= 1000 ? `${(metres / 1000).toFixed(1)}k` : String(metres);
    }
    const word = feet >= 1000 ? `${feet / 1000}k` : String(feet);
    return i === STOPS.length - 1 ? `${word}+` : word;
  });
}
