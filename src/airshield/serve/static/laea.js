// The plan's grid: Lambert's azimuthal equal-area projection of WGS 84, as airshield/geo/grid has it
// (Snyder, USGS Professional Paper 1395, 1987, equations 3-11, 3-12, 3-18, 24-17 to 24-26).

const A = 6_378_137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RAD = Math.PI / 180;
const qOf = (/** @type {number} */ s) => (1 - E2) * (s / (1 - E2 * s * s) - Math.log((1 - E * s) / (1 + E * s)) / (2 * E));
const Q_POLE = qOf(1);
const AUTHALIC = A * Math.sqrt(Q_POLE / 2);

/** Square cells of equal area; row 0 is north, column 0 is west. */
export class Grid {
  /** @param {{lat0_deg: number, lon0_deg: number, step_m: number, rows: number, cols: number, west_m: number, north_m: number}} told */
  constructor(told) {
    this.rows = told.rows;
    this.cols = told.cols;
    this.cells = told.rows * told.cols;
    this.stepM = told.step_m;
    this.cellM2 = told.step_m * told.step_m;
    this.westM = told.west_m;
    this.northM = told.north_m;
    this.lon0 = told.lon0_deg;
    const s = Math.sin(told.lat0_deg * RAD);
    this.sinB0 = qOf(s) / Q_POLE;
    this.cosB0 = Math.sqrt(1 - this.sinB0 * this.sinB0);
    this.d = (A * Math.cos(told.lat0_deg * RAD)) / Math.sqrt(1 - E2 * s * s) / (AUTHALIC * this.cosB0);
  }

  /** Column and row of a place, with fractions; whole numbers are cells' western and northern edges. @param {number} lon @param {number} lat @returns {[number, number]} */
  at(lon, lat) {
    const sinB = Math.max(-1, Math.min(1, qOf(Math.sin(lat * RAD)) / Q_POLE));
    const cosB = Math.sqrt(1 - sinB * sinB);
    const dLon = (lon - this.lon0) * RAD;
    const toward = cosB * Math.cos(dLon);
    const b = AUTHALIC * Math.sqrt(2 / (1 + this.sinB0 * sinB + this.cosB0 * toward));
    const x = b * this.d * cosB * Math.sin(dLon);
    const y = (b / this.d) * (this.cosB0 * sinB - this.sinB0 * toward);
    return [(x - this.westM) / this.stepM, (this.northM - y) / this.stepM];
  }

  /** The cell of a place, or -1. @param {number} lon @param {number} lat */
  cellAt(lon, lat) {
    const [col, row] = this.at(lon, lat).map(Math.floor);
    return col >= 0 && row >= 0 && col < this.cols && row < this.rows ? row * this.cols + col : -1;
  }

  /** Longitude and latitude of a cell's middle. @param {number} cell @returns {[number, number]} */
  placeOf(cell) {
    const x = (this.westM + ((cell % this.cols) + 0.5) * this.stepM) / this.d;
    const y = (this.northM - (Math.floor(cell / this.cols) + 0.5) * this.stepM) * this.d;
    const rho = Math.hypot(x, y);
    const arc = 2 * Math.asin(rho / (2 * AUTHALIC));
    const [sinArc, cosArc] = [Math.sin(arc), Math.cos(arc)];
    const safe = rho || 1;
    const b = Math.asin(Math.max(-1, Math.min(1, cosArc * this.sinB0 + (y * sinArc * this.cosB0) / safe)));
    const lon = this.lon0 + Math.atan2(x * sinArc, safe * this.cosB0 * cosArc - y * this.sinB0 * sinArc) / RAD;
    const [e4, e6] = [E2 ** 2, E2 ** 3];
    const lat = b + (E2 / 3 + (31 * e4) / 180 + (517 * e6) / 5040) * Math.sin(2 * b)
      + ((23 * e4) / 360 + (251 * e6) / 3780) * Math.sin(4 * b) + ((761 * e6) / 45360) * Math.sin(6 * b);
    return [((((lon + 180) % 360) + 360) % 360) - 180, lat / RAD];
  }
}
