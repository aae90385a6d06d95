// Coalitions by who is in them. A coalition's number has bit i for contributor i; there may be more
// contributors than JavaScript's bit operators hold, so bits are taken by division.

/** @typedef {{value: number|null, low: number|null, high: number|null, verdict: string}} Outcome */

const bit = (/** @type {number} */ i) => 2 ** i;
/** @param {number} mask @param {number} i */
export const isIn = (mask, i) => Math.floor(mask / bit(i)) % 2 === 1;
/** @param {boolean[]} on */
export const maskOf = (on) => on.reduce((sum, isOn, i) => (isOn ? sum + bit(i) : sum), 0);

export class Coalitions {
  /** @param {{is_complete: boolean, mask: number[], value: (number|null)[][], low: (number|null)[][], high: (number|null)[][], verdict: string[][]}} told @param {number} many contributors */
  constructor(told, many) {
    this.told = told;
    this.many = many;
    this.rows = new Map(told.mask.map((mask, row) => [mask, row]));
  }

  /** What a coalition gives, one outcome for each requirement; null where nobody worked it out. @param {number} mask @returns {Outcome[]|null} */
  outcomes(mask) {
    const row = this.rows.get(mask);
    if (row === undefined) return null;
    const { value, low, high, verdict } = this.told;
    return value[row].map((one, k) => ({ value: one, low: low[row][k], high: high[row][k], verdict: verdict[row][k] }));
  }

  /** Those worked out that differ in the fewest contributors, at most so many. @param {number} mask @param {number} most @returns {number[]} */
  nearest(mask, most) {
    const away = (/** @type {number} */ other) => {
      let many = 0;
      for (let i = 0; i < this.many; i++) if (isIn(mask, i) !== isIn(other, i)) many++;
      return many;
    };
    return this.told.mask.map((other) => ({ other, away: away(other) })).sort((a, b) => a.away - b.away).slice(0, most).map(({ other }) => other);
  }
}
