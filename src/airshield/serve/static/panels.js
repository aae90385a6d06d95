// Everything beside the map: lists of warnings and incidents, the track table, sensors, details.

import { countdown, isRunning, secondsLeft } from "./alerts.js";
import { css, heightColour } from "./colour.js";
import { $, el } from "./dom.js";
import { KINDS } from "./frame.js";
import { bearing, distance } from "./geo.js";
import { doesTurn, drawSymbol, shapeOf } from "./symbols.js";
import { arrow, className, course, hex, identOf, span, squawk, zulu } from "./units.js";

const MOST_ROWS = 250;
const MOST_ENDED = 12;

/** Replaces a list's items, but only when they say something else. @param {HTMLElement} list @param {{key: string, words: string, node: () => HTMLElement}[]} items */
function fill(list, items) {
  const now = items.map((item) => `${item.key}|${item.words}`).join("\n");
  if (list.dataset.now === now) return;
  list.dataset.now = now;
  list.replaceChildren(...items.map((item) => item.node()));
}

const STATE_WORDS = {
  suspected: "SUSPECTED", confirmed: "CONFIRMED", ended: "ended", issued: "WARNING", updated: "WARNING",
  cancelled: "cancelled",
};

/**
 * @param {import("./alerts.js").Affairs} affairs @param {import("./sky.js").Sky} sky
 * @param {import("./main.js").View} view @param {number} nowMs @param {(affair: any) => void} onPick
 */
export function showAlerts(affairs, sky, view, nowMs, onPick) {
  for (const [table, list] of /** @type {const} */ ([["warning", $("warnings")], ["incident", $("incidents")]])) {
    const all = affairs.list(table);
    const running = all.filter(isRunning);
    $(`${table}s-count`).textContent = String(running.length);
    const shown = [...running, ...all.filter((a) => !isRunning(a)).slice(0, MOST_ENDED)];
    const items = shown.map((affair) => {
      const { row } = affair;
      const track = sky.tracks.get(row.track);
      const ident = track ? identOf(track) : row.callsign ?? hex(row.mode_s ?? null) ?? `T${row.track}`;
      const words = [row.state, ident, row.t, affair.isNew, row.text ?? row.reason, view.selected === row.track].join("|");
      return { key: `${affair.id}`, words, node: () => alertItem(affair, ident, view, onPick) };
    });
    fill(list, items.length ? items : [{
      key: "none", words: table,
      node: () => el("li", { className: "none" }, table === "warning" ? "No warning has been issued." : "No incident."),
    }]);
    for (const affair of running) {
      const item = /** @type {HTMLElement|null} */ (list.querySelector(`[data-id="${affair.id}"]`));
      if (!item) continue;
      const clock = item.querySelector(".clock");
      if (clock) {
        clock.textContent = table === "warning" ? countdown(secondsLeft(affair, nowMs))
          : span((nowMs - affair.beganMs) / 1000);
      }
    }
  }
}

/** @param {import("./alerts.js").Affair} affair @param {string} ident */
function alertItem(affair, ident, view, onPick) {
  const { row, table } = affair;
  const isOn = isRunning(affair);
  const state = STATE_WORDS[row.state];
  const where = table === "warning" ? row.site : row.zone;
  const button = el("button", { className: "pick", onclick: () => onPick(affair) },
    el("span", { className: "state" }, `${isOn ? (row.state === "suspected" ? "△ " : "▲ ") : ""}${state}`),
    el("span", { className: "where" }, where),
    el("span", { className: "clock", title: table === "warning" ? "time to reach" : "age" }, isOn ? "" : zulu(row.t_ms)),
    el("span", { className: "who" }, ident),
    el("span", { className: "since" }, `since ${zulu(affair.beganMs)}`),
    el("span", { className: "why" }, row.text ?? row.reason ?? ""));
  return el("li", {
    className: `${table} ${row.state} ${affair.isNew ? "new" : ""} ${view.selected === row.track ? "selected" : ""}`,
    "data-id": String(affair.id),
  }, button);
}

