// The page of sustainment: can it be kept up, for how long, and what runs out first?

import { placeWord, startPlace } from "./address.js";
import { Basemap2d } from "./basemap-2d.js";
import { bindingWords, FAMILY_WORDS, familyOf } from "./binding.js";
import { barOf } from "./bars.js";
import { coast } from "./coast.js";
import { DaysChart, daysAxis, sameRuns } from "./days-chart.js";
import { $, el, svg } from "./dom.js";
import { buildBar, buildHelp, busy, fetchDocument, listenToKeys, setTheme } from "./shell.js";
import { figureHead, showAnswer, showNotes, table } from "./study.js";
import { COLOURS, FULL, fullness, isWeak, SupplyOverlay } from "./supply-overlay.js";
import { Units } from "./units.js";
import { mark, verdictWord } from "./verdicts.js";
import { count, daysLong, figure, grouped, interval, list, money, number, percent, tonnes, tonnesPerDay } from "./words.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const MARGIN_DEG = 0.8;
/** So much of the map's height stays clear for the legend. */
const LEGEND_PART = 0.2;
const RUN_MS = 120;
/** Cover that counts as manned where nothing is asked: what requirements usually ask. */
const MANNED = 0.95;
/** Looks of the states that fleets' aircraft are in, in the order in which they stand in a bar. */
const STATES = ["on station", "flying", "in transit", "planned", "ready", "turnaround", "repair", "in repair", "away", "down", "lost", "absent"];

const asked = new URLSearchParams(location.hash.slice(1));

