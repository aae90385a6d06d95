// Holds, fails, unknown: each with its own shape, colour and word, so that none needs the others.

import { el, svg } from "./dom.js";

const WORDS = { holds: "holds", fails: "fails", unknown: "unknown", "nothing asked": "nothing asked" };
const SHAPES = {
  holds: () => [svg("circle", { cx: 8, cy: 8, r: 7 }), svg("path", { d: "M4.6 8.2 7 10.8 11.4 5.4", class: "ink" })],
  fails: () => [svg("rect", { x: 1.5, y: 1.5, width: 13, height: 13 }), svg("path", { d: "M5 5 11 11M11 5 5 11", class: "ink" })],
  unknown: () => [svg("path", { d: "M8 0.8 15.2 8 8 15.2 0.8 8Z" }), svg("path", { d: "M6.2 6.6a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.7.5-.7 1.1M8 11.4v.2", class: "ink" })],
  "nothing asked": () => [svg("path", { d: "M3 8H13" })],
};

/** @param {string} verdict */
const known = (verdict) => /** @type {keyof typeof WORDS} */ (verdict in WORDS ? verdict : "unknown");

/** The shape alone, with its word for who does not see it. @param {string} verdict */
export const mark = (verdict) => svg("svg", { viewBox: "0 0 16 16", class: `mark ${known(verdict).replace(" ", "-")}`, role: "img", "aria-label": WORDS[known(verdict)] }, ...SHAPES[known(verdict)]());

/** Shape and word. @param {string} verdict @param {string} [words] instead of its own */
export function verdictWord(verdict, words = WORDS[known(verdict)]) {
  const shape = mark(verdict);
  shape.setAttribute("aria-hidden", "true");
  return el("b", { className: `verdict ${known(verdict).replace(" ", "-")}` }, shape, words);
}