/** @typedef {{key: string, isDown: boolean}} Order */

/** @param {import("./sky.js").Track} t @param {string} key */
function sortValue(t, key) {
  switch (key) {
    case "cls": return t.cls;
    case "alt": return t.altBaro ?? t.altHae ?? -Infinity;
    case "spd": return t.spd;
    case "crs": return t.course;
    case "age": return -t.tMs;
    default: return identOf(t);
  }
}

export class TrackTable {
  /** @param {(track: number) => void} onPick */
  constructor(onPick) {
    this.body = $("table").tBodies[0];
    /** @type {Order} */
    this.order = { key: "ident", isDown: false };
    this.body.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest("tr");
      if (row) onPick(Number(row.dataset.track));
    });
    for (const head of $("table").tHead.rows[0].cells) {
      head.querySelector("button").onclick = () => {
        const { key } = head.dataset;
        this.order = { key, isDown: this.order.key === key ? !this.order.isDown : false };
        this.isDue = true;
      };
    }
    this.isDue = true;
  }

  /**
   * @param {import("./sky.js").Sky} sky @param {import("./main.js").View} view @param {number} nowMs
   * @param {number[]|null} bounds only tracks inside, when given
   */
  show(sky, view, nowMs, bounds) {
    const needle = view.search.trim().toUpperCase();
    const { key, isDown } = this.order;
    const sign = isDown ? -1 : 1;
    const all = [...sky.tracks.values()].filter((t) => matches(t, needle) && (!bounds || t.alarm
      || (t.lon >= bounds[0] && t.lat >= bounds[1] && t.lon <= bounds[2] && t.lat <= bounds[3])));
    all.sort((a, b) => {
      // A filter or an order never hides an alarmed track at the bottom of a list.
      const alarmed = (b.alarm ? 1 : 0) - (a.alarm ? 1 : 0);
      const [va, vb] = [sortValue(a, key), sortValue(b, key)];
      return alarmed || sign * (va < vb ? -1 : va > vb ? 1 : a.track - b.track);
    });
    const shown = all.slice(0, MOST_ROWS);
    while (this.body.rows.length < shown.length) this.body.append(tableRow());
    while (this.body.rows.length > shown.length) this.body.deleteRow(-1);
    shown.forEach((t, i) => fillRow(this.body.rows[i], t, view, nowMs));
    for (const head of $("table").tHead.rows[0].cells) {
      head.setAttribute("aria-sort", head.dataset.key === key ? (isDown ? "descending" : "ascending") : "none");
    }
    $("table-note").textContent = !sky.tracks.size ? "No tracks."
      : all.length > shown.length ? `The first ${shown.length} of ${all.length}; search to narrow.`
        : all.length < sky.tracks.size ? `${all.length} of ${sky.tracks.size}.` : "";
  }
}

/** @param {import("./sky.js").Track} t @param {string} needle upper case */
export function matches(t, needle) {
  return !needle || [t.callsign, hex(t.modeS), squawk(t.mode3a), `T${t.track}`, className(t.cls).toUpperCase()]
    .some((word) => word?.toUpperCase().includes(needle));
}

function tableRow() {
  const row = el("tr", { tabIndex: 0 });
  for (const name of ["ident", "cls", "num", "num", "num", "num"]) row.append(el("td", { className: name }));
  return row;
}

/** @param {HTMLTableRowElement} row @param {import("./sky.js").Track} t */
function fillRow(row, t, view, nowMs) {
  row.dataset.track = String(t.track);
  row.className = `${t.alarm ? "alarmed" : ""} ${t.status} ${t.track === view.selected ? "selected" : ""}`;
  row.setAttribute("aria-selected", String(t.track === view.selected));
  const age = (nowMs - t.tMs) / 1000;
  const words = [
    `${t.alarm ? "▲ " : ""}${identOf(t)}`, className(t.cls),
    `${view.units.heightShort(t)}${arrow(t.velUp)}`, view.units.speedBare(t.spd), course(t.course),
    t.status === "coasting" ? "coasts" : span(age),
  ];
  words.forEach((word, i) => {
    if (row.cells[i].textContent !== word) row.cells[i].textContent = word;
  });
  row.cells[2].style.color = css(heightColour(t.altBaro ?? t.altHae, view.isDark));
}