async function start() {
  buildBar("sustain");
  buildHelp([
    ["?", "this sheet"], ["← →", "a day back, a day on"], ["Space", "let the days run, stop them"], ["H", "home: the whole map"],
    ["+ −", "zoom"], ["D", "dark or light"], ["Esc", "let go, close"],
  ], "The day moves stocks and stations on the map and the marks in the charts; a chart can be clicked or dragged over. The address bar holds day, selection and map: copy it to share.");
  const study = await fetchDocument("api/plan/sustain");
  const { days, stations, bases, supply } = study;
  const edges = supply?.edges ?? [];
  const nodes = supply?.nodes ?? [];
  const view = {
    isDark: asked.get("theme") !== "light",
    day: clampDay(Number(asked.get("day") ?? firstFailure(study) ?? 0), days),
    selected: thingOf(asked.get("of")),
    asked: new Map(study.requirements.filter((one) => one.kind === "station").map((one) => [one.of, one.asked])),
    units: new Units("si"),
  };
  setTheme(view.isDark);
  document.title = `${study.shield} – airshield sustain`;
  $("name").textContent = study.shield;
  await Promise.all(["400 12px B612", "700 12px B612"].map((font) => document.fonts.load(font)));

  showAnswer(study, [
    `${study.tempo} tempo`,
    ...(study.without.length ? [`without ${list(study.without)}${study.without_from_day ? ` from day ${study.without_from_day}` : ""}`] : ["with everybody"]),
  ]);
  if (study.requirements.length) $("answer").append(requirementList(study.requirements));
  /** @type {DaysChart[]} */
  const charts = [];
  /** What a chart's row says of a day. @type {((day: number) => void)[]} */
  const readings = [];
  showStations();
  showStocks();
  showSizes();
  showSupply();
  showFleets();
  showCost();
  showNotes(study);

  // The map.
  const stage = $("stage");
  $("map-legend").open = innerWidth > 1000;
  // A base without supply may lie half a continent away: home is where the shield is.
  const near = [...stations, ...nodes, ...bases.filter((one) => one.node !== null)];
  const [west, south, east, north] = boxOf((near.length ? near : bases).map((one) => [one.lon_deg, one.lat_deg]));
  const home = [west, south - ($("map-legend").open ? LEGEND_PART * (north - south) : 0), east, north];
  const map = new Basemap2d($("basemap"), startPlace(asked, home, stage), { zones: EMPTY, radars: EMPTY, blind: EMPTY }, view.isDark);
  const overlay = new SupplyOverlay($("overlay"), study);
  coast(map, overlay);
  let isDue = false;
  const paintSoon = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(paint);
  };
  function paint() {
    isDue = false;
    overlay.drawSupply(map.camera(), view);
  }
  map.onMove(paint);

  /** Everything that follows from the day. @param {number} day */
  function toDay(day) {
    view.day = clampDay(day, days);
    $("day").value = String(view.day);
    $("day-now").textContent = String(view.day);
    for (const chart of charts) chart.setDay(view.day);
    for (const read of readings) read(view.day);
    const words = dayWords(study, view.asked, view.day);
    $("day-words").textContent = $("day-words").title = words;
    $("day").setAttribute("aria-valuetext", `day ${view.day}: ${words}`);
    showHere();
    paintSoon();
  }

  /** @param {import("./supply-overlay.js").Thing|null} thing @param {boolean} [goesThere] */
  function select(thing, goesThere = false) {
    view.selected = thing;
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-thing]"))) {
      const isIt = thing !== null && row.dataset.thing === wordOf(thing);
      row.classList.toggle("selected", isIt);
    }
    const box = thing && goesThere ? boxOfThing(thing) : null;
    if (box) map.showBox(box);
    showHere();
    paintSoon();
  }
  /** @param {import("./supply-overlay.js").Thing} thing */
  function boxOfThing({ kind, name }) {
    if (kind !== "edge") {
      const one = { node: nodes, base: bases, station: stations }[kind].find((other) => other[kind] === name);
      return one ? boxOf([[one.lon_deg, one.lat_deg]], 2.5) : null;
    }
    const edge = edges.find((one) => one.edge === name);
    return edge ? boxOf([0, 1].map((i) => [edge.lon_deg[i], edge.lat_deg[i]]), 1) : null;
  }

  // Time lines.
  /** @param {HTMLElement} head @param {DaysChart} chart @param {string} [thing] */
  function rowOf(head, chart, thing) {
    charts.push(chart);
    return el("div", { className: "days-row", ...(thing ? { "data-thing": thing } : {}) }, head, chart.node);
  }

  function showStations() {
    const families = new Set(stations.flatMap((one) => one.binding_by_day.filter((code) => code !== null).map(familyOf)));
    $("binding-legend").replaceChildren(...Object.entries(FAMILY_WORDS).filter(([name]) => families.has(/** @type {any} */ (name)))
      .map(([name, words]) => el("li", {}, el("i", { className: `swatch ${name}` }), words)));
    $("binding-legend").hidden = !families.size;
    $("stations-note").textContent = stations.length ? "Line: mean of the runs; band: 5 to 95 % of the runs; dashes: what is asked; strip: what is short, faint on days that are manned as asked." : "The shield has no stations.";
    $("stations").replaceChildren(...(stations.length ? [daysAxis(days)] : []), ...stations.map((one) => {
      const level = view.asked.get(one.station) ?? null;
      const required = study.requirements.find((other) => other.kind === "station" && other.of === one.station);
      // Over its whole time a station may hold though its last days are below what is asked.
      const isAlarm = isLikely(one) && required?.verdict !== "holds";
      const now = el("small", { className: "now" });
      readings.push((day) => {
        const value = one.cover_by_day[day] ?? null;
        const code = one.binding_by_day[day] ?? null;
        const range = interval(one.low_by_day[day] ?? null, one.high_by_day[day] ?? null, "share");
        now.textContent = `day ${day}: ${percent(value)}${range ? ` (${range})` : ""}${code ? ` · ${bindingWords(code)}` : ""}`;
      });
      const range = interval(one.cover_low, one.cover_high, "share");
      const button = el("button", { className: "row-head", title: "Show it on the map" },
        el("b", {}, ...(required ? [mark(required.verdict), " "] : []), one.station),
        el("span", {}, el("strong", {}, percent(one.cover)), range ? ` ${range}` : "", level === null ? "" : ` of ${percent(level)}`),
        el("span", {}, `${percent(one.cover_bad)} in the worst 5 % of runs`), now);
      button.onclick = () => select({ kind: "station", name: one.station }, true);
      // What little is short on days that are manned as asked is told faintly.
      const isFaint = (/** @type {number} */ day) => (one.cover_by_day[day] ?? 0) >= (level ?? MANNED);
      const strip = sameRuns(one.binding_by_day.map((code, day) => code && `${code} ${isFaint(day) ? "faint" : ""}`)).filter(({ value }) => value !== null).map(({ from, to, value }) => {
        const [code, look] = /** @type {string} */ (value).split(" ");
        return { from, to, look: `seg ${familyOf(code)} ${look}`, words: look === "faint" ? "" : bindingWords(code), title: `${dayRange(from, to)}: ${bindingWords(code)}` };
      });
      const chart = new DaysChart({
        words: `${one.station}: ${percent(one.cover)} manned over ${daysLong(days)}${one.why ? `; ${one.why}` : ""}`,
        days, mean: one.cover_by_day, low: one.low_by_day, high: one.high_by_day, top: 1,
        asked: level === null ? [] : [level], strip,
        marks: one.fails_from === null ? [] : [isAlarm ? { day: one.fails_from, words: `fails from day ${one.fails_from}` }
          : { day: one.fails_from, words: `below from day ${one.fails_from}${one.chance === null ? "" : `, in ${percent(one.chance)} of runs`}`, isRare: true }],
      }, toDay);
      const row = rowOf(button, chart, `station:${one.station}`);
      if (one.why) {
        const inRuns = one.chance === null ? "" : `In ${percent(one.chance)} of the runs: `;
        row.append(el("p", { className: isAlarm ? "why" : "why rare" }, el("small", {}, inRuns), inRuns ? `${one.why}.` : `${one.why[0].toUpperCase()}${one.why.slice(1)}.`));
      }
      return row;
    }));
  }

  function showStocks() {
    const known = [
      ...bases.map((one) => ({ ...one, kind: "base", name: one.base, out: one.first_out_day, word: "out" })),
      ...nodes.filter((one) => one.stock_t_by_day?.some((t) => t !== 0) && !bases.some((base) => base.node === one.node && base.stock_t_by_day))
        .map((one) => ({ ...one, kind: "node", name: one.node, out: one.first_short_day, word: "short", burn_t_per_day: one.need_t_per_day })),
    ];
    const [told, untold] = [known.filter((one) => one.stock_t_by_day), known.filter((one) => !one.stock_t_by_day)];
    $("stocks-note").textContent = untold.length ? `Unknown: what is held at ${list(untold.map((one) => one.name))}.` : known.length ? "" : "No stock was told.";
    $("stocks").replaceChildren(...told.map((one) => {
      const top = Math.max(1e-9, ...[...one.stock_t_by_day, ...(one.high_t_by_day ?? [])].map((t) => t ?? 0));
      const now = el("small", { className: "now" });
      readings.push((day) => (now.textContent = `day ${day}: ${tonnes(one.stock_t_by_day[day] ?? null)}`));
      const burn = one.burn_t_per_day ?? null;
      const button = el("button", { className: "row-head", title: "Show it on the map" }, el("b", {}, one.name),
        el("span", {}, burn === null ? (one.kind === "base" ? "burn unknown" : "need unknown") : !(burn > 0) && one.kind === "node" ? "no need of its own" : `${one.kind === "base" ? "burns" : "needs"} ${tonnesPerDay(burn)}`), now);
      button.onclick = () => select({ kind: one.kind, name: one.name }, true);
      const chart = new DaysChart({
        words: `${one.name}: ${tonnes(one.stock_t_by_day[0])} at first, ${one.out === null ? "never out" : `${one.word} from day ${one.out}`}`,
        days, mean: one.stock_t_by_day, low: one.low_t_by_day, high: one.high_t_by_day, top: top * 1.05,
        marks: one.out === null ? [] : [{ day: one.out, words: `${one.word}: day ${one.out}` }],
      }, toDay);
      return rowOf(button, chart, `${one.kind}:${one.name}`);
    }));
  }

  // Tables.
  function showSizes() {
    const { roles } = study;
    $("sizes").closest("section").hidden = !roles.length;
    const few = roles.filter((one) => one.worst !== null && one.there < one.worst);
    const onMeans = few.filter((one) => one.mean !== null && one.there >= one.mean);
    $("sizes-note").textContent = `Aircraft that the stations of a role take together for the cover that they are sized for, beside those that there are.${
      few.length ? ` Too few in the worst runs: ${list(few.map((one) => roleWords(one.role)))}.` : ""}${onMeans.length ? ` Sized on means: ${list(onMeans.map((one) => roleWords(one.role)))}.` : ""}`;
    const enough = (/** @type {any} */ one, /** @type {number|null} */ needed) => (needed === null || one.there >= needed
      ? number(needed) : el("span", { className: "worse" }, number(needed)));
    $("sizes").replaceChildren(table(
      ["role", figureHead("sized for", "the cover that its fleets are sized for"), figureHead("there are"), figureHead("formula", "the closed station formula"),
        figureHead("no roster below", "the linear programme that no roster can beat"), figureHead("on average", "for such a mean cover over the runs"), figureHead("in the worst 5 % of runs", "for such a cover in them")],
      roles.map((one) => [
        el("span", {}, roleWords(one.role), el("small", {}, one.stations.join(", ")), ...(one.why ? [el("small", { className: "worse" }, one.why)] : [])),
        percent(one.share), number(one.there), enough(one, one.formula), enough(one, one.bound), enough(one, one.mean), enough(one, one.worst),
      ]),
    ));
  }

  function showSupply() {
    $("supply-box").hidden = supply === null;
    if (supply === null) return;
    $("supply-title").textContent = `Supply of ${supply.goods}: what hangs on one edge`;
    const worst = edges.toSorted((a, b) => (b.loss_share ?? -1) - (a.loss_share ?? -1));
    const links = worst.map((edge) => {
      const button = el("button", { className: "link" }, edge.edge);
      button.onclick = () => select({ kind: "edge", name: edge.edge }, true);
      return button;
    });
    const told = table(
      ["edge", figureHead("flow of capacity"), figureHead("used"), figureHead("lost without it"), figureHead("of all"), "only way to"],
      worst.map((edge, i) => [
        el("span", {}, links[i], el("small", {}, `${edge.mode}, ${edge.contributor}`)), edge.flow_t_per_day === null && edge.capacity_t_per_day === null ? "unknown" : `${tonnes(edge.flow_t_per_day)} of ${tonnesPerDay(edge.capacity_t_per_day)}`,
        usedBar(edge), tonnesPerDay(edge.loss_t_per_day),
        edge.loss_share !== null && isWeak(edge) ? el("span", { className: "worse" }, percent(edge.loss_share)) : percent(edge.loss_share), edge.sole_way_to.length ? el("b", { className: "weak" }, `◆ ${list(edge.sole_way_to)}`) : "",
      ]),
    );
    [...told.tBodies[0].rows].forEach((row, i) => (row.dataset.thing = `edge:${worst[i].edge}`));
    $("edges").replaceChildren(told);
    const short = nodes.filter((one) => one.first_short_day !== null);
    $("losses").replaceChildren(
      ...short.map((one) => el("p", { className: "why" }, `${one.node} is short from day ${one.first_short_day}: it gets ${tonnes(one.got_t_per_day)} of ${tonnesPerDay(one.need_t_per_day)}${one.why ? `, because ${one.why}` : ""}.`)),
      ...(supply.owners.length ? [el("h3", {}, "Lost without an owner"), el("div", { className: "wide" }, table(["owner", figureHead("lost"), figureHead("of all")],
        supply.owners.map((one) => [one.contributor, tonnesPerDay(one.loss_t_per_day), percent(one.loss_share)])))] : []),
      ...(supply.worst_pairs.length ? [el("h3", {}, "Worst two edges to lose together"), el("div", { className: "wide" }, table(["first", "second", figureHead("lost"), figureHead("of all")],
        supply.worst_pairs.map((one) => [one.first, one.second, tonnesPerDay(one.loss_t_per_day), percent(one.loss_share)])))] : []),
    );
  }

  function showFleets() {
    $("fleets").closest("section").hidden = !study.fleets.length;
    const present = [...new Set(study.fleets.flatMap((one) => Object.keys(one.states)))].sort((a, b) => placeOf(a) - placeOf(b));
    $("state-legend").replaceChildren(...present.map((state) => el("li", {}, el("i", { className: `swatch ${stateLook(state)}` }), state)));
    const { currency } = study.cost;
    $("fleets").replaceChildren(table(
      ["fleet, and what its aircraft do on average", figureHead("aircraft"), figureHead("sorties/day"), figureHead("hours/day"), figureHead("alert kept"),
        figureHead("cost/month", "variable; full")],
      study.fleets.map((one) => [
        el("span", {}, one.fleet, el("small", {}, `${one.aircraft} at ${one.base}${one.on_alert ? `, ${one.on_alert} on alert` : ""}`), stateBar(one, present)), number(one.count),
        number(one.sorties_per_day), number(one.flight_h_per_day),
        one.on_alert ? percent(one.alert) : "none kept",
        el("span", {}, money(one.cost_variable_per_month, currency), el("small", {}, `full: ${money(one.cost_full_per_month, currency)}`)),
      ]),
    ));
  }

  function showCost() {
    const { currency, variable_per_month: variable, full_per_month: full, left_out: out } = study.cost;
    $("cost").replaceChildren(el("dl", { className: "facts" },
      el("dt", {}, "variable"), el("dd", {}, money(variable, currency)), el("dt", {}, "full"), el("dd", {}, money(full, currency))),
    ...(out.length ? [el("p", { className: "quiet" }, `Left out, for want of a known cost: ${list(out)}.`)] : []));
  }

  // What is pointed at.
  function showHere(thing = view.selected) {
    $("here").hidden = !thing;
    if (!thing) return;
    const words = hereWords(thing);
    $("here").replaceChildren(el("b", {}, thing.name), ...words.map((line) => el("small", {}, line)));
  }
  /** @param {import("./supply-overlay.js").Thing} thing @returns {string[]} */
  function hereWords({ kind, name }) {
    const { day } = view;
    if (kind === "edge") {
      const edge = edges.find((one) => one.edge === name);
      return [
        `${edge.mode}, ${edge.contributor}`, edge.used_share === null ? `flow ${tonnesPerDay(edge.flow_t_per_day)}, capacity ${tonnesPerDay(edge.capacity_t_per_day)}` : `carries ${tonnes(edge.flow_t_per_day)} of ${tonnesPerDay(edge.capacity_t_per_day)}: ${percent(edge.used_share)} used${edge.used_share >= FULL ? ", full" : ""}`,
        edge.loss_t_per_day === null ? "what is lost without it is unknown" : `without it ${tonnesPerDay(edge.loss_t_per_day)} less, ${edge.loss_share === null ? "which share of all is unknown" : `${percent(edge.loss_share)} of all`}`, ...(edge.sole_way_to.length ? [`◆ the only way to ${list(edge.sole_way_to)}`] : []),
      ];
    }
    if (kind === "station") {
      const one = stations.find((other) => other.station === name);
      const code = one.binding_by_day[day] ?? null;
      const range = interval(one.low_by_day[day] ?? null, one.high_by_day[day] ?? null, "share");
      return [`${roleWords(one.role)} station, ${count(one.count, "aircraft", "aircraft")}`, `day ${day}: ${percent(one.cover_by_day[day] ?? null)}${range ? ` (${range})` : ""}`, ...(code ? [bindingWords(code)] : []), ...(one.why ? [one.why] : [])];
    }
    const node = kind === "node" ? nodes.find((one) => one.node === name) : null;
    const base = bases.find((one) => (kind === "base" ? one.base === name : one.node === name)) ?? null;
    const lines = [];
    if (node) {
      lines.push(`${node.kind}, ${node.contributor}`);
      lines.push(node.stock_t_by_day === null ? "holds nothing of its own, or it is unknown" : `day ${day}: holds ${tonnes(node.stock_t_by_day[day] ?? null)}`);
      if (node.need_t_per_day !== null) lines.push(`gets ${tonnes(node.got_t_per_day)} of ${tonnesPerDay(node.need_t_per_day)}`);
      if (node.first_short_day !== null) lines.push(`short from day ${node.first_short_day}${node.why ? `: ${node.why}` : ""}`);
    }
    if (base) {
      lines.push(`base ${base.base}, ${base.contributor}: ${base.stock_t_by_day === null ? "stock unknown" : `${tonnes(base.stock_t_by_day[day] ?? null)} on day ${day}`}`);
      lines.push(base.burn_t_per_day === null ? "burn unknown" : `burns ${tonnesPerDay(base.burn_t_per_day)}`);
      if (base.first_out_day !== null) lines.push(`out on day ${base.first_out_day}`);
    }
    return lines;
  }
  const thingUnder = (/** @type {MouseEvent} */ event) => {
    const box = stage.getBoundingClientRect();
    return overlay.thingAt(event.clientX - box.left, event.clientY - box.top);
  };
  $("basemap").addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const thing = thingUnder(event);
    $("basemap").style.cursor = thing ? "pointer" : "";
    showHere(thing ?? view.selected);
  });
  $("basemap").addEventListener("pointerleave", () => showHere());
  $("basemap").addEventListener("click", (/** @type {MouseEvent} */ event) => select(thingUnder(event)));

  function showLegend() {
    const k = COLOURS[view.isDark ? "dark" : "light"];
    const line = (/** @type {string} */ colour, /** @type {Record<string, string|number>} */ more = {}) => svg("svg", { viewBox: "0 0 30 12" }, svg("path", { d: "M1 6H29", stroke: colour, "stroke-width": 4, ...more }));
    const shape = (/** @type {string} */ d) => svg("svg", { viewBox: "0 0 16 16" }, svg("path", { d, fill: "none", stroke: k.base, "stroke-width": 1.6 }));
    $("map-keys").replaceChildren(...[
      ["width: what flows; colour:", null], ["under 70 % used", line(k.easy)], ["70 to 95 %", line(k.busy)], ["full", line(k.full)],
      ["nothing flows", line(k.idle, { "stroke-dasharray": "8 5", "stroke-width": 2 })], ["unknown", line(k.idle, { "stroke-dasharray": "2 5", "stroke-width": 2 })],
      ["much hangs on it", svg("svg", { viewBox: "0 0 30 12" }, svg("path", { d: "M1 2.5H29M1 9.5H29", stroke: k.weak, "stroke-width": 1.5 }), svg("path", { d: "M1 6H29", stroke: k.easy, "stroke-width": 3 }))],
      ["source", shape("M8 14 1.5 2.5H14.5Z")], ["depot", shape("M2.5 2.5H13.5V13.5H2.5Z")], ["railhead, junction", shape("M8 1.5 14.5 8 8 14.5 1.5 8Z")],
      ["base", shape("M8 2A6 6 0 1 1 7.99 2ZM0.5 11.5 15.5 4.5")],
      ["stock of the day", svg("svg", { viewBox: "0 0 16 16" }, svg("rect", { x: 5, y: 1, width: 6, height: 14, fill: "none", stroke: k.base }), svg("rect", { x: 6, y: 8, width: 4, height: 6.5, fill: k.good }))],
      ["station: manned that day", svg("svg", { viewBox: "0 0 16 16" }, svg("path", { d: "M8 2.5A5.5 5.5 0 1 1 2.5 8", fill: "none", stroke: k.good, "stroke-width": 3.5 }))],
    ].map(([words, node]) => el("li", {}, ...(node ? [node] : []), /** @type {string} */ (words))));
  }

  // The day.
  $("day").max = String(days - 1);
  $("day").oninput = () => toDay(Number($("day").value));
  $("scrub").onsubmit = (/** @type {Event} */ event) => event.preventDefault();
  let running = 0;
  function run() {
    clearInterval(running);
    running = running ? 0 : window.setInterval(() => {
      if (view.day >= days - 1) run();
      else toDay(view.day + 1);
    }, RUN_MS);
    if (running && view.day >= days - 1) toDay(0);
    $("play").setAttribute("aria-pressed", String(running > 0));
    $("play").replaceChildren(el("span", { ariaHidden: "true" }, running ? "❚❚" : "▶"), running ? " stop" : " run");
  }
  $("play").onclick = run;

  const act = {
    in: () => map.zoomBy(1), out: () => map.zoomBy(-1), home: () => map.showBox(home),
    theme: () => {
      view.isDark = !view.isDark;
      map.setTheme(view.isDark);
      showTheme();
    },
    help: () => $("help").showModal(), back: () => toDay(view.day - 1), on: () => toDay(view.day + 1), run, escape: () => select(null),
  };
  function showTheme() {
    setTheme(view.isDark);
    $("theme-now").textContent = view.isDark ? "on" : "off";
    showLegend();
    paintSoon();
  }
  const perform = (/** @type {string} */ name) => act[/** @type {keyof typeof act} */ (name)]();
  for (const name of ["in", "out", "home", "theme", "help"]) $(`tool-${name}`).onclick = () => perform(name);
  listenToKeys({ "+": "in", "=": "in", "-": "out", h: "home", d: "theme", "?": "help", ArrowLeft: "back", ArrowRight: "on", Escape: "escape" }, perform);
  addEventListener("keydown", (event) => {
    if (event.key !== " " || $("help").open || /** @type {HTMLElement} */ (event.target).matches?.("button, summary, a")) return;
    event.preventDefault();
    run();
  });

  function remember() {
    const words = new URLSearchParams();
    words.set("map", placeWord(map.camera()));
    words.set("day", String(view.day));
    if (view.selected) words.set("of", wordOf(view.selected));
    if (!view.isDark) words.set("theme", "light");
    const hash = `#${words.toString().replaceAll("%2F", "/")}`;
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }
  setInterval(remember, 500);
  showTheme();
  select(view.selected);
  toDay(view.day);
  busy("");
  // For tests and for people with a console: what the page knows.
  Object.assign(window, { airshield: { study, view, map, overlay, charts, toDay, select, perform } });
}

