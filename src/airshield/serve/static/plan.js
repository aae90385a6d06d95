// The plan's page: what the radars can see, and what is left of it when some of them are not there.

import { next, oneOf, placeWord, startPlace } from "./address.js";
import { Basemap2d } from "./basemap-2d.js";
import { BasemapGl } from "./basemap-gl.js";
import { coast } from "./coast.js";
import { bandScheme, countScheme, edgeColour, whyScheme, WHY_WORDS } from "./cover-look.js";
import { CoverPainter, swatch } from "./cover-paint.js";
import { Cover, decodeLayer, decodeLowest, decodeTerritory, has, heightOf, INSIDE, isNever, LOST, NO_AIR, NOWHERE, SWITCHED_OFF, UNKNOWN } from "./cover.js";
import { $, el } from "./dom.js";
import { Grid } from "./laea.js";
import { PlanOverlay, verdictOf } from "./plan-overlay.js";
import { buildBar, buildHelp, busy, fetchDocument, listenToKeys, ROOT, setTheme } from "./shell.js";
import { fetchSurely } from "./stream.js";
import { MAPS } from "./theme.js";
import { course, Units } from "./units.js";

/** Lowest altitudes are shown in these bands. */
const LEVELS_FT = [500, 1000, 2000, 5000, 10_000, 30_000];
const LEVELS_M = [100, 300, 500, 1000, 3000, 10_000];
const M_PER_FT = 0.3048;
const MOST_GAPS = 8;
const SHOWS = /** @type {const} */ (["count", "lowest", "why"]);
const SHOW_WORDS = { count: "radars", lowest: "lowest", why: "why not" };
const KIND_WORDS = { host: "host", member: "member", enabler: "outside enabler" };

/** @typedef {{layer: import("./cover.js").Layer, whole: import("./cover.js").Seen, wholeWeights: import("./cover.js").Weights}} Loaded */

const asked = new URLSearchParams(location.hash.slice(1));
const EMPTY = { type: "FeatureCollection", features: [] };