/** @param {any} shield @param {import("./main.js").View} view */
export function showSensors(shield, view) {
  const known = shield.radars.features.map((radar) => ({ ...radar.properties, isKnown: true }));
  const strangers = Object.keys(view.sensors).filter((name) => !known.some((radar) => radar.sensor === name))
    .map((sensor) => ({ sensor, name: `unknown sensor ${sensor}`, isKnown: false, turn_s: 0 }));
  const lost = known.filter((radar) => view.sensorLife(radar).isLost).length;
  const jumped = known.some((radar) => view.registration[radar.sensor]?.is_alarmed);
  $("sensors-count").textContent = lost ? `${known.length - lost}/${known.length}` : String(known.length);
  $("tab-sensors").classList.toggle("lost", lost > 0 || jumped);
  fill($("sensors"), [...known, ...strangers].map((sensor) => {
    const life = view.sensorLife(sensor);
    const words = life.ageS === null ? "never heard" : `heard ${span(life.ageS)} ago`;
    const bias = view.registration[sensor.sensor];
    const jumped = Boolean(bias?.is_alarmed);
    const biases = sensor.isKnown ? biasWords(bias) : "";
    return {
      key: sensor.sensor, words: `${words}${life.reports}${life.isLost}${jumped}${biases}`,
      node: () => el("li", { className: life.isLost || jumped ? "lost" : "" },
        el("strong", {}, sensor.name),
        el("span", { className: "state" }, life.isLost ? "✕ NO DATA" : jumped ? "▲ BIAS JUMPED" : "● on air"),
        el("small", {}, [sensor.sensor, sensor.contributor, sensor.sees, words, `${life.reports.toLocaleString("en-US")} reports`]
          .filter(Boolean).join(" · ")),
        ...(biases ? [el("small", { className: "bias" }, biases)] : [])),
    };
  }));
}