const clampDay = (/** @type {number} */ day, /** @type {number} */ days) => Math.max(0, Math.min(days - 1, Number.isFinite(day) ? Math.round(day) : 0));
/** Whether a station fails in most runs, and not only in some. @param {any} station */
const isLikely = ({ chance }) => chance === null || chance >= 0.5;
/** The first day on which something that stood until then fails. @param {any} study */
function firstFailure(study) {
  const all = study.stations.filter(isLikely).map((one) => one.fails_from).filter((day) => day > 0);
  return all.length ? Math.min(...all) : null;
}
/** @param {import("./supply-overlay.js").Thing} thing */
const wordOf = ({ kind, name }) => `${kind}:${name}`;
/** @param {string|null} word @returns {import("./supply-overlay.js").Thing|null} */
function thingOf(word) {
  const [, kind, name] = /^(node|edge|base|station):(.+)$/.exec(word ?? "") ?? [];
  return kind ? { kind: /** @type {any} */ (kind), name } : null;
}
/** West, south, east, north around places, with a margin. @param {number[][]} places @param {number} [margin] */
function boxOf(places, margin = MARGIN_DEG) {
  if (!places.length) return [-10, 35, 45, 65];
  const [lon, lat] = [0, 1].map((i) => places.map((place) => place[i]));
  return [Math.min(...lon) - margin, Math.min(...lat) - margin, Math.max(...lon) + margin, Math.max(...lat) + margin];
}
const dayRange = (/** @type {number} */ from, /** @type {number} */ to) => (to - from === 1 ? `day ${from}` : `days ${from} to ${to - 1}`);

