// The page of dependence: on whom does the shield depend, with and without whom does it hold?

import { barOf, scaleOf } from "./bars.js";
import { Coalitions, isIn, maskOf } from "./coalitions.js";
import { $, el, svg } from "./dom.js";
import { buildBar, buildHelp, busy, fetchDocument, listenToKeys, setTheme } from "./shell.js";
import { figureHead, showAnswer, showNotes, table } from "./study.js";
import { mark, verdictWord } from "./verdicts.js";
import { count, daysLong, figure, grouped, interval, list, money, percent } from "./words.js";

const KIND_WORDS = { host: "host", member: "member", enabler: "outside enabler" };
const MOST_PAIRS = 8;
const NEAREST = 3;

const asked = new URLSearchParams(location.hash.slice(1));

async function start() {
  buildBar("depend");
  buildHelp([
    ["?", "this sheet"], ["E", "with or without the outside enablers"], ["A", "everybody"], ["N", "nobody"],
    ["1 to 9", "a contributor in or out, in their order"], ["R", "next requirement"], ["D", "dark or light"], ["Esc", "close"],
  ], "Ticks are answered from the coalitions that were worked out beforehand; one that was not is said to be so. The address bar holds the ticks: copy it to share.");
  const study = await fetchDocument("api/plan/depend");
  const { contributors, requirements } = study;
  const untold = { value: null, low: null, high: null, verdict: "unknown" };
  const comparison = study.comparison.map((row) => ({ ...row, requirements: requirements.map(({ name }) => row.requirements.find((one) => one.name === name) ?? untold) }));
  const names = contributors.map((one) => one.name);
  const coalitions = new Coalitions(study.coalitions, contributors.length);
  const enablers = contributors.map((one) => one.kind === "enabler");
  const hasEnablers = enablers.some(Boolean);
  const whole = requirements.findIndex((one) => one.kind === "all");
  const off = new Set(asked.getAll("off"));
  const view = {
    isDark: asked.get("theme") !== "light",
    on: names.map((name) => !off.has(name)),
    of: Math.max(0, requirements.findIndex((one) => one.name === (asked.get("of") ?? requirements[whole]?.name))),
    /** @type {number|null} who is pointed at */ about: null,
    tookMs: NaN,
  };
  setTheme(view.isDark);
  document.title = `${study.shield} – airshield depend`;
  $("name").textContent = study.shield;
  await Promise.all(["400 12px B612", "700 12px B612"].map((font) => document.fonts.load(font)));

  showAnswer(study, [count(contributors.length, "contributor"), study.coalitions.is_complete ? "every coalition worked out" : `${grouped(study.coalitions.mask.length)} of ${grouped(2 ** contributors.length)} coalitions worked out`]);
  if (study.vetoes.length) $("answer").insertBefore(el("p", { id: "vetoes" }, el("b", { className: "veto" }, "veto"), ` Without ${study.vetoes.length === 1 ? study.vetoes[0] : `any one of ${list(study.vetoes)}`} ${heldWords(study, whole)}`), $("answer").lastChild);

  const everybody = comparison[0] ?? null;
  const without = hasEnablers ? (comparison[1] ?? null) : null;
  /** Scale of each requirement's bars: shares to one, days to the most that anybody reaches. */
  const tops = requirements.map((one, k) => (one.unit !== "days" ? 1 : Math.max(1.25 * one.asked, ...comparison.map((row) => row.requirements[k].high ?? 0))));

  // The first picture, and beside it the ticks' own.
  const order = requirements.map((_, k) => k).sort((a, b) => Number(b === whole) - Number(a === whole));
  const columns = [
    ...(everybody ? [{ title: "with everybody", outcomes: everybody.requirements, mask: everybody.mask }] : []),
    ...(without ? [{ title: without.who, outcomes: without.requirements, mask: without.mask }] : []),
  ];
  const tickedHead = el("th", { scope: "col", className: "ticked" });
  const tickedCells = requirements.map(() => el("td", { className: "ticked" }));
  const firstRows = requirements.map((one, k) => el("tr", {}, el("th", { scope: "row" }, requirementButton(k), el("small", {}, askedWords(one))),
    ...columns.map(({ outcomes }) => el("td", {}, ...cell(k, outcomes[k]))), tickedCells[k]));
  $("first").replaceChildren(
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "requirement"), ...columns.map(({ title, outcomes, mask }) => {
      const button = el("button", { className: "link", title: "Set the ticks so" }, title);
      button.onclick = () => setMask(mask);
      return el("th", { scope: "col" }, button, el("span", { className: "sum" }, tally(outcomes)));
    }), tickedHead)),
    el("tbody", {}, ...order.map((k) => firstRows[k])),
  );
  $("first").style.setProperty("--many", String(columns.length + 1));
  $("first-title").textContent = without ? "What holds, with and without the outside enablers" : "What holds";

  /** @param {number} k @param {import("./coalitions.js").Outcome|undefined} outcome @returns {Node[]} */
  function cell(k, outcome) {
    if (!outcome) return [el("span", { className: "none" }, "not worked out")];
    const one = requirements[k];
    const range = k === whole ? "" : interval(outcome.low, outcome.high, one.unit);
    return [
      el("span", { className: "outcome" }, mark(outcome.verdict), el("b", {}, valueWords(k, outcome.value)), ...(range ? [el("small", {}, range)] : [])),
      barOf({ value: outcome.value, low: outcome.low, high: outcome.high, asked: one.asked, to: tops[k], look: outcome.verdict }),
    ];
  }
  /** All together is a share of the requirements: it is told as a number of them. @param {number} k @param {number|null} value */
  function valueWords(k, value) {
    const many = requirements.length - 1;
    if (k === whole && value !== null && many > 0 && Math.abs(value * many - Math.round(value * many)) < 0.01) return `${Math.round(value * many)} of ${many} hold`;
    return figure(value, requirements[k].unit);
  }
  /** @param {any} one */
  function askedWords(one) {
    if (one.kind === "all") return "all of them are asked";
    return `${one.kind}, ${one.unit === "chance" ? "lasts in" : "at least"} ${figure(one.asked, one.unit)}${one.unit === "chance" ? " of runs" : ""}`;
  }
  /** @param {any[]|null} outcomes */
  function tally(outcomes) {
    if (!outcomes) return "not worked out";
    const single = outcomes.filter((_, k) => k !== whole);
    const many = (/** @type {string} */ verdict) => single.filter((one) => one.verdict === verdict).length;
    return [`${many("holds")} hold`, ...(many("fails") ? [`${many("fails")} fail`] : []), ...(many("unknown") ? [`${many("unknown")} unknown`] : [])].join(" · ");
  }
  /** @param {number} k */
  function requirementButton(k) {
    const button = el("button", { className: "link", title: "Show what each is worth for it" }, requirements[k].name);
    button.onclick = () => setOf(k);
    return button;
  }

  // Who is there.
  const boxes = names.map((_, i) => el("input", { type: "checkbox", id: `contributor-${i}` }));
  const items = contributors.map((one, i) => {
    boxes[i].onchange = () => {
      view.on[i] = boxes[i].checked;
      recompute();
    };
    const item = el("li", {},
      el("label", {}, boxes[i], el("span", {}, one.name)), el("span", { className: `kind ${one.kind ?? "untold"}` }, KIND_WORDS[one.kind] ?? "kind not told"),
      ...(study.vetoes.includes(one.name) ? [el("b", { className: "veto" }, "veto")] : []), el("small", {}, one.brings || "brings nothing that was told"));
    item.onpointerenter = item.onfocusin = () => pointAt(i);
    return item;
  });
  $("ticks").replaceChildren(...items);
  $("enablers").hidden = !hasEnablers;

  /** Everything that follows from the ticks. */
  function recompute() {
    const from = performance.now();
    const mask = maskOf(view.on);
    const outcomes = coalitions.outcomes(mask);
    boxes.forEach((box, i) => {
      box.checked = view.on[i];
      items[i].classList.toggle("off", !view.on[i]);
    });
    const gone = names.filter((_, i) => !view.on[i]);
    const who = whoWords(mask);
    tickedHead.replaceChildren(el("span", {}, "as ticked"), el("span", { className: "sum" }, tally(outcomes)));
    tickedCells.forEach((node, k) => node.replaceChildren(...cell(k, outcomes?.[k])));
    const verdict = outcomes ? (whole >= 0 ? outcomes[whole].verdict : "unknown") : null;
    $("verdict").replaceChildren(
      el("span", {}, ...(verdict ? [verdictWord(verdict), ` ${tally(outcomes)}`] : [el("b", { className: "none" }, "not worked out")])),
      el("small", {}, `${who}${outcomes ? "" : ": this coalition is not in the sample"}`));
    // Under the ticks, which must not move under the pointer.
    $("nearest").replaceChildren(...(outcomes ? [] : [el("h2", {}, "The nearest that were worked out"), ...coalitions.nearest(mask, NEAREST).map((other) => maskButton(other, whoWords(other)))]));
    $("side-toggle").replaceChildren(el("span", {}, `${names.length - gone.length} of ${names.length} there`), ...(verdict ? [verdictWord(verdict), el("span", {}, tally(outcomes))] : [el("b", { className: "none" }, "not worked out")]), el("span", { className: "open", ariaHidden: "true" }, "▲"));
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-mask]"))) row.classList.toggle("selected", Number(row.dataset.mask) === mask);
    const isWithout = hasEnablers && names.every((_, i) => view.on[i] !== enablers[i]);
    for (const [id, isIt] of /** @type {[string, boolean][]} */ ([["everybody", !gone.length], ["enablers", isWithout], ["nobody", gone.length === names.length]])) $(id).setAttribute("aria-pressed", String(isIt));
    view.tookMs = performance.now() - from;
  }
  /** A coalition as one says it: by whom it lacks, or has, whichever is shorter. @param {number} mask */
  function whoWords(mask) {
    const [there, gone] = [names.filter((_, i) => isIn(mask, i)), names.filter((_, i) => !isIn(mask, i))];
    return !gone.length ? "everybody" : !there.length ? "nobody" : gone.length <= there.length ? `without ${list(gone)}` : `only ${list(there)}`;
  }
  /** @param {number} mask */
  function setMask(mask) {
    view.on = names.map((_, i) => isIn(mask, i));
    recompute();
  }
  /** @param {number} mask @param {string} words */
  function maskButton(mask, words, /** @type {Node[]} */ ...more) {
    const button = el("button", { className: "pick-row", "data-mask": String(mask), title: "Set the ticks so" }, el("span", {}, words), ...more);
    button.onclick = () => setMask(mask);
    return button;
  }
  const maskWith = (/** @type {string[]} */ there) => maskOf(names.map((name) => there.includes(name)));
  const maskWithout = (/** @type {string[]} */ gone) => maskOf(names.map((name) => !gone.includes(name)));

  // Each alone gone.
  $("alone").replaceChildren(
    el("thead", {}, el("tr", {}, el("td", {}), ...order.map((k) => el("th", { scope: "col", className: "turned" }, el("span", { title: requirements[k].name }, requirements[k].name))))),
    el("tbody", {}, ...comparison.map((row) => el("tr", { "data-mask": String(row.mask) }, el("th", { scope: "row" }, rowButton(row)), ...order.map((k) => {
      const one = row.requirements[k];
      const words = one.value === null ? "?" : k === whole ? valueWords(k, one.value).replace(" hold", "").replace(" of ", "/") : requirements[k].unit === "days" ? String(Math.round(one.value)) : percent(one.value).replace(/(\.\d)? %$/, "");
      return el("td", { className: `cell ${one.verdict}`, title: `${row.who}, ${requirements[k].name}: ${one.verdict}, ${valueWords(k, one.value)}` }, mark(one.verdict), el("span", {}, words));
    })))),
  );
  /** @param {any} row */
  function rowButton(row) {
    const button = el("button", { className: "link", title: "Set the ticks so" }, row.who);
    button.onclick = () => setMask(row.mask);
    return button;
  }

  // What follows from the requirement that is looked at.
  $("of").replaceChildren(...order.map((k) => el("option", { value: String(k) }, requirements[k].name)));
  $("of").onchange = () => setOf(Number($("of").value));
  /** @param {number} k */
  function setOf(k) {
    if (!requirements.length) return; // and there is nothing that anybody could be worth
    view.of = k;
    $("of").value = String(k);
    const { name, unit } = requirements[k];
    const rows = study.dependence.filter((one) => one.requirement === name);
    firstRows.forEach((row, other) => row.classList.toggle("looked-at", other === k));
    showAbout();
    showWorth(rows, unit);
    showPairs(study.pairs.filter((one) => one.requirement === name), unit, name);
    showLeaving(study.withdrawal.filter((one) => one.requirement === name), k);
    showScreening(study.screening.filter((one) => one.requirement === name), unit, name);
  }
  function showWorth(rows, unit) {
    const scale = scaleOf(rows.flatMap((one) => [one.loss, one.loss_low, one.loss_high, one.share, one.share_low, one.share_high]));
    const least = study.least_coalitions;
    const told = rows.toSorted((a, b) => (b.loss ?? -Infinity) - (a.loss ?? -Infinity) || (b.share ?? -Infinity) - (a.share ?? -Infinity));
    const pair = (/** @type {number|null} */ value, low, high, look) => el("span", { className: "worth-cell" }, el("b", { className: value === null ? "none" : "" }, figure(value, unit)),
      el("small", {}, interval(low, high, unit)), barOf({ value, low, high, ...scale, look }));
    const node = table(
      ["contributor", "lost when it leaves", "its share of the whole", figureHead("without it"), figureHead("it alone", "what it gives when nobody else is there"),
        ...(least.length ? [figureHead("in the fewest", "in how many of the least coalitions it is")] : [])],
      told.map((one) => [
        el("span", {}, one.contributor, ...(one.is_veto ? [" ", el("b", { className: "veto", title: "Without it this does not hold" }, "veto")] : [])),
        pair(one.loss, one.loss_low, one.loss_high, "loss"), pair(one.share, one.share_low, one.share_high, "share"),
        valueWords(view.of, one.without), valueWords(view.of, one.alone),
        ...(least.length ? [`${least.filter((set) => set.includes(one.contributor)).length} of ${least.length}`] : []),
      ]),
    );
    node.id = "worth";
    [...node.tBodies[0].rows].forEach((row, i) => (row.onpointerenter = () => pointAt(names.indexOf(told[i].contributor))));
    $("worth").replaceWith(node);
  }

  function showPairs(rows, unit, name) {
    $("pairs").replaceChildren(...(rows.length ? rows.slice(0, MOST_PAIRS).map((one) => maskButton(maskWithout([one.first, one.second]), `${one.first} and ${one.second}`,
      el("b", {}, mark(one.verdict), ` −${figure(one.loss, unit)}`), el("small", {}, one.beyond === null ? "" : beyondWords(one.beyond, unit))))
      : [el("p", { className: "quiet" }, `None was worked out for ${name}.`)]));
  }

  /** Small courses: the figure over the day from which somebody is gone. */
  function showLeaving(rows, k) {
    const { unit, asked: level, name } = requirements[k];
    const top = tops[k];
    $("leave-note").textContent = rows.length ? `${name}, by the day from which it is gone; dashes: what is asked.` : `Not worked out for ${name}.`;
    $("leave").replaceChildren(...names.filter((who) => rows.some((one) => one.contributor === who)).map((who) => {
      const points = rows.filter((one) => one.contributor === who).sort((a, b) => a.from_day - b.from_day);
      const x = (/** @type {number} */ day) => 4 + (92 * day) / Math.max(1, study.days);
      const y = (/** @type {number} */ value) => 38 - 34 * Math.max(0, Math.min(1, value / top));
      const known = points.filter((one) => one.value !== null);
      const line = known.map((one) => `${x(one.from_day)} ${y(one.value)}`).join("L");
      const banded = known.filter((one) => one.low !== null && one.high !== null);
      const words = points.map((one) => `from day ${one.from_day}: ${valueWords(k, one.value)}, ${one.verdict}`);
      return el("figure", { title: words.join("\n") },
        el("figcaption", {}, who),
        el("div", { className: "small-plot", role: "img", ariaLabel: `${who}: ${words.join("; ")}` },
          svg("svg", { viewBox: "0 0 100 42", preserveAspectRatio: "none" },
            ...(banded.length > 1 ? [svg("path", { class: "band", d: `M${banded.map((one) => `${x(one.from_day)} ${y(one.high)}`).join("L")}L${banded.toReversed().map((one) => `${x(one.from_day)} ${y(one.low)}`).join("L")}Z` })] : []),
            svg("path", { class: "asked", d: `M0 ${y(level)}H100` }), ...(known.length > 1 ? [svg("path", { class: "mean", d: `M${line}` })] : [])),
          ...points.map((one) => {
            const dot = el("span", { className: "at" }, mark(one.verdict));
            dot.style.left = `${x(one.from_day)}%`;
            dot.style.top = `${(100 * (one.value === null ? 21 : y(one.value))) / 42}%`;
            return dot;
          })),
        el("small", {}, points.length ? `day ${points[0].from_day}: ${valueWords(k, points[0].value)} · day ${points[points.length - 1].from_day}: ${valueWords(k, points[points.length - 1].value)}` : ""));
    }));
  }

  function showScreening(rows, unit, name) {
    const scale = scaleOf(rows.flatMap((one) => [one.effect, one.effect === null || one.spread === null ? null : one.effect + one.spread]));
    $("screening-note").textContent = rows.length ? `How much ${name} moves when one assumption goes through its range (mean of the absolute changes; whisker: their spread).` : `Not worked out for ${name}.`;
    $("screening").replaceChildren(...rows.toSorted((a, b) => a.rank - b.rank).map((one) => el("div", { className: "tornado" }, el("span", {}, one.assumption),
      barOf({ value: one.effect, low: one.spread === null || one.effect === null ? null : Math.max(0, one.effect - one.spread), high: one.spread === null || one.effect === null ? null : one.effect + one.spread, ...scale }),
      el("b", { className: one.effect === null ? "none" : "" }, one.effect === null ? "unknown" : figure(one.effect, unit)),
      el("small", {}, one.effect === null || one.effect === 0 ? "" : [wayWords(one.effect_signed, one.effect), ...(one.flips > 0 ? [`turns the answer in ${percent(one.flips)} of the steps`] : [])].join(" · ")))));
  }

  // What does not hang on the requirement.
  $("least").replaceChildren(...(study.least_coalitions.length ? study.least_coalitions.map((set) => maskButton(maskWith(set), list(set), el("small", {}, count(set.length, "contributor"))))
    : [el("p", { className: "quiet" }, "Nothing holds that anybody could keep.")]));
  const replaced = [...new Set(study.replacements.map((one) => one.contributor))];
  $("instead").replaceChildren(...(replaced.length ? replaced.map((name) => {
    const ways = study.replacements.filter((one) => one.contributor === name);
    const isSame = ways.every((one) => one.bring.join() === ways[0].bring.join() && one.words === ways[0].words);
    const holds = ways.some((one) => one.holds);
    return el("article", {}, el("h3", {}, `Instead of ${name} `, verdictWord(holds ? "holds" : "fails", holds ? "holds again" : "does not hold")),
      ...(isSame ? ways.slice(0, 1) : ways).flatMap((one) => replacement(one, isSame ? "" : one.aim)));
  }) : [el("p", { className: "quiet" }, "Not worked out.")]));
  /** @param {any} one @param {string} aim @returns {Node[]} */
  function replacement(one, aim) {
    return [
      el("p", {}, ...(aim ? [el("b", {}, `${aim}: `)] : []), one.words),
      ...(one.bring.length ? [el("dl", { className: "facts" }, el("dt", {}, "cost"), el("dd", {}, money(one.cost, one.currency)),
        el("dt", {}, "lead time"), el("dd", {}, daysLong(one.lead_days)))] : []),
    ];
  }
  $("radars-box").hidden = !study.radars.length && !study.availability.length;
  $("radars").replaceChildren(
    ...(study.radars.length ? [table(["radar", "by", figureHead("works")], study.radars.map((one) => [one.radar, one.contributor, percent(one.availability)]))] : []),
    ...(study.availability.length ? [table(["with radars failing and being mended", figureHead("holds", "share of the time"), figureHead("may hold", "where ground is unknown"), figureHead("mean"), figureHead("worst 5 %")],
      study.availability.map((one) => [one.requirement, percent(one.holds_share), percent(one.may_hold_share), percent(one.mean), percent(one.bad)]))] : []));
  showNotes(study, [["Where a contributor lowers what others reach", study.dips]]);

  // Somebody pointed at.
  /** @param {number} i */
  function pointAt(i) {
    view.about = i;
    showAbout();
  }
  function showAbout() {
    const i = view.about;
    if (i === null) return;
    const { name, unit } = requirements[view.of];
    const row = study.dependence.find((one) => one.contributor === names[i] && one.requirement === name);
    items.forEach((item, other) => item.classList.toggle("about", other === i));
    $("about").replaceChildren(el("b", {}, names[i]), el("small", {}, contributors[i].role ?? ""),
      ...(row ? [el("span", {}, `leaves: ${row.loss === null ? "loss unknown" : `${figure(row.loss, unit)} lost`}`), el("span", {}, `its share: ${figure(row.share, unit)}`), ...(row.is_veto ? [el("b", { className: "veto" }, "veto")] : []), el("small", {}, `of ${name}`)]
        : [el("small", {}, `nothing was worked out for ${name}`)]));
  }

  const act = {
    everybody: () => setMask(maskOf(names.map(() => true))),
    nobody: () => setMask(0),
    enablers: () => {
      const isWithout = enablers.every((isOne, i) => !isOne || !view.on[i]);
      // The button means "none of them"; the key goes back and forth.
      view.on = view.on.map((isOn, i) => (enablers[i] ? isWithout : isOn));
      recompute();
    },
    requirement: () => setOf(order[(order.indexOf(view.of) + 1) % order.length]),
    theme: () => setTheme((view.isDark = !view.isDark)),
    help: () => $("help").showModal(),
    escape: () => $("side").classList.remove("open"),
  };
  /** @param {string} name */
  const perform = (name) => {
    const place = /^contributor-(\d+)$/.exec(name);
    if (!place) return act[/** @type {keyof typeof act} */ (name)]();
    const i = Number(place[1]);
    if (i >= names.length) return undefined;
    view.on[i] = !view.on[i];
    pointAt(i);
    return recompute();
  };
  $("everybody").onclick = () => perform("everybody");
  $("nobody").onclick = () => perform("nobody");
  $("enablers").onclick = () => setMask(maskOf(enablers.map((isOne) => !isOne)));
  $("side-toggle").onclick = () => {
    const isOpen = $("side").classList.toggle("open");
    $("side-toggle").setAttribute("aria-expanded", String(isOpen));
  };
  const digits = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i + 1), `contributor-${i}`]));
  listenToKeys({ a: "everybody", n: "nobody", ...(hasEnablers ? { e: "enablers" } : {}), r: "requirement", d: "theme", "?": "help", Escape: "escape", ...digits }, perform);

  function remember() {
    const words = new URLSearchParams();
    names.forEach((name, i) => view.on[i] || words.append("off", name));
    if (view.of !== whole) words.set("of", requirements[view.of]?.name ?? "");
    if (!view.isDark) words.set("theme", "light");
    const hash = words.size ? `#${words}` : "";
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname);
  }
  setInterval(remember, 500);
  for (const id of ["first", "alone", "worth", "pairs", "leave", "screening"]) $(id).closest("section").hidden = !requirements.length;
  setOf(view.of);
  recompute();
  busy("");
  // For tests and for people with a console: what the page knows.
  Object.assign(window, { airshield: { study, view, coalitions, setMask, setOf, recompute, perform } });
}

/** What is lost without somebody who has a veto: it is about what holds with everybody. @param {any} study @param {number} whole */
function heldWords(study, whole) {
  const asked = study.requirements.length - (whole < 0 ? 0 : 1);
  return study.held.length === asked ? "it does not hold." : `not all of the ${count(study.held.length, "requirement")} hold that hold with everybody.`;
}
/** What two lose together that neither loses alone. @param {number} beyond @param {string} unit */
const beyondWords = (beyond, unit) => (beyond > 0 ? `${figure(beyond, unit)} more than either alone` : "no more than one of them alone");
/** Which way a figure goes when an assumption grows. @param {number|null} signed @param {number} effect */
const wayWords = (signed, effect) => (signed === null || Math.abs(signed) < 0.5 * effect ? "now up, now down" : signed > 0 ? "grows with it" : "shrinks with it");

start();
