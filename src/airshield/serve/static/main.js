// The page: puts the parts together and keeps them going.

import { next, oneOf, placeWord, startPlace } from "./address.js";
import { Affairs, countdown, secondsLeft } from "./alerts.js";
import { Basemap2d } from "./basemap-2d.js";
import { BasemapGl } from "./basemap-gl.js";
import { coast } from "./coast.js";
import { drawRamp, rampTicks } from "./colour.js";
import { $, el } from "./dom.js";
import { CLASSES, decodeTrails } from "./frame.js";
import { Overlay } from "./overlay.js";
import { matches, showAlerts, showDetail, showSensors, TrackTable } from "./panels.js";
import { buildHelp } from "./shell.js";
import { placeAt, Sky } from "./sky.js";
import { fetchSurely, Stream, WatchClock } from "./stream.js";
import { drawSymbol } from "./symbols.js";
import { Tracks2d } from "./tracks-2d.js";
import { TracksGl } from "./tracks-gl.js";
import { Trails2d } from "./trails-2d.js";
import { TrailsGl } from "./trails-gl.js";
import { className, span, Units, zulu } from "./units.js";

/** Without anything from the server for this long the picture is stale, s. */
const STALE_S = 3;
/** A radar is lost after this many turns without a word, and no sooner than so many seconds. */
const LOST_TURNS = 3;
const LOST_S = 15;

/**
 * @typedef {object} View What is shown and how.
 * @property {number|null} selected
 * @property {number|null} hovered
 * @property {"all"|"selected"|"none"} trails
 * @property {"full"|"short"|"none"} labels
 * @property {boolean} isDark
 * @property {boolean} follows
 * @property {boolean} sounds
 * @property {Units} units
 * @property {string} search
 * @property {Set<number>} violated   places of violated zones in the shield
 * @property {Record<string, {reports: number, age_s: number}>} sensors
 * @property {Record<string, any>} registration   biases of the radars of which something is known
 * @property {() => number[][]} covered   boxes of the stage that panels lie over
 * @property {(site: string) => ({countdown: string}|null)} warningOf
 * @property {(radar: any) => {isLost: boolean, ageS: number|null, reports: number}} sensorLife
 */

const asked = new URLSearchParams(location.hash.slice(1));
const seconds = () => performance.now() / 1000;