/** How wrong a radar is, told minus true, one sigma; and since when it is being learned anew. */
function biasWords(bias) {
  if (!bias) return "bias unknown";
  const told = (value, sigma, digits, unit) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)} ± ${sigma.toFixed(digits)}${unit}`;
  return [
    `range ${told(bias.rng_bias_m, bias.sigma_rng_bias_m, 0, " m")}`,
    `azimuth ${told(bias.azm_bias_deg, bias.sigma_azm_bias_deg, 3, "°")}`,
    `time ${told(bias.t_bias_s, bias.sigma_t_bias_s, 2, " s")}`,
    bias.t_alarm_ms === null ? "" : `jumped ${zulu(bias.t_alarm_ms)}`,
  ].filter(Boolean).join(" · ");
}

const BASIS_WORDS = {
  none: "nothing: height unknown", baro: "pressure altitude it sends", geometric: "height above the ellipsoid (GNSS, multilateration)",
  elevation: "the radar's own elevation angle",
};
const CHECK_WORDS = {
  none: "sends no ADS-B", unverified: "not yet checked by radar", verified: "agrees with radar", contradicted: "CONTRADICTED by radar",
};

/**
 * @param {import("./sky.js").Track|undefined} t @param {import("./main.js").View} view
 * @param {any} shield @param {import("./alerts.js").Affairs} affairs @param {number} nowMs @param {() => void} onClose
 */
export function showDetail(t, view, shield, affairs, nowMs, onClose) {
  const box = $("detail");
  box.hidden = view.selected === null;
  if (view.selected === null) return;
  if (!t) {
    if (box.dataset.gone !== "yes") {
      box.dataset.gone = "yes";
      box.dataset.words = "";
      box.replaceChildren(head(`T${view.selected}`, onClose), el("p", { className: "quiet" }, "This track has ended, or is not known yet."));
    }
    return;
  }
  box.dataset.gone = "no";
  const u = view.units;
  const sensors = t.sensors.map((bit) => shield.sensors[bit]?.name ?? `sensor ${bit}`).join(", ") || "unknown";
  const kinds = KINDS.filter((_, bit) => (t.kinds >> bit) & 1).map((kind) => kind.toUpperCase().replace("_", " ")).join(", ");
  const site = nearest(t, shield.sites.features);
  /** @type {[string, string][]} */
  const rows = [
    ["Callsign", t.callsign ?? "unknown"],
    ["Address", hex(t.modeS) ?? "unknown"],
    ["Squawk", squawk(t.mode3a) ?? "unknown"],
    ["Class", className(t.cls)],
    ["Pressure altitude", u.pressure(t.altBaro)],
    ["Height above ellipsoid", u.height(t.altHae)],
    ["Height rests on", BASIS_WORDS[t.basis]],
    ["Vertical", u.climb(t.velUp)],
    ["Speed", u.speed(t.spd)],
    ["Course", t.spd < 1 ? "stands still" : `${course(t.course)} true`],
    ["Place", `${Math.abs(t.lat).toFixed(4)}° ${t.lat < 0 ? "S" : "N"}  ${Math.abs(t.lon).toFixed(4)}° ${t.lon < 0 ? "W" : "E"}`],
    ["Uncertainty, 1σ", t.sigmaMajor === null ? "unknown" : `${u.distance(t.sigmaMajor)} × ${u.distance(t.sigmaMinor)}${t.sigmaUp === null ? "" : `, height ±${u.height(t.sigmaUp)}`}`],
    ...(site ? /** @type {[string, string][]} */ ([["Nearest site", site(u)]]) : []),
    ["Existence", `${Math.round(t.existence * 100)} %`],
    ["Seen by", sensors],
    ["Made of", kinds || "unknown"],
    ["ADS-B", CHECK_WORDS[t.adsbCheck]],
    ["Last state", `${zulu(t.tMs)}, ${span((nowMs - t.tMs) / 1000)} ago`],
  ];
  const about = affairs.running("incident").filter((a) => a.row.track === t.track).map((a) => `▲ ${STATE_WORDS[a.row.state]} in ${a.row.zone}`);
  const words = JSON.stringify([rows, about, t.status, view.isDark]);
  if (box.dataset.words === words) return;
  box.dataset.words = words;
  const list = el("dl");
  for (const [name, value] of rows) list.append(el("dt", {}, name), el("dd", { className: value === "unknown" ? "unknown" : "" }, value));
  box.replaceChildren(head(identOf(t), onClose, t, view), ...about.map((line) => el("p", { className: "alarm" }, line)), list);
}

function head(name, onClose, t, view) {
  const out = el("header", {});
  if (t) {
    const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { width: 64, height: 64 }));
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    c.translate(32, 32);
    if (doesTurn(shapeOf(t))) c.rotate((t.course * Math.PI) / 180);
    drawSymbol(c, shapeOf(t), 22, t.status === "coasting", css(heightColour(t.altBaro ?? t.altHae, view.isDark)), view.isDark ? "#080d12" : "#fff");
    out.append(canvas);
  }
  out.append(el("h2", {}, name));
  if (t) out.append(el("span", { className: "status" }, `T${t.track} · ${t.status}`));
  out.append(el("button", { className: "close", onclick: onClose, "aria-label": "Close" }, "×"));
  return out;
}

function nearest(t, sites) {
  const found = sites.map((site) => {
    const [lon, lat] = site.geometry.coordinates;
    return { name: site.properties.name, away: distance(lat, lon, t.lat, t.lon), azm: bearing(lat, lon, t.lat, t.lon) };
  }).sort((a, b) => a.away - b.away)[0];
  return found && ((u) => `${u.distance(found.away)}, ${course(found.azm)} from ${found.name}`);
}
