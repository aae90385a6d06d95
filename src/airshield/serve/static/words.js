// Figures of a plan's pages in words. Unknown is said, never shown as zero; and what is said of a
// share never rounds across the whole or nothing.

/** A share of one. @param {number|null} share */
export function percent(share) {
  if (share === null) return "unknown";
  const figure = 100 * share;
  if (share > 0 && figure < 0.1) return "< 0.1 %";
  if (share < 1 && figure > 99.9) return "> 99.9 %";
  return `${figure === 0 || figure >= 99.95 ? Math.round(figure) : figure.toFixed(1)} %`.replace("-", "−");
}

/** @param {number} value @param {number} digits */
export const grouped = (value, digits = 0) => value.toLocaleString("en-US", { maximumFractionDigits: digits });

/** To about three digits. @param {number|null} value */
export const number = (value) => (value === null ? "unknown" : grouped(value, Math.abs(value) < 1 ? 3 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0));

/** @param {number|null} t */
export const tonnes = (t) => (t === null ? "unknown" : `${grouped(t, t > 0 && t < 10 ? 1 : 0)} t`);
/** @param {number|null} t */
export const tonnesPerDay = (t) => (t === null ? "unknown" : `${tonnes(t)}/day`);
/** @param {number|null} days */
export const daysLong = (days) => (days === null ? "unknown" : `${grouped(days, 1)} ${days === 1 ? "day" : "days"}`.replace("-", "−"));

/** A requirement's figure. @param {number|null} value @param {string} unit */
export const figure = (value, unit) => (unit === "days" ? daysLong(value) : percent(value));

/** Bounds, where they are known and differ. @param {number|null} low @param {number|null} high @param {string} unit */
export function interval(low, high, unit) {
  if ((low ?? null) === null || (high ?? null) === null) return "";
  const [from, to] = [figure(low, unit), figure(high, unit)];
  if (from === to) return "";
  const [, last] = from.split(" ");
  return from.startsWith("<") || !to.endsWith(last) ? `${from} to ${to}` : `${from.slice(0, -last.length - 1)} to ${to}`;
}

const POWERS = /** @type {const} */ ([[1e9, "bn"], [1e6, "M"], [1e3, "k"]]);

/** @param {number|null} value @param {string|null} currency */
export function money(value, currency) {
  if (value === null) return "unknown";
  const [power, word] = POWERS.find(([least]) => Math.abs(value) >= least) ?? [1, ""];
  const scaled = value / power;
  return `${currency ?? ""} ${grouped(scaled, scaled < 10 ? 2 : scaled < 100 ? 1 : 0)}${word ? ` ${word}` : ""}`.trim();
}

/** @param {number} many @param {string} one @param {string} [more] */
export const count = (many, one, more = `${one}s`) => `${grouped(many)} ${many === 1 ? one : more}`;

/** Names as one says them. @param {string[]} names */
export const list = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`);