/** A day in a sentence. @param {any} study @param {Map<string, number>} asked @param {number} day */
function dayWords(study, asked, day) {
  const known = study.stations.filter((one) => (one.cover_by_day[day] ?? null) !== null);
  const low = known.filter((one) => asked.has(one.station) && one.cover_by_day[day] < /** @type {number} */ (asked.get(one.station)));
  const doubt = study.stations.length - known.length;
  const out = study.bases.filter((one) => one.first_out_day !== null && one.first_out_day <= day);
  return [
    !known.length ? (study.stations.length ? "no station's cover is known" : "no stations") : !known.some((one) => asked.has(one.station)) ? "nothing is asked of the stations" : low.length ? `below what is asked: ${list(low.map((one) => one.station))}` : "every known station is manned as asked of it",
    ...(doubt && known.length ? [`${count(doubt, "station")} unknown`] : []),
    ...(out.length ? [`fuel has been out at ${list(out.map((one) => one.base))}`] : []),
  ].join(" · ");
}

/** Every requirement with its figure. @param {any[]} requirements */
function requirementList(requirements) {
  return el("ul", { id: "requirements", ariaLabel: "Requirements" }, ...requirements.map((one) => {
    const range = interval(one.low, one.high, one.unit);
    return el("li", { className: one.verdict }, verdictWord(one.verdict), el("span", {}, one.name),
      el("span", {}, el("b", {}, figure(one.value, one.unit)), range ? ` (${range})` : "", ` of ${figure(one.asked, one.unit)}${one.unit === "share" ? ` for ${daysLong(one.asked_days)}` : ""}`),
      ...(one.why && one.verdict === "unknown" ? [el("small", {}, one.why)] : []));
  }));
}

