// What the pages of sustainment and dependence have in common: the answer on top, tables, and the
// notes underneath (cautions, assumptions with their sources, which plan it was).

import { $, el } from "./dom.js";
import { verdictWord } from "./verdicts.js";
import { count, grouped, number } from "./words.js";

/** The answer: its verdict, its first sentence, the rest, and what it stands on. @param {any} study @param {string[]} facts */
export function showAnswer(study, facts) {
  const [first, ...rest] = study.answer;
  const runs = [count(study.days, "day"), count(study.runs, "run"), `seed ${study.seed}`];
  $("answer").replaceChildren(
    el("h1", {}, verdictWord(study.holds), ` ${first ?? "Nothing was asked."}`),
    ...rest.map((sentence) => el("p", {}, sentence)),
    el("p", { className: "quiet" }, [...facts, ...runs].join(" · ")),
  );
}

/**
 * A table whose first column names the rows. Figures stand right, a null row is left out.
 * @param {(string|{words: string, title?: string, isFigure?: boolean})[]} heads @param {(Node|string)[][]} rows
 */
export function table(heads, rows) {
  const told = heads.map((head) => (typeof head === "string" ? { words: head } : head));
  const cls = (/** @type {number} */ i) => (told[i].isFigure ? "figure" : "");
  return el("table", {},
    el("thead", {}, el("tr", {}, ...told.map(({ words, title }, i) => el("th", { scope: "col", className: cls(i), title: title ?? "" }, words)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell, i) =>
      (i ? el("td", { className: `${cls(i)}${cell === "unknown" ? " none" : ""}` }, cell) : el("th", { scope: "row" }, cell)))))));
}

/** @param {string} words @param {string} [title] */
export const figureHead = (words, title) => ({ words, title, isFigure: true });

/** Cautions, further lists, assumptions, and the stamp. @param {any} study @param {[string, string[]][]} [lists] */
export function showNotes(study, lists = []) {
  const told = /** @type {[string, string[]][]} */ ([["What flatters or weakens this answer", study.cautions], ...lists]);
  $("notes").replaceChildren(
    ...told.filter(([, words]) => words.length).flatMap(([title, words]) => [
      el("h2", {}, title), el("ul", { className: "plain" }, ...words.map((one) => el("li", {}, one))),
    ]),
    el("h2", {}, "Assumptions and where they come from"),
    study.assumptions.length ? el("div", { className: "wide" }, table(
      ["factor", figureHead("value"), figureHead("range"), "kind", "source"], study.assumptions.map(assumptionRow),
    )) : el("p", { className: "quiet" }, "None was told."),
    el("p", { id: "stamp" }, el("b", {}, study.kind), ` · ${study.shield} · airshield ${study.version} · ${String(study.digest).slice(0, 12)} · ${study.about}`),
  );
}

/** @param {any} told @returns {(Node|string)[]} */
function assumptionRow(told) {
  // What is not known of a factor may be left out of its row.
  const one = { value: null, unit: null, low: null, high: null, source: null, url: null, year: null, note: null, ...told };
  const range = one.low === null && one.high === null ? (one.kind === "assumption" ? "unknown" : "") : `${end(one.low)} to ${end(one.high)}`;
  const words = one.source ?? "no source";
  const source = /^https?:/.test(one.url ?? "") ? el("a", { href: one.url, rel: "noreferrer" }, words) : words;
  return [
    one.name, one.value === null ? "unknown" : `${number(one.value)} ${unitWord(one.unit)}`, range,
    el("span", { className: `kind ${one.kind}` }, one.kind),
    el("span", {}, source, one.year ? `, ${one.year}` : "", ...(one.note ? [el("small", {}, one.note)] : [])),
  ];
}

const end = (/** @type {number|null} */ value) => (value === null ? "?" : grouped(value, 3));
/** Units of one are no words. @param {string|null} unit */
const unitWord = (unit) => (unit === "1" || unit === null ? "" : unit);