async function start() {
  buildBar("cover");
  buildHelp([
    ["?", "this sheet"], ["H", "home: the whole territory"], ["+ −", "zoom"], ["[ ]", "next lower, next higher height"],
    ["V", "radars, lowest altitude, why not"], ["E", "with or without the outside enablers"], ["A", "everybody ticked"],
    ["R", "roses of warning minutes"], ["C", "tell what the middle of the map sees"],
    ["U", "units: ft kt NM, or m km/h km"], ["D", "dark or light"], ["Esc", "let go, close"],
  ], "Figures and map are worked out anew from the ticks. Warning minutes and requirements are not: they are shown for the sets of contributors for which the plan holds them. The address bar holds the view and the ticks: copy it to share.");
  const octets = async (/** @type {string} */ path) => (await fetchSurely(ROOT + path, () => busy("no answer from the server"))).arrayBuffer();
  const plan = await fetchDocument("api/plan");
  const grid = new Grid(plan.grid);
  const territory = decodeTerritory(await octets("api/plan/territory"), grid);
  const cover = new Cover(grid, territory, plan.sites.map((site) => site.cell));
  const reasonCode = (/** @type {string} */ name) => plan.reasons.indexOf(name);
  /** Radars of each contributor that brings some. */
  const brings = plan.contributors.map((one) => ({
    ...one, radars: plan.radars.flatMap((radar, place) => (radar.contributor === one.name ? [place] : [])),
  })).filter((one) => one.radars.length);
  const enablers = brings.filter((one) => one.kind === "enabler").flatMap((one) => one.radars);

  // What is shown.
  const classes = [...new Set(plan.layers.map((layer) => layer.cls))];
  const off = new Set(asked.getAll("off"));
  const view = {
    layer: startLayer(plan.layers),
    show: oneOf(asked.get("show"), [...SHOWS]),
    on: plan.radars.map((radar) => !off.has(radar.name)),
    hasRoses: asked.get("roses") !== "off",
    spd: asked.has("spd") ? Number(asked.get("spd")) : NaN,
    site: /** @type {string|null} */ (asked.get("site")),
    isDark: asked.get("theme") !== "light",
    units: new Units(asked.get("units") === "aviation" ? "aviation" : "si"), // a plan is written in metres
    /** @type {Map<string, any>} */ roses: new Map(),
    isTold: true,
    /** @type {{lon: number, lat: number, isLost: boolean}[]} */ gaps: [],
    /** @type {[number, number]|null} */ pin: null,
  };
  const state = {
    codes: new Uint8Array(grid.cells + 1).fill(NOWHERE), // the last stands for all off the grid
    counts: new Uint8Array(grid.cells),
    /** @type {Uint16Array|null} */ lowest: null,
    /** @type {import("./cover.js").Seen|null} */ seen: null,
    /** @type {import("./cover.js").Weights|null} */ weights: null,
    /** @type {any[]} */ gaps: [],
    tookMs: NaN,
  };

  document.title = `${plan.stamp.plan} – airshield plan`;
  $("name").textContent = plan.stamp.plan;
  $("enablers").hidden = $("tool-enablers").hidden = !enablers.length;
  $("answers-box").hidden = !plan.answers.length;
  $("sites-box").hidden = !plan.sites.length;
  await Promise.all(["400 12px B612", "700 12px B612"].map((font) => document.fonts.load(font)));

  // The map, as the watch has it, without its zones.
  const hasGl = asked.get("canvas") === null && Boolean(document.createElement("canvas").getContext("webgl2"));
  document.body.dataset.renderer = hasGl ? "webgl" : "canvas";
  const stage = $("stage");
  const map = new (hasGl ? BasemapGl : Basemap2d)($("basemap"), startPlace(asked, plan.home, stage),
    { zones: EMPTY, radars: EMPTY, blind: EMPTY }, view.isDark);
  const painter = new CoverPainter($("cover"), grid);
  const overlay = new PlanOverlay($("overlay"), plan);
  coast(map, overlay);
  let isDue = false;
  /** Paint soon, once. */
  const paintSoon = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(paint);
  };
  function paint() {
    isDue = false;
    const camera = map.camera();
    painter.draw(camera, state.codes);
    overlay.drawPlan(camera, view);
  }
  map.onMove(paint); // at once: the cover must not lag behind the coast
  new ResizeObserver(paintSoon).observe(stage);

  // Maps, fetched when first looked at and kept.
  /** @type {Map<number, Loaded>} */
  const loaded = new Map();
  /** @type {Map<number, Promise<void>>} */
  const loading = new Map();
  /** @param {number} place */
  const load = (place) => {
    const known = loading.get(place);
    if (known) return known;
    const promise = octets(`api/plan/layers/${place}`).then((buffer) => {
      const layer = decodeLayer(buffer, grid);
      const whole = cover.look(layer, plan.radars.map(() => true));
      const counts = cover.counts(layer, whole, whole, new Uint8Array(grid.cells));
      loaded.set(place, { layer, whole, wholeWeights: cover.weigh(layer, whole, counts) });
    });
    loading.set(place, promise);
    return promise;
  };
  /** @type {Map<number, Uint16Array>} */
  const lowestOf = new Map();
  async function loadLowest() {
    const wanted = plan.radars.flatMap((_, place) => (view.on[place] && !lowestOf.has(place) ? [place] : []));
    for (const [i, place] of wanted.entries()) {
      busy(`fetching lowest altitudes, ${i + 1} of ${wanted.length}`);
      lowestOf.set(place, plan.radars[place].has_lowest
        ? decodeLowest(await octets(`api/plan/lowest/${place}`), grid)
        : new Uint16Array(grid.cells).fill(65534)); // not told: unknown
    }
    busy("");
  }

  /** Everything that follows from the ticks and the layer. */
  function recompute() {
    const from = performance.now();
    const now = loaded.get(view.layer);
    showTicks(); // at once, whatever has to be fetched
    if (!now) {
      busy("fetching the layer");
      showNothing();
      const wanted = view.layer;
      load(wanted).then(() => {
        busy("");
        if (view.layer === wanted) recompute();
      });
      return;
    }
    const { layer, whole, wholeWeights } = now;
    const seen = cover.look(layer, view.on);
    cover.counts(layer, seen, whole, state.counts);
    const weights = cover.weigh(layer, seen, state.counts);
    const gaps = cover.gaps(layer, state.counts);
    Object.assign(state, { seen, weights, gaps });
    // They are the height's; among lowest altitudes they would point at nothing.
    view.gaps = (view.show === "lowest" ? [] : gaps.slice(0, MOST_GAPS)).map((gap) => {
      const [lon, lat] = grid.placeOf(gap.cell);
      return { lon, lat, isLost: gap.why === SWITCHED_OFF };
    });
    pickRoses();
    colour(layer, seen);
    showFigures(weights, wholeWeights);
    showWorth(layer);
    showSites();
    showGaps();
    showHere();
    paint();
    state.tookMs = performance.now() - from;
  }

  /** The values of the map, and the legend that goes with them. */
  function colour(layer, seen) {
    const theme = view.isDark ? "dark" : "light";
    let title = "Number of radars";
    let note = "Beyond the border: fainter, and no hatching.";
    /** @type {import("./cover-look.js").Scheme} */
    let scheme;
    if (view.show === "lowest" && view.on.every((isOn, place) => !isOn || lowestOf.has(place))) {
      const maps = [...lowestOf].flatMap(([place, one]) => (view.on[place] ? [one] : []));
      state.lowest = cover.lowest(maps, state.lowest ?? new Uint16Array(grid.cells));
      const isSi = view.units.system === "si";
      const levels = isSi ? LEVELS_M : LEVELS_FT.map((feet) => feet * M_PER_FT);
      const isAboveGround = plan.layers[view.layer].above === "ground" && plan.has_ground;
      cover.bands(state.lowest, levels, isAboveGround, state.codes);
      title = `Lowest altitude seen, above ${isAboveGround ? "ground" : "sea"}`;
      note = "By terrain and horizon within the radars' range; small targets are seen less far.";
      scheme = bandScheme(theme, levels.map((level) => view.units.height(level)), true);
    } else if (view.show === "why") {
      cover.whys(layer, seen, reasonCode("ground"), reasonCode("unknown_ground"), state.codes);
      const present = new Set([...tally(state.codes).entries()].flatMap(([code, many]) => (many && code & INSIDE ? [code & ~INSIDE] : [])));
      title = "Why nobody sees";
      note = "The reason of the radar that comes nearest to seeing.";
      scheme = whyScheme(theme, plan.reasons, present);
    } else {
      if (view.show === "lowest") loadLowest().then(recompute);
      state.codes.set(state.counts);
      const many = tally(state.codes);
      scheme = countScheme(theme, { hasDoubt: many[UNKNOWN | INSIDE] > 0, hasLost: many[LOST | INSIDE] > 0, hasNoAir: many[NO_AIR | INSIDE] > 0 });
    }
    painter.setScheme(scheme, edgeColour(theme));
    const said = JSON.stringify([theme, title, scheme.legend]);
    if ($("plan-legend").dataset.now === said) return;
    $("plan-legend").dataset.now = said;
    $("legend-title").textContent = title;
    $("legend-note").textContent = note;
    $("legend-keys").replaceChildren(...scheme.legend.map(({ value, words }) =>
      el("li", {}, swatch(/** @type {any} */ (scheme.looks.get(value | INSIDE)), MAPS[theme].land), words)));
  }

  /** Roses for the ticks, if the plan holds them: unticked contributors as a whole, and no single radars. */
  function pickRoses() {
    const { cls, height_m: height, above } = plan.layers[view.layer];
    const ofClass = plan.roses.filter((rose) => rose.cls === cls);
    const speeds = [...new Set(ofClass.map((rose) => rose.spd_mps))].sort((a, b) => a - b);
    if (!speeds.includes(view.spd)) view.spd = speeds[0] ?? NaN;
    const select = $("speed");
    if (select.dataset.now !== `${speeds} ${view.units.system}`) {
      select.dataset.now = `${speeds} ${view.units.system}`;
      select.replaceChildren(...speeds.map((spd) => el("option", { value: String(spd) }, view.units.speed(spd))));
    }
    select.value = String(view.spd);
    $("speed-box").hidden = !speeds.length;
    const gone = brings.filter((one) => one.radars.every((radar) => !view.on[radar]));
    const isWhole = brings.every((one) => gone.includes(one) || one.radars.every((radar) => view.on[radar]));
    const without = gone.map((one) => one.name);
    const fits = (/** @type {any} */ rose) => {
      const theirs = rose.without.filter((name) => brings.some((one) => one.name === name));
      return isWhole && theirs.length === without.length && without.every((name) => theirs.includes(name));
    };
    const here = ofClass.filter((rose) => rose.spd_mps === view.spd && rose.height_m === height && rose.above === above);
    view.roses = new Map(here.filter(fits).map((rose) => [rose.site, rose]));
    view.isTold = !here.length || view.roses.size > 0;
    const heights = [...new Set(ofClass.map((rose) => `${view.units.height(rose.height_m)} above ${rose.above}`))];
    $("roses-note").textContent = !plan.roses.length ? "The plan holds no warning minutes."
      : !ofClass.length ? "The plan holds no warning minutes for this target."
      : !here.length ? `The plan holds warning minutes for this target at ${heights.join(", ")}.`
      : view.isTold ? "" : "Warning minutes are unknown for these ticks: the plan holds them for whole contributors only, in sets of its own.";
  }

  function showFigures(weights, whole) {
    const body = $("figures").tBodies[0];
    const rows = [
      ["Territory, km²", weights.area, whole.area, (m2) => figures(m2 / 1e6)],
      ["People", weights.people, whole.people, people],
      ...(plan.sites.length ? [["Sites", weights.sites, whole.sites, String]] : []),
    ];
    body.replaceChildren(...rows.map(([name, now, all, say]) => {
      const head = el("th", { scope: "row" }, ...name.split(/(?<=,) /).map((words, i) => el(i ? "small" : "span", {}, words.replace(",", ""))));
      if (now === null) return el("tr", {}, head, el("td", { colSpan: 5, className: "quiet" }, "unknown: nobody told who lives where"));
      const sum = total(now);
      const cell = (/** @type {number} */ value, isStrong = false, className = "") => el("td", { className },
        el(isStrong ? "b" : "span", {}, share(value, sum)), el("small", {}, say(value)));
      const seen = seenBy(now, 1);
      const lost = Math.max(0, seenBy(all, 1) - seen);
      return el("tr", {}, head, cell(seen, true), cell(seenBy(now, 2)), cell(now[0]), cell(now[UNKNOWN]), cell(lost, false, lost > 0 ? "worse" : ""));
    }));
    const sum = total(weights.area);
    const isOff = view.on.filter((isOn) => !isOn).length;
    $("summary").textContent = `${layerWords(plan.layers[view.layer])}: ${share(seenBy(weights.area, 1), sum)} of the territory is seen, ${share(seenBy(weights.area, 2), sum)} by two radars or more. ${isOff ? `${isOff} of ${plan.radars.length} radars are unticked.` : "Every radar is ticked."}`;
  }

  // Ticks, made once.
  const boxes = plan.radars.map((_, place) => el("input", { type: "checkbox", id: `radar-${place}` }));
  const worths = plan.radars.map(() => el("span", { className: "worth" }));
  const groupBoxes = brings.map((_, place) => el("input", { type: "checkbox", id: `contributor-${place}` }));
  const groupWorths = brings.map(() => el("span", { className: "worth" }));
  $("ticks").replaceChildren(...brings.map((one, place) => {
    const kind = one.kind ? [el("span", { className: `kind ${one.kind}` }, KIND_WORDS[one.kind])] : [];
    groupBoxes[place].onchange = () => tick(one.radars, groupBoxes[place].checked);
    return el("li", {},
      el("div", { className: "who" }, el("label", {}, groupBoxes[place], one.name), ...kind, groupWorths[place]),
      ...(one.role ? [el("span", { className: "role" }, one.role)] : []),
      el("ul", {}, ...one.radars.map((radar) => {
        boxes[radar].onchange = () => tick([radar], boxes[radar].checked);
        return el("li", {}, el("label", {}, boxes[radar], plan.radars[radar].name), worths[radar]);
      })));
  }));
  /** @param {number[]} radars @param {boolean} isOn */
  function tick(radars, isOn) {
    for (const radar of radars) view.on[radar] = isOn;
    recompute();
  }

  function showTicks() {
    boxes.forEach((box, place) => {
      box.checked = view.on[place];
      box.closest("li").classList.toggle("off", !view.on[place]);
    });
    groupBoxes.forEach((box, place) => {
      const many = brings[place].radars.filter((radar) => view.on[radar]).length;
      box.checked = many === brings[place].radars.length;
      box.indeterminate = many > 0 && !box.checked;
    });
    const isWithout = enablers.length > 0 && enablers.every((radar) => !view.on[radar]);
    $("enablers").setAttribute("aria-pressed", String(isWithout));
    $("enablers-now").textContent = isWithout ? "without" : "with";
  }

  /** What hangs on each radar and each contributor. */
  function showWorth(layer) {
    const whole = total(/** @type {any} */ (state.weights).area);
    for (const [words, sets] of /** @type {const} */ ([
      [worths, plan.radars.map((_, place) => [place])], [groupWorths, brings.map((one) => one.radars)],
    ])) {
      cover.worth(layer, view.on, sets).forEach((m2, place) => {
        const isOn = sets[place].some((radar) => view.on[radar]);
        words[place].textContent = `${isOn ? "alone" : "would add"} ${share(m2, whole)}`;
      });
    }
  }

  /** While a height is fetched, nothing of another may stand for it. */
  function showNothing() {
    state.codes.fill(NOWHERE);
    view.gaps = [];
    view.roses.clear();
    for (const node of [...worths, ...groupWorths, $("summary"), $("gaps-count"), $("gaps-more"), $("roses-note")]) node.textContent = "";
    for (const node of [$("figures").tBodies[0], $("gaps"), $("sites")]) node.replaceChildren();
    showHere();
    paint();
  }

  function showSites() {
    const list = plan.sites.map((site) => {
      const rose = view.roses.get(site.name);
      const code = state.counts[site.cell] & ~INSIDE;
      const seen = code === UNKNOWN ? "sight unknown" : code === NO_AIR ? "below the ground" : code === LOST || code === 0 ? "in a gap" : `seen by ${code === 4 ? "4+" : code}`;
      const needs = site.required_min === null ? "" : ` of ${minutes(site.required_min)}`;
      let [word, isWorse, more] = ["", false, ""];
      if (rose) {
        const verdicts = rose.minutes.map((_, i) => verdictOf(rose, i, site.required_min));
        const known = rose.minutes.flatMap((one, i) => (one === null ? [] : [[one, rose.azm_true_deg[i]]]));
        const least = known.length ? known.reduce((a, b) => (b[0] < a[0] ? b : a)) : null;
        const count = (/** @type {string} */ which) => verdicts.filter((one) => one === which).length;
        const [never, doubt, short] = [count("never"), count("unknown"), count("short")];
        isWorse = never + short > 0;
        word = never ? "no warning" : doubt ? "unknown" : least ? `${minutes(least[0])}${needs}` : "unknown";
        more = [
          ...(least ? [`least ${minutes(least[0])} from ${course(least[1])}`] : []),
          ...(short ? [`${short} of ${verdicts.length} bearings too short`] : []),
          ...(never ? [`${never} without warning`] : []), ...(doubt ? [`${doubt} unknown`] : []),
        ].join(" · ");
      } else if (!view.isTold) word = "unknown";
      const button = el("button", { className: `place${view.site === site.name ? " selected" : ""}` },
        el("span", {}, "◆"), el("span", {}, site.name), el("span", { className: isWorse ? "worse" : "" }, word),
        el("small", {}, [seen, ...(site.people === null ? [] : [`${people(site.people)} people`]), ...(needs ? [`needs ${minutes(site.required_min)}`] : []), ...(more ? [more] : [])].join(" · ")));
      button.onclick = () => {
        view.site = site.name;
        map.moveTo({ lon: site.lon_deg, lat: site.lat_deg, zoom: Math.max(map.camera().zoom, 7) });
        showSites();
        paintSoon();
      };
      return el("li", {}, button);
    });
    refill($("sites"), list);
  }

  function showGaps() {
    $("gaps-count").textContent = String(state.gaps.length);
    refill($("gaps"), state.gaps.slice(0, MOST_GAPS).map((gap, i) => {
      const why = gap.why === SWITCHED_OFF ? "for want of the unticked" : WHY_WORDS[plan.reasons[gap.why]] ?? plan.reasons[gap.why];
      const lives = gap.people === null ? "people unknown" : `${people(gap.people)} people`;
      const button = el("button", { className: "place" }, el("span", { className: "number" }, String(i + 1)),
        el("span", {}, area(gap.areaM2)), el("span", {}, lives), el("small", {}, `mostly ${why}`));
      button.onclick = () => {
        const [lon, lat] = grid.placeOf(gap.cell);
        pin(lon, lat);
        map.moveTo({ lon, lat, zoom: Math.max(map.camera().zoom, 7) });
      };
      return el("li", { className: gap.why === SWITCHED_OFF ? "lost" : "" }, button);
    }));
    const rest = state.gaps.slice(MOST_GAPS);
    $("gaps-more").textContent = !state.gaps.length ? "No gap at this height."
      : rest.length ? `and ${rest.length} smaller, together ${area(rest.reduce((sum, gap) => sum + gap.areaM2, 0))}` : "";
  }

  // What one place sees.
  /** @param {number} lon @param {number} lat */
  function pin(lon, lat) {
    view.pin = [lon, lat];
    showHere();
    paintSoon();
  }
  function showHere(place = view.pin) {
    const now = loaded.get(view.layer);
    $("here").hidden = !place || !now;
    if (!place || !now) return;
    const cell = grid.cellAt(place[0], place[1]);
    const [title, ...lines] = cell < 0 ? ["off the plan's map: nothing is known"] : wordsOf(cell, now);
    $("here").replaceChildren(el("b", {}, title), ...lines.map((line) => el("small", {}, line)));
  }
  /** @param {number} cell @param {Loaded} now @returns {string[]} */
  function wordsOf(cell, { layer }) {
    const value = state.counts[cell] & ~INSIDE;
    const who = plan.radars.filter((_, place) => view.on[place] && has(layer.sees[place], cell)).map((radar) => radar.name);
    const others = plan.radars.filter((_, place) => !view.on[place] && has(layer.sees[place], cell)).map((radar) => radar.name);
    const reason = plan.reasons[layer.why[cell]];
    const title = value === NO_AIR ? "below the ground" : value === UNKNOWN ? "unknown: nobody knows the ground"
      : value === LOST ? "nobody sees, for want of the unticked" : value === 0 ? `nobody sees: ${WHY_WORDS[reason] ?? reason}` : `${who.length} ${who.length === 1 ? "radar" : "radars"}`;
    const lowest = view.show === "lowest" && state.lowest ? state.lowest[cell] : null;
    return [
      title, ...(who.length ? [who.join(", ")] : []), ...(others.length ? [`unticked: ${others.join(", ")}`] : []),
      ...(lowest === null ? [] : [`lowest altitude seen: ${isNever(lowest) ? "never" : heightOf(lowest) === null ? "unknown" : `${view.units.height(heightOf(lowest))} above sea`}`]),
      ...(state.counts[cell] & INSIDE ? [] : ["outside the territory"]),
    ];
  }
  const placeUnder = (/** @type {MouseEvent} */ event) => {
    const box = stage.getBoundingClientRect();
    return map.camera().unproject(event.clientX - box.left, event.clientY - box.top);
  };
  $("basemap").addEventListener("pointermove", (/** @type {PointerEvent} */ event) => showHere(placeUnder(event)));
  $("basemap").addEventListener("pointerleave", () => showHere());
  $("basemap").addEventListener("click", (/** @type {MouseEvent} */ event) => pin(...placeUnder(event)));

  // What is looked for.
  /** Layers of a class above the same, lowest first. */
  const ladder = (/** @type {string} */ cls, /** @type {string} */ above) => plan.layers.map((layer, place) => ({ ...layer, place }))
    .filter((layer) => layer.cls === cls && layer.above === above).sort((a, b) => a.height_m - b.height_m);
  const layerWords = (/** @type {any} */ layer) => `${classWords(layer.cls)} at ${view.units.height(layer.height_m)} above ${layer.above}`;
  $("cls").replaceChildren(...classes.map((cls) => el("option", { value: cls }, classWords(cls))));
  function showWhat() {
    const layer = plan.layers[view.layer];
    $("cls").value = layer.cls;
    const aboves = ["ground", "sea"].filter((above) => ladder(layer.cls, above).length);
    $("above").replaceChildren(...aboves.map((above) => el("option", { value: above }, above === "ground" ? "ground" : "mean sea level")));
    $("above").value = layer.above;
    $("above").disabled = aboves.length < 2;
    const rungs = ladder(layer.cls, layer.above);
    $("height").max = String(rungs.length - 1);
    $("height").value = String(rungs.findIndex((rung) => rung.place === view.layer));
    $("height").disabled = rungs.length < 2;
    $("height").setAttribute("aria-valuetext", layerWords(layer));
    $("height-now").textContent = view.units.height(layer.height_m);
    for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[name=show]"))) radio.checked = radio.value === view.show;
    for (const [name, word] of Object.entries({ show: SHOW_WORDS[view.show], roses: view.hasRoses ? "on" : "off", units: view.units.name, theme: view.isDark ? "on" : "off" })) {
      $(`${name}-now`).textContent = word;
    }
    setTheme(view.isDark);
  }
  /** The layer of a class nearest to a height. @param {string} cls @param {string} above @param {number} height */
  function toLayer(cls, above, height) {
    const rungs = [ladder(cls, above), ladder(cls, "ground"), ladder(cls, "sea")].find((one) => one.length) ?? [];
    view.layer = rungs.reduce((a, b) => (Math.abs(b.height_m - height) < Math.abs(a.height_m - height) ? b : a)).place;
    showWhat();
    recompute();
  }
  $("cls").onchange = () => toLayer($("cls").value, plan.layers[view.layer].above, plan.layers[view.layer].height_m);
  $("above").onchange = () => toLayer(plan.layers[view.layer].cls, $("above").value, plan.layers[view.layer].height_m);
  /** @param {number} rung */
  const climbTo = (rung) => {
    const { cls, above } = plan.layers[view.layer];
    const rungs = ladder(cls, above);
    view.layer = rungs[Math.max(0, Math.min(rungs.length - 1, rung))].place;
    showWhat();
    recompute();
  };
  $("height").oninput = () => climbTo(Number($("height").value));
  $("show").onchange = () => {
    view.show = oneOf(/** @type {any} */ (document.querySelector("[name=show]:checked")).value, [...SHOWS]);
    showWhat();
    recompute();
  };
  $("what").onsubmit = (/** @type {Event} */ event) => event.preventDefault();
  $("speed").onchange = () => {
    view.spd = Number($("speed").value);
    recompute();
  };

  const act = {
    in: () => map.zoomBy(1),
    out: () => map.zoomBy(-1),
    home: () => map.showBox(plan.home),
    show: () => (view.show = next(view.show, [...SHOWS])),
    enablers: () => {
      const isWithout = enablers.every((radar) => !view.on[radar]);
      for (const radar of enablers) view.on[radar] = isWithout;
    },
    everybody: () => view.on.fill(true),
    roses: () => (view.hasRoses = !view.hasRoses),
    units: () => view.units.toggle(),
    theme: () => {
      view.isDark = !view.isDark;
      map.setTheme(view.isDark);
    },
    help: () => $("help").showModal(),
    lower: () => climbTo(Number($("height").value) - 1),
    higher: () => climbTo(Number($("height").value) + 1),
    middle: () => pin(map.camera().lon, map.camera().lat),
    escape: () => {
      view.pin = null;
      view.site = null;
    },
  };
  /** @param {keyof typeof act} name */
  const perform = (name) => {
    act[name]();
    showWhat();
    recompute();
  };
  for (const name of /** @type {const} */ (["in", "out", "home", "show", "enablers", "roses", "units", "theme", "help"])) {
    $(`tool-${name}`).onclick = () => perform(name);
  }
  $("enablers").onclick = () => perform("enablers");
  $("everybody").onclick = () => perform("everybody");
  const keys = {
    "+": "in", "=": "in", "-": "out", h: "home", v: "show", e: "enablers", a: "everybody", r: "roses", u: "units", d: "theme",
    "?": "help", "[": "lower", "]": "higher", c: "middle", Escape: "escape",
  };
  listenToKeys(keys, perform);

  const { stamp } = plan;
  $("stamp").replaceChildren(el("b", {}, plan.estimate),
    ` · ${stamp.plan} · k = ${Number(stamp.k.toFixed(3))} · terrain: ${stamp.terrain} · airshield ${stamp.version} · ${stamp.made.replace("T", " ")} · ${stamp.digest.slice(0, 12)}`,
    ...(stamp.terrain_warning ? [el("em", {}, ` ⚠ ${stamp.terrain_warning}`)] : []));
  $("answers").replaceChildren(...plan.answers.map(({ text, verdict, figure }) =>
    el("li", { className: verdict }, el("b", {}, verdict.toUpperCase()), el("span", {}, text), el("small", {}, `${figure} (with everybody)`))));

  function remember() {
    const layer = plan.layers[view.layer];
    const words = new URLSearchParams();
    words.set("map", placeWord(map.camera()));
    words.set("cls", layer.cls);
    words.set("h", `${layer.height_m}${layer.above === "ground" ? "g" : "s"}`);
    if (view.show !== "count") words.set("show", view.show);
    plan.radars.forEach((radar, place) => view.on[place] || words.append("off", radar.name));
    if (Number.isFinite(view.spd)) words.set("spd", String(view.spd));
    if (!view.hasRoses) words.set("roses", "off");
    if (view.site !== null) words.set("site", view.site);
    if (!view.isDark) words.set("theme", "light");
    if (view.units.system === "aviation") words.set("units", "aviation");
    if (asked.get("canvas") !== null) words.set("canvas", "");
    // Names may hold anything, so they stay encoded; the place is spelled out for people.
    const hash = `#${words.toString().replaceAll("%2F", "/")}`;
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }
  setInterval(remember, 500);
  showWhat();
  await load(view.layer);
  recompute();
  // The other heights come while nobody waits: the slider then answers at once.
  const { cls } = plan.layers[view.layer];
  const rest = plan.layers.map((layer, place) => ({ place, isOther: layer.cls !== cls })).sort((a, b) => Number(a.isOther) - Number(b.isOther));
  (async () => {
    for (const { place } of rest) await load(place);
  })();
  // For tests and for people with a console: what the page knows.
  Object.assign(window, { airshield: { plan, view, state, map, cover, grid, loaded, overlay, painter, recompute, tick, perform } });
}