async function start() {
  buildHelp([
    ["?", "this sheet"], ["H", "home: the whole shield"], ["+ −", "zoom"], ["T", "trails: all, selected, none"],
    ["L", "labels: full, short, none"], ["F", "follow the selected track"], ["N", "next alarmed track"], ["/", "search"],
    ["U", "units: ft kt NM, or m km/h km"], ["D", "dark or light"], ["M", "sound at a new alert, on or off"],
    ["Esc", "let go of the selection, close"],
  ], "Shapes tell the class, hollow means coasting (not seen lately), small means tentative, colour is height. The address bar holds the view and the selection: copy it to share.");
  const answer = await fetchSurely("api/shield", () => ($("mode").textContent = "NO SERVER"));
  const shield = await answer.json();
  const sky = new Sky();
  const affairs = new Affairs();
  const clock = new WatchClock();
  const nowMs = () => clock.now(performance.now());
  /** @type {any} */
  let status = null;
  let statusReal = -Infinity;

  /** @type {View} */
  const view = {
    selected: asked.has("track") ? Number(asked.get("track")) : null,
    hovered: null,
    trails: oneOf(asked.get("trails"), ["all", "selected", "none"]),
    labels: oneOf(asked.get("labels"), ["full", "short", "none"]),
    isDark: asked.get("theme") !== "light",
    follows: false,
    sounds: false,
    units: new Units(asked.get("units") === "si" ? "si" : "aviation"),
    search: "",
    violated: new Set(),
    sensors: {},
    registration: {},
    covered: () => ["tools", "legend", "detail"].flatMap((id) => {
      const box = $(id).getBoundingClientRect();
      const origin = $("stage").getBoundingClientRect();
      return box.width ? [[box.left - origin.left, box.top - origin.top, box.right - origin.left, box.bottom - origin.top]] : [];
    }),
    warningOf: (site) => {
      const affair = affairs.warningOf(site, nowMs());
      return affair ? { countdown: countdown(secondsLeft(affair, nowMs())) } : null;
    },
    sensorLife: ({ sensor, turn_s: turnS }) => {
      const life = view.sensors[sensor];
      if (!life) return { isLost: status?.state === "running", ageS: null, reports: 0 };
      const ageS = life.age_s + (seconds() - statusReal);
      return { isLost: ageS > Math.max(LOST_S, LOST_TURNS * turnS), ageS, reports: life.reports };
    },
  };
  document.title = `${shield.name} – airshield`;
  $("name").textContent = shield.name;
  $("name").title = shield.about;
  $("plan-link").hidden = !shield.has_plan;
  await Promise.all(["400 12px B612", "700 12px B612"].map((font) => document.fonts.load(font)));

  // The map: by WebGL where there is any, on a plain canvas where not.
  const stage = $("stage");
  const hasGl = asked.get("canvas") === null && Boolean(document.createElement("canvas").getContext("webgl2"));
  document.body.dataset.renderer = hasGl ? "webgl" : "canvas";
  const from = startPlace(asked, shield.home, stage);
  const map = new (hasGl ? BasemapGl : Basemap2d)($("basemap"), from, shield, view.isDark);
  const trails = new (hasGl ? TrailsGl : Trails2d)($("trails"));
  const tracks = new (hasGl ? TracksGl : Tracks2d)($("tracks"));
  const overlay = new Overlay($("overlay"), shield);
  const table = new TrackTable((track) => select(track, true));
  coast(map, overlay);

  // The watch.
  const stream = new Stream(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/stream`, {
    onHello: (isNew) => {
      if (!isNew) return;
      sky.clear();
      affairs.clear();
      loadTrails(sky);
    },
    onPicture: (picture) => {
      clock.note(picture.tNowMs, performance.now());
      sky.apply(picture, nowMs(), seconds());
    },
    onAlert: (alert) => {
      const isFresh = affairs.take(alert) && status !== null && nowMs() - alert.row.t_ms < 30_000;
      if (isFresh) attention(view);
      const zones = affairs.violatedZones();
      view.violated = new Set(shield.zones.features.flatMap((zone, place) => (zones.has(zone.properties.name) ? [place] : [])));
      map.setViolated(view.violated);
    },
    onStatus: (message) => {
      clock.note(message.t_now_ms, performance.now());
      status = message;
      statusReal = seconds();
      view.sensors = message.sensors;
      view.registration = message.registration;
      showMode(message);
    },
    onLink: () => {},
  });

  // Selecting, following, the address bar.
  /** @param {number|null} track @param {boolean} isCentred */
  function select(track, isCentred = false) {
    view.selected = track;
    if (track === null) view.follows = false;
    const t = track === null ? undefined : sky.tracks.get(track);
    if (t && isCentred) map.moveTo({ lon: t.lon, lat: t.lat, zoom: Math.max(map.camera().zoom, 8) });
    showTools(view);
    showPanels();
  }
  $("basemap").addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const box = stage.getBoundingClientRect();
    select(overlay.trackAt(event.clientX - box.left, event.clientY - box.top));
  });
  $("basemap").addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const box = stage.getBoundingClientRect();
    view.hovered = overlay.trackAt(event.clientX - box.left, event.clientY - box.top);
    $("basemap").style.cursor = view.hovered === null ? "" : "pointer";
  });
  const pick = (affair) => {
    affair.isNew = false;
    const { row } = affair;
    const t = sky.tracks.get(row.track);
    const site = shield.sites.features.find((feature) => feature.properties.name === row.site);
    const place = t ? [t.lon, t.lat] : site ? site.geometry.coordinates : [row.lon_deg, row.lat_deg];
    select(row.track);
    map.moveTo({ lon: place[0], lat: place[1], zoom: Math.max(map.camera().zoom, 8.5) });
  };

  function showPanels() {
    const now = nowMs();
    $("tracks-count").textContent = String(sky.tracks.size);
    showAlerts(affairs, sky, view, now, pick);
    showSensors(shield, view);
    showDetail(view.selected === null ? undefined : sky.tracks.get(view.selected), view, shield, affairs, now, () => select(null));
    table.show(sky, view, now, $("in-view").checked ? map.camera().bounds() : null);
  }

  // One loop paints what moves. It paints less often where painting is slow (no graphics processor,
  // thousands of trails), and leaves at least half of the time to everything else. What a paint
  // costs shows in when the browser is ready for the next frame.
  let [paintedReal, costS, isMoved, hasPainted] = [0, 0.01, true, false];
  map.onMove(() => {
    isMoved = true;
  });
  function paint() {
    const real = seconds();
    if (hasPainted) costS = 0.8 * costS + 0.2 * Math.min(1, real - paintedReal);
    hasPainted = false;
    const pause = Math.max(hasGl ? 0.03 : 0.1, costS < 0.04 ? 0 : 2 * costS);
    if (isMoved || real - paintedReal > pause) {
      paintedReal = real;
      isMoved = false;
      const now = nowMs();
      const t = view.selected === null ? undefined : sky.tracks.get(view.selected);
      if (view.follows && t && !map.isMoving) {
        const [x, y] = placeAt(t, now, real);
        const camera = map.camera();
        const [px, py] = camera.fromMerc(x, y);
        if (Math.hypot(px - camera.width / 2, py - camera.height / 2) > 2) {
          const [lon, lat] = camera.unproject(px, py);
          map.moveTo({ lon, lat, zoom: camera.zoom }, true);
        }
      }
      const camera = map.camera();
      trails.draw(camera, sky, view, real);
      tracks.draw(camera, sky, view, now, real);
      overlay.draw(camera, sky, view, now, real);
      hasPainted = true;
    }
    requestAnimationFrame(paint);
  }
  paint();

  const act = {
    in: () => map.zoomBy(1),
    out: () => map.zoomBy(-1),
    home: () => {
      view.follows = false;
      map.showBox(shield.home);
    },
    trails: () => (view.trails = next(view.trails, ["all", "selected", "none"])),
    labels: () => (view.labels = next(view.labels, ["full", "short", "none"])),
    follow: () => (view.follows = view.selected !== null && !view.follows),
    units: () => view.units.toggle(),
    theme: () => {
      view.isDark = !view.isDark;
      map.setTheme(view.isDark);
    },
    sound: () => {
      view.sounds = !view.sounds;
      if (view.sounds) beep();
    },
    help: () => $("help").showModal(),
    alarm: () => {
      const alarmed = [...sky.tracks.values()].filter((t) => t.alarm).map((t) => t.track).sort((a, b) => a - b);
      if (alarmed.length) select(alarmed.find((track) => track > (view.selected ?? -1)) ?? alarmed[0], true);
    },
    search: () => $("search").focus(),
    escape: () => {
      select(null);
      $("search").value = view.search = "";
    },
  };
  /** @param {keyof typeof act} name */
  const perform = (name) => {
    act[name]();
    showTools(view);
    showPanels();
  };
  for (const name of /** @type {const} */ (["in", "out", "home", "trails", "labels", "follow", "units", "theme", "sound", "help"])) {
    $(`tool-${name}`).onclick = () => perform(name);
  }
  const keys = {
    "+": "in", "=": "in", "-": "out", h: "home", t: "trails", l: "labels", f: "follow", u: "units", d: "theme",
    m: "sound", "?": "help", n: "alarm", "/": "search", Escape: "escape",
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    const isTyping = /** @type {HTMLElement} */ (event.target).matches?.("input, select");
    const name = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!name || (isTyping && name !== "escape")) return;
    event.preventDefault();
    if (isTyping) /** @type {HTMLElement} */ (event.target).blur();
    perform(name);
  });
  $("search").oninput = () => {
    view.search = $("search").value;
    showPanels();
  };
  $("search").onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    const found = [...sky.tracks.values()].find((t) => matches(t, view.search.trim().toUpperCase()));
    if (found) select(found.track, true);
  };
  $("in-view").onchange = showPanels;
  $("table").onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest?.("tr[data-track]");
    if (event.key === "Enter" && row) select(Number(/** @type {HTMLElement} */ (row).dataset.track), true);
  };
  $("table").tHead.onclick = showPanels;
  for (const name of ["tracks", "sensors"]) {
    $(`tab-${name}`).onclick = () => {
      for (const other of ["tracks", "sensors"]) {
        $(`tab-${other}`).setAttribute("aria-selected", String(other === name));
        $(`${other}-panel`).hidden = other !== name;
      }
    };
  }
  coverChoice(shield, map);

  setInterval(() => {
    showClocks(status, nowMs());
    showStale(stream, status);
    showPanels();
    remember(map.camera(), view);
  }, 500);
  showTools(view);
  showPanels();

  function showMode(message) {
    const words = { live: "LIVE", replay: "REPLAY", exercise: "EXERCISE" };
    const notes = {
      live: "", replay: "recorded, not now", exercise: "simulated aircraft, not real",
    };
    document.body.dataset.mode = message.mode;
    document.body.dataset.state = message.state;
    $("mode").textContent = words[message.mode];
    $("mode-note").textContent = message.state === "ended" ? `${words[message.mode]} HAS ENDED. ${message.message}` : notes[message.mode];
    $("preparing").hidden = message.state !== "preparing";
    $("preparing-message").textContent = message.message;
  }
  // For tests and for people with a console: what the page knows.
  Object.assign(window, { airshield: { sky, view, map, affairs, stream, shield, overlay, select, nowMs } });
}

/** Keep the view in the address bar, so that it can be shared and survives a reload. */
function remember(camera, view) {
  const words = new URLSearchParams();
  words.set("map", placeWord(camera));
  if (view.selected !== null) words.set("track", String(view.selected));
  if (view.trails !== "all") words.set("trails", view.trails);
  if (view.labels !== "full") words.set("labels", view.labels);
  if (!view.isDark) words.set("theme", "light");
  if (view.units.system === "si") words.set("units", "si");
  if (asked.get("canvas") !== null) words.set("canvas", "");
  const hash = `#${decodeURIComponent(words.toString())}`;
  if (hash !== location.hash) history.replaceState(null, "", hash);
}

/** @param {Sky} sky */
async function loadTrails(sky) {
  const response = await fetchSurely("api/trails?format=binary");
  sky.loadTrails(decodeTrails(await response.arrayBuffer()));
}

/** @param {any} shield @param {any} map */
function coverChoice(shield, map) {
  const select = $("cover-height");
  for (const { properties } of shield.blind.features) {
    const height = properties.hgt_msl_m;
    const words = height === null ? "at any height" : `at ${height.toLocaleString("en-US")} m (${Math.round(height / 0.3048 / 100) * 100} ft) above sea`;
    select.append(el("option", { value: height === null ? "" : String(height) }, words));
  }
  $("cover").hidden = !shield.blind.features.length;
  select.title = "Smooth Earth, radio horizon; mountains are not considered";
  select.onchange = () => map.setBlind(select.value === "" ? null : Number(select.value));
}

/** @param {View} view */
function showTools(view) {
  const words = {
    trails: view.trails, labels: view.labels, follow: view.follows ? "on" : "off", units: view.units.name,
    theme: view.isDark ? "on" : "off", sound: view.sounds ? "off" : "on",
  };
  for (const [name, word] of Object.entries(words)) $(`${name}-now`).textContent = word;
  document.documentElement.dataset.theme = view.isDark ? "dark" : "light";
  drawRamp($("ramp-bar"), view.isDark);
  $("ramp-ticks").replaceChildren(...rampTicks(view.units).map((word) => el("span", {}, word)),
    el("em", {}, view.units.system === "si" ? "m" : "ft"));
  const keys = $("keys-symbols");
  if (keys.dataset.theme === String(view.isDark)) return;
  keys.dataset.theme = String(view.isDark);
  const ink = view.isDark ? "#ced4dc" : "#3a4650";
  const entry = (/** @type {string} */ cls, /** @type {string} */ word, hollow = false) => {
    const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { width: 36, height: 36 }));
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    c.translate(18, 18);
    drawSymbol(c, cls, 14, hollow, ink, view.isDark ? "#080d12" : "#fff");
    return el("span", {}, canvas, word);
  };
  keys.replaceChildren(...CLASSES.slice(1).map((cls) => entry(cls, className(cls))), entry("unknown", "unknown"),
    entry("unknown", "coasting", true), entry("plot", "tentative"));
}

