// SI in, words for people out. Unknown is said, never shown as zero.

const FT = 1 / 0.3048;
const KT = 3600 / 1852;

/** @typedef {"aviation"|"si"} System */

export class Units {
  /** @param {System} system */
  constructor(system) {
    this.system = system;
  }

  get name() {
    return this.system === "aviation" ? "ft kt" : "m km/h";
  }

  toggle() {
    this.system = this.system === "aviation" ? "si" : "aviation";
  }

  /** A track's height, short, for labels. @param {import("./frame.js").TrackState} t */
  heightShort(t) {
    const metres = t.altBaro ?? t.altHae;
    if (metres === null) return "---";
    if (this.system === "si") return `${group(Math.round(metres / 10) * 10)} m`;
    const feet = metres * FT;
    if (t.altBaro !== null && feet >= 9950) return `FL${String(Math.round(feet / 100)).padStart(3, "0")}`;
    return `${group(Math.round(feet / 25) * 25)} ft`;
  }

  /** Pressure altitude in full. @param {number|null} metres */
  pressure(metres) {
    if (metres === null) return "unknown";
    if (this.system === "si") return `${group(Math.round(metres))} m`;
    const feet = Math.round((metres * FT) / 25) * 25;
    return `${group(feet)} ft (FL${String(Math.round(feet / 100)).padStart(3, "0")})`;
  }

  /** Any height. @param {number|null} metres */
  height(metres) {
    if (metres === null) return "unknown";
    return this.system === "si" ? `${group(Math.round(metres))} m` : `${group(Math.round(metres * FT))} ft`;
  }

  /** @param {number|null} mps */
  speed(mps) {
    if (mps === null) return "unknown";
    return this.system === "si" ? `${Math.round(mps * 3.6)} km/h` : `${Math.round(mps * KT)} kt`;
  }

  /** Speed without its unit, for labels. @param {number} mps */
  speedBare(mps) {
    return String(Math.round(mps * (this.system === "si" ? 3.6 : KT)));
  }

  /** @param {number|null} mps */
  climb(mps) {
    if (mps === null) return "unknown";
    const word = mps > 0.5 ? "climbing" : mps < -0.5 ? "descending" : "level";
    if (word === "level") return word;
    const rate = Math.abs(mps);
    const figure = this.system === "si" ? `${rate.toFixed(1)} m/s`
      : `${group(Math.round((rate * FT * 60) / 10) * 10)} ft/min`;
    return `${word} ${figure}`;
  }

  /** @param {number|null} metres */
  distance(metres) {
    if (metres === null) return "unknown";
    if (this.system === "si") return metres < 2000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
    return metres < 926 ? `${Math.round(metres)} m` : `${(metres / 1852).toFixed(1)} NM`;
  }
}

/** Climb arrow. @param {number|null} mps */
export const arrow = (mps) => (mps === null ? "" : mps > 1.3 ? "↑" : mps < -1.3 ? "↓" : "");

/** @param {number} value */
const group = (value) => value.toLocaleString("en-US");

/** @param {number|null} modeS */
export const hex = (modeS) => (modeS === null ? null : modeS.toString(16).toUpperCase().padStart(6, "0"));

/** @param {number|null} code */
export const squawk = (code) => (code === null ? null : code.toString(8).padStart(4, "0"));

/** What to call a track. @param {import("./frame.js").TrackState} t */
export const identOf = (t) => t.callsign ?? hex(t.modeS) ?? `T${t.track}`;

/** @param {number} degrees */
export const course = (degrees) => `${String(Math.round(degrees) % 360).padStart(3, "0")}°`;

/** Zulu time of day. @param {number} ms */
export const zulu = (ms) => `${new Date(ms).toISOString().slice(11, 19)}Z`;

/** An age or a time to go. @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

/** @param {string} cls */
export const className = (cls) => ({ fast_low: "fast, low", bird_flock: "birds" })[cls] ?? cls;
