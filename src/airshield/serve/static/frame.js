// Decoding of the binary documents of the stream. The layouts are written down in
// airshield/picture/frame.py and trails.py; docs/api-stream.md repeats them for other programs.

export const STATUSES = ["tentative", "confirmed", "coasting", "ended"];
export const HEIGHT_BASES = ["none", "baro", "geometric", "elevation"];
export const CLASSES = ["unknown", "airliner", "light", "jet", "fast_low", "helicopter", "drone",
  "balloon", "bird_flock"];
export const ADSB_CHECKS = ["none", "unverified", "verified", "contradicted"];
export const KINDS = ["psr", "ssr", "psr_ssr", "mode_s", "adsb", "mlat", "track", "drone_id",
  "acoustic", "spotter"];

export const ALARM_SUSPECTED = 1;
export const ALARM_CONFIRMED = 2;
export const ALARM_WARNED = 4;

const UNKNOWN_I32 = -(2 ** 31);

/**
 * @typedef {object} TrackState
 * @property {number} track
 * @property {number} tMs      time the state is for, ms since 1970 UTC
 * @property {number} lat      degrees
 * @property {number} lon      degrees
 * @property {number|null} altBaro   m
 * @property {number|null} altHae    m above the ellipsoid
 * @property {number|null} sigmaMajor  m
 * @property {number|null} sigmaMinor  m
 * @property {number|null} sigmaAzm    degrees
 * @property {number|null} sigmaUp     m
 * @property {number|null} modeS
 * @property {number|null} mode3a
 * @property {string|null} callsign
 * @property {number[]} sensors
 * @property {number} kinds
 * @property {number} velEast  m/s
 * @property {number} velNorth m/s
 * @property {number|null} velUp m/s
 * @property {number} existence 0 to 1
 * @property {string} status
 * @property {string} basis
 * @property {string} cls
 * @property {string} adsbCheck
 * @property {number} alarm
 */

/**
 * @typedef {object} Picture
 * @property {boolean} isKey
 * @property {number} rev
 * @property {number} since
 * @property {number} tNowMs
 * @property {number|null} tDataMs
 * @property {TrackState[]} rows
 * @property {number[]} removed
 */

/** Reads columns one after the other, each from a multiple of 8. */
class Columns {
  /** @param {ArrayBuffer} buffer @param {number} at */
  constructor(buffer, at) {
    this.buffer = buffer;
    this.at = at;
  }

  /**
   * @template T
   * @param {new (buffer: ArrayBuffer, at: number, count: number) => T} Kind
   * @param {number} count @param {number} width @returns {T}
   */
  take(Kind, count, width) {
    const out = new Kind(this.buffer, this.at, count);
    this.at += Math.ceil((count * width) / 8) * 8;
    return out;
  }

  /** 64-bit numbers as doubles: exact to 2^53, more tracks than a watch ever numbers. */
  takeU64(/** @type {number} */ count) {
    const halves = this.take(Uint32Array, 2 * count, 4);
    return Float64Array.from({ length: count }, (_, i) => halves[2 * i] + halves[2 * i + 1] * 2 ** 32);
  }
}

/** @param {number} value @param {number} unit */
const orNull = (value, unit) => (value === UNKNOWN_I32 ? null : value * unit);
/** @param {number} value */
const nanNull = (value) => (Number.isNaN(value) ? null : value);

/** @param {ArrayBuffer} buffer @param {string} magic */
function head(buffer, magic) {
  const view = new DataView(buffer);
  const found = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (found !== magic || view.getUint16(4, true) !== 1) {
    throw new Error(`expected a ${magic} document of version 1, got ${found}`);
  }
  return view;
}