/** @param {any} status @param {number} now */
function showClocks(status, now) {
  $("clock-local").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  $("clock-zulu").textContent = Number.isFinite(now) ? zulu(now) : "--:--:--Z";
  const data = status?.t_data_ms ?? null;
  $("clock-data").textContent = data === null ? "none yet" : zulu(data);
  $("clock-age").textContent = data === null ? "" : `${span(Math.max(0, now - data) / 1000)} old`;
}

/** Say that the picture is stale, and why: the connection is gone, or the sensors are silent. */
function showStale(stream, status) {
  const goneS = stream.ageS();
  const isLost = goneS > STALE_S;
  const isSilent = !isLost && Boolean(status?.is_silent);
  document.body.dataset.stale = isLost ? "connection" : isSilent ? "silent" : "";
  $("stale").hidden = !isLost && !isSilent;
  $("stale-why").textContent = isLost
    ? `connection to the server lost; nothing for ${span(goneS)}. Reconnecting.`
    : isSilent ? `no sensor is sending; ${status.age_s === null ? "nothing has been heard yet" : `last heard ${span(status.age_s)} ago`}.` : "";
  document.body.dataset.link = isLost || !stream.isOpen ? "lost" : "open";
  $("link-text").textContent = isLost || !stream.isOpen ? "no connection" : "connected";
}

/** @param {View} view */
function attention(view) {
  $("flash").classList.remove("on");
  void $("flash").offsetWidth; // begin the animation anew
  $("flash").classList.add("on");
  if (view.sounds) beep();
}

/** @type {AudioContext|null} */
let audio = null;
/** Two short notes. */
function beep() {
  audio ??= new AudioContext();
  [880, 660].forEach((pitch, i) => {
    const tone = /** @type {AudioContext} */ (audio).createOscillator();
    const gain = /** @type {AudioContext} */ (audio).createGain();
    const at = /** @type {AudioContext} */ (audio).currentTime + i * 0.22;
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0.12, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
    tone.connect(gain).connect(/** @type {AudioContext} */ (audio).destination);
    tone.start(at);
    tone.stop(at + 0.21);
  });
}

start();
