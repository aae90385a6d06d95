// A course over days: the mean line with its band, what is asked, marked days, and under it a strip
// that says what was short. Drawn once, in days and shares of the height, and stretched by the page;
// words stand over it as text, so that nothing is ever stretched that is read.

import { el, svg } from "./dom.js";

/**
 * @typedef {object} Course
 * @property {string} words  what it shows, for who does not see it
 * @property {number} days
 * @property {(number|null)[]|null} mean  null: nothing is known of any day
 * @property {(number|null)[]|null} [low] @property {(number|null)[]|null} [high]
 * @property {number} top  of the scale
 * @property {number[]} [asked]
 * @property {{day: number, words: string, isRare?: boolean}[]} [marks]  isRare: in some runs only
 * @property {{from: number, to: number, look: string, words: string, title: string}[]} [strip]  days from, up to but without
 */

export class DaysChart {
  /** @param {Course} course @param {(day: number) => void} onDay */
  constructor(course, onDay) {
    this.course = course;
    const { days, mean, low, high, top, asked = [], marks = [], strip } = course;
    const known = runsOf(mean ?? Array(days).fill(null), (value) => value !== null);
    const banded = runsOf((low ?? []).map((value, day) => (value === null || (high ?? [])[day] === null ? null : value)), (value) => value !== null);
    const y = (/** @type {number} */ value) => 1 - Math.max(0, Math.min(1, value / top));
    const level = (/** @type {number} */ value, /** @type {string} */ cls) => svg("path", { d: `M0 ${y(value)}H${days}`, class: cls });
    this.y = y;
    this.cursor = el("i", { className: "cursor" });
    this.dot = el("i", { className: "dot" });
    const plot = el("div", { className: "plot" },
      svg("svg", { viewBox: `0 0 ${days} 1`, preserveAspectRatio: "none" },
        ...banded.map(([from, to]) => svg("path", { class: "band", d: bandOf(/** @type {any} */ (low), /** @type {any} */ (high), from, to, y) })),
        ...asked.map((value) => level(value, "asked")),
        ...known.map(([from, to]) => svg("path", { class: "mean", d: lineOf(/** @type {any} */ (mean), from, to, y) }))),
      ...gapsOf(known, days).map(([from, to]) => span("none", from, to, days, to - from > days / 8 ? "unknown" : "")),
      ...marks.map(({ day, words, isRare = false }) => {
        const flag = span("flag", day, day, days, words);
        const isLeft = day > days * 0.66;
        const beside = (mean ?? []).slice(Math.max(0, isLeft ? day - days / 4 : day), isLeft ? day : day + days / 4).filter((value) => value !== null);
        flag.classList.toggle("left", isLeft);
        flag.classList.toggle("rare", isRare);
        // The words stand where the line does not.
        flag.classList.toggle("high", beside.reduce((a, b) => a + b, 0) < 0.5 * top * beside.length);
        return flag;
      }),
      this.cursor, this.dot);
    const at = (/** @type {PointerEvent} */ event) => {
      const box = plot.getBoundingClientRect();
      onDay(Math.max(0, Math.min(days - 1, Math.floor(((event.clientX - box.left) / box.width) * days))));
    };
    plot.onpointerdown = (event) => {
      plot.setPointerCapture(event.pointerId);
      at(event);
    };
    plot.onpointermove = (event) => event.buttons && at(event);
    this.node = el("div", { className: "days-chart", role: "img", ariaLabel: course.words }, plot,
      ...(strip ? [el("div", { className: "strip" }, ...strip.map(({ from, to, look, words, title }) => {
        const piece = span(look, from, to, days, to - from > days / 9 ? words : "");
        piece.title = title;
        return piece;
      }))] : []));
  }

  /** @param {number} day */
  setDay(day) {
    const { days, mean } = this.course;
    const value = mean?.[day] ?? null;
    this.cursor.style.left = this.dot.style.left = `${(100 * (day + 0.5)) / days}%`;
    this.dot.hidden = value === null;
    if (value !== null) this.dot.style.top = `${100 * this.y(value)}%`;
  }
}

/** The days' numbers, under or above charts. @param {number} days */
export function daysAxis(days) {
  const step = [1, 2, 5, 10, 15, 30, 60, 90, 180, 365].find((one) => days / one <= 7) ?? 730;
  const ticks = Array.from({ length: Math.ceil(days / step) }, (_, i) => i * step).filter((day) => day < 0.93 * days); // its words must fit
  return el("div", { className: "days-axis", ariaHidden: "true" }, ...ticks.map((day) => span("tick", day, day, days, `day ${day}`)));
}

/** Runs of one value: where each begins, ends (without), and what it is. @template T @param {T[]} values @returns {{from: number, to: number, value: T}[]} */
export function sameRuns(values) {
  /** @type {{from: number, to: number, value: T}[]} */
  const out = [];
  values.forEach((value, day) => {
    const last = out.at(-1);
    if (last && last.value === value) last.to = day + 1;
    else out.push({ from: day, to: day + 1, value });
  });
  return out;
}

/** Where days stand that fulfil something: from, to (without). @param {any[]} values @param {(value: any) => boolean} isIt @returns {[number, number][]} */
const runsOf = (values, isIt) => sameRuns(values.map(isIt)).filter(({ value }) => value).map(({ from, to }) => [from, to]);

/** @param {[number, number][]} runs @param {number} days @returns {[number, number][]} */
const gapsOf = (runs, days) => [...runs.map(([from]) => from), days].map((from, i) => /** @type {[number, number]} */ ([i ? runs[i - 1][1] : 0, from])).filter(([from, to]) => to > from);

/** Places of a run: each day in its middle, the outer ones out to the day's edge. @param {number[]} values @param {number} from @param {number} to @param {(value: number) => number} y @returns {[number, number][]} */
function placesOf(values, from, to, y) {
  const middle = values.slice(from, to).map((value, i) => /** @type {[number, number]} */ ([from + i + 0.5, y(value)]));
  return [[from, middle[0][1]], ...middle, [to, middle[middle.length - 1][1]]];
}

const words = (/** @type {[number, number][]} */ places) => places.map(([x, at]) => `${x} ${at.toFixed(4)}`).join("L");
const lineOf = (/** @type {number[]} */ values, /** @type {number} */ from, /** @type {number} */ to, /** @type {(value: number) => number} */ y) => `M${words(placesOf(values, from, to, y))}`;
const bandOf = (/** @type {number[]} */ low, /** @type {number[]} */ high, /** @type {number} */ from, /** @type {number} */ to, /** @type {(value: number) => number} */ y) =>
  `M${words(placesOf(high, from, to, y))}L${words(placesOf(low, from, to, y).reverse())}Z`;

/** @param {string} className @param {number} from @param {number} to @param {number} days @param {string} words */
function span(className, from, to, days, words) {
  const node = el("span", { className }, words);
  node.style.left = `${(100 * from) / days}%`;
  if (to > from) node.style.width = `${(100 * (to - from)) / days}%`;
  return node;
}