/** @param {ArrayBuffer} buffer @returns {Picture} */
export function decodePicture(buffer) {
  const view = head(buffer, "ASPF");
  const nowNs = view.getBigInt64(24, true);
  const dataNs = view.getBigInt64(32, true);
  const n = view.getUint32(40, true);
  const r = view.getUint32(44, true);
  const tNowMs = Number(nowNs / 1_000_000n);

  const columns = new Columns(buffer, 48);
  const track = columns.takeU64(n);
  const sensors = columns.take(Uint8Array, 8 * n, 1);
  const callsign = columns.take(Uint8Array, 8 * n, 1);
  const removed = columns.takeU64(r);
  const [dt, lat, lon, baro, hae] = [0, 1, 2, 3, 4].map(() => columns.take(Int32Array, n, 4));
  const [major, minor, azm, up] = [0, 1, 2, 3].map(() => columns.take(Float32Array, n, 4));
  const [modeS, kinds] = [0, 1].map(() => columns.take(Uint32Array, n, 4));
  const [east, north, rise] = [0, 1, 2].map(() => columns.take(Int16Array, n, 2));
  const mode3a = columns.take(Uint16Array, n, 2);
  const [existence, status, basis, cls, check, alarm] = [0, 1, 2, 3, 4, 5].map(() =>
    columns.take(Uint8Array, n, 1));

  const rows = Array.from({ length: n }, (_, i) => ({
    track: track[i],
    tMs: tNowMs + dt[i],
    lat: lat[i] * 1e-7,
    lon: lon[i] * 1e-7,
    altBaro: orNull(baro[i], 0.1),
    altHae: orNull(hae[i], 0.1),
    sigmaMajor: nanNull(major[i]),
    sigmaMinor: nanNull(minor[i]),
    sigmaAzm: nanNull(azm[i]),
    sigmaUp: nanNull(up[i]),
    modeS: modeS[i] === 0xffffffff ? null : modeS[i],
    mode3a: mode3a[i] === 0xffff ? null : mode3a[i],
    callsign: text(callsign, 8 * i) || null,
    sensors: bits(sensors, 8 * i),
    kinds: kinds[i],
    velEast: east[i] * 0.1,
    velNorth: north[i] * 0.1,
    velUp: rise[i] === -32768 ? null : rise[i] * 0.02,
    existence: existence[i] / 255,
    status: STATUSES[status[i]],
    basis: HEIGHT_BASES[basis[i]],
    cls: CLASSES[cls[i]],
    adsbCheck: ADSB_CHECKS[check[i]],
    alarm: alarm[i],
  }));
  return {
    isKey: view.getUint16(6, true) === 1,
    rev: Number(view.getBigUint64(8, true)),
    since: Number(view.getBigUint64(16, true)),
    tNowMs,
    tDataMs: dataNs === -(2n ** 63n) ? null : Number(dataNs / 1_000_000n),
    rows,
    removed: Array.from(removed),
  };
}

/**
 * @typedef {object} TrailPoints
 * @property {Float64Array} track
 * @property {Float64Array} tMs
 * @property {Int32Array} lat  1e-7 degree
 * @property {Int32Array} lon  1e-7 degree
 * @property {(i: number) => number|null} alt  pressure altitude or else height, m
 */

/** @param {ArrayBuffer} buffer @returns {TrailPoints} */
export function decodeTrails(buffer) {
  const n = head(buffer, "ASPT").getUint32(8, true);
  const columns = new Columns(buffer, 16);
  const track = columns.takeU64(n);
  const tMs = columns.take(Float64Array, n, 8);
  const [lat, lon, baro, hae] = [0, 1, 2, 3].map(() => columns.take(Int32Array, n, 4));
  return { track, tMs, lat, lon, alt: (i) => orNull(baro[i], 0.1) ?? orNull(hae[i], 0.1) };
}

/** @param {Uint8Array} octets @param {number} at */
function text(octets, at) {
  let out = "";
  for (let i = at; i < at + 8 && octets[i]; i++) out += String.fromCharCode(octets[i]);
  return out;
}

/** @param {Uint8Array} octets @param {number} at */
function bits(octets, at) {
  const out = [];
  for (let i = 0; i < 64; i++) if ((octets[at + (i >> 3)] >> (i & 7)) & 1) out.push(i);
  return out;
}
