// Incidents and warnings as affairs with a life, put together from the numbered alerts.

/**
 * @typedef {object} Affair
 * @property {"incident"|"warning"} table
 * @property {number} id
 * @property {any} row       newest row
 * @property {number} beganMs
 * @property {boolean} isNew not yet looked at on this page
 */

export class Affairs {
  constructor() {
    /** @type {Map<string, Affair>} */
    this.all = new Map();
  }

  clear() {
    this.all.clear();
  }

  /** Take an alert; tells whether it is one that wants attention. @param {any} alert */
  take({ table, row }) {
    const key = `${table} ${row[table]}`;
    const before = this.all.get(key);
    const isUrgent = table === "warning" ? row.state === "issued" : row.state === "confirmed";
    this.all.set(key, {
      table, id: row[table], row, beganMs: before?.beganMs ?? row.t_ms,
      isNew: isUrgent || (before?.isNew ?? false),
    });
    return isUrgent;
  }

  /** Running first and the gravest of them first, then the newest. @param {"incident"|"warning"} table */
  list(table) {
    const rank = { confirmed: 0, issued: 0, updated: 0, suspected: 1, ended: 2, cancelled: 2 };
    return [...this.all.values()].filter((affair) => affair.table === table)
      .sort((a, b) => rank[a.row.state] - rank[b.row.state] || b.row.t_ms - a.row.t_ms);
  }

  /** @param {"incident"|"warning"} table */
  running(table) {
    return this.list(table).filter((affair) => isRunning(affair));
  }

  /** Names of zones with a confirmed violation now. */
  violatedZones() {
    return new Set(this.running("incident").filter((a) => a.row.state === "confirmed").map((a) => a.row.zone));
  }

  /** The running warning of a site that leaves the least time. @param {string} site @param {number} nowMs */
  warningOf(site, nowMs) {
    const left = (/** @type {Affair} */ a) => secondsLeft(a, nowMs) ?? Infinity;
    return this.running("warning").filter((a) => a.row.site === site).sort((a, b) => left(a) - left(b))[0];
  }
}

/** @param {Affair} affair */
export const isRunning = (affair) => affair.row.state !== "ended" && affair.row.state !== "cancelled";

/** Time until the site's radius is reached, counted down from the row. @param {Affair} affair @param {number} nowMs */
export function secondsLeft(affair, nowMs) {
  if (affair.row.dt_reach_s === null) return null;
  return affair.row.dt_reach_s - (nowMs - affair.row.t_ms) / 1000;
}

/** Minutes and seconds to go. @param {number|null} seconds */
export function countdown(seconds) {
  if (seconds === null) return "passing";
  if (seconds <= 0) return "now";
  const s = Math.ceil(seconds);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
