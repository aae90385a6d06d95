// A figure as a bar: its value, its interval as a whisker, what is asked as a tick.

import { el } from "./dom.js";

/**
 * @typedef {object} Bar
 * @property {number|null} value @property {number|null} [low] @property {number|null} [high]
 * @property {number|null} [asked]
 * @property {number} [from] @property {number} to  ends of the scale
 * @property {string} [look]  a class: the verdict, or what it counts
 */

/** The bar; figures beside it say the same, so nobody who does not see it misses anything. @param {Bar} bar */
export function barOf({ value, low = null, high = null, asked = null, from = 0, to, look = "" }) {
  const at = (/** @type {number} */ x) => 100 * Math.max(0, Math.min(1, (x - from) / (to - from || 1)));
  const box = el("span", { className: `bar ${look}`, ariaHidden: "true" });
  if (value === null) {
    box.classList.add("none");
    return box;
  }
  const zero = at(Math.max(from, Math.min(to, 0)));
  box.append(piece("fill", Math.min(zero, at(value)), Math.abs(at(value) - zero)));
  if (from < 0) box.append(piece("zero", zero, 0));
  if (low !== null && high !== null && high > low) box.append(piece("whisker", at(low), at(high) - at(low)));
  if (asked !== null) box.append(piece("asked", at(asked), 0));
  return box;
}

/** @param {string} className @param {number} left @param {number} width percent */
function piece(className, left, width) {
  const node = el("i", { className });
  node.style.left = `${left}%`;
  if (width) node.style.width = `${width}%`;
  return node;
}

/** Ends of a scale that holds all values and zero. @param {(number|null)[]} values */
export function scaleOf(values) {
  const known = values.filter((value) => value !== null);
  return { from: Math.min(0, ...known), to: Math.max(1e-9, ...known) };
}