/** @param {any} edge */
function usedBar(edge) {
  if (edge.used_share === null) return "unknown";
  return el("span", { className: "with-bar" }, barOf({ value: edge.used_share, to: 1, look: fullness(edge) }), percent(edge.used_share));
}

const roleWords = (/** @type {string} */ role) => role.replaceAll("_", " ");
const placeOf = (/** @type {string} */ state) => (STATES.indexOf(state) + STATES.length + 1) % (STATES.length + 1);
const stateLook = (/** @type {string} */ state) => `state-${state.replaceAll(" ", "-")}`;
/** A fleet's aircraft by what they do. @param {any} fleet @param {string[]} order */
function stateBar(fleet, order) {
  const sum = Object.values(fleet.states).reduce((a, b) => a + (b ?? 0), 0);
  if (!(sum > 0)) return el("small", { className: "none" }, "what they do is unknown");
  const told = order.filter((state) => (fleet.states[state] ?? 0) > 0);
  return el("span", { className: "stack", role: "img", ariaLabel: told.map((state) => `${state} ${number(fleet.states[state])}`).join(", ") }, ...told.map((state) => {
    const part = fleet.states[state] / sum;
    const piece = el("i", { className: stateLook(state), title: `${state}: ${number(fleet.states[state])} of ${grouped(sum, 1)}` }, part > 0.11 ? number(Math.round(fleet.states[state] * 10) / 10) : "");
    piece.style.width = `${100 * part}%`;
    return piece;
  }));
}

start();