/** Where the address bar says, or the first class at its middle height. @param {any[]} layers */
function startLayer(layers) {
  const h = asked.get("h") ?? "";
  const found = layers.findIndex((layer) => layer.cls === asked.get("cls") && h === `${layer.height_m}${layer.above === "ground" ? "g" : "s"}`);
  if (found >= 0) return found;
  const rungs = layers.map((layer, place) => ({ ...layer, place })).filter((layer) => layer.cls === layers[0].cls && layer.above === layers[0].above)
    .sort((a, b) => a.height_m - b.height_m);
  return rungs[rungs.length >> 1].place;
}

/** How many cells have each value. @param {Uint8Array} codes */
function tally(codes) {
  const many = new Uint32Array(256);
  for (let cell = 0; cell < codes.length; cell++) many[codes[cell]]++;
  return many;
}

/** @param {string} cls */
const classWords = (cls) => cls.replaceAll("_", " ");
/** Seen by so many or more. @param {number[]} weights @param {number} many */
const seenBy = (weights, many) => weights.slice(many, 5).reduce((a, b) => a + b, 0);
/** All with air above. @param {number[]} weights */
const total = (weights) => weights.slice(0, NO_AIR).reduce((a, b) => a + b, 0);

/** A share in words: nothing is only what is nothing, and all only what is all. @param {number} part @param {number} whole */
function share(part, whole) {
  if (!(whole > 0)) return "unknown";
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 0.1) return "< 0.1 %";
  if (part < whole && percent > 99.9) return "> 99.9 %";
  return `${percent >= 99.95 || percent === 0 ? Math.round(percent) : percent.toFixed(1)} %`;
}

/** @param {number} m2 */
const area = (m2) => `${figures(m2 / 1e6)} km²`;
/** @param {number} many */
const people = (many) => (many >= 999_500 ? `${(many / 1e6).toFixed(many >= 99.5e6 ? 0 : 1)} M` : figures(many));
/** @param {number} value */
const figures = (value) => (value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US"));
/** @param {number} value */
const minutes = (value) => `${value < 9.95 ? value.toFixed(1) : Math.round(value)} min`;

/** Replace a list's items and keep the focus at the same place in it. @param {HTMLElement} list @param {HTMLElement[]} items */
function refill(list, items) {
  const at = [...list.querySelectorAll("button")].indexOf(/** @type {any} */ (document.activeElement));
  list.replaceChildren(...items);
  if (at >= 0) list.querySelectorAll("button")[at]?.focus();
}

start();
