// How a plan's cover looks: colours and patterns of every value, in both themes. Numbers of radars
// get stronger with every one (as on EUROCONTROL's maps: 1, 2, 3, 4 and more) and their order
// survives colour blindness and a grey print. What is not covered has a pattern of its own each, so
// that none of them can be taken for clear sky, nor for one another.

import { INSIDE, LOST, NEVER_BAND, NO_AIR, SWITCHED_OFF, UNKNOWN, UNKNOWN_BAND } from "./cover.js";

/** @typedef {"plain"|"hatch"|"cross"|"dots"|"lines"} Pattern */
/** @typedef {{base: number[], ink: number[], pattern: Pattern}} Look  colours as red, green, blue, opacity (0 to 255) */

const plain = (/** @type {number[]} */ base) => ({ base, ink: base, pattern: /** @type {Pattern} */ ("plain") });

const THEMES = {
  dark: {
    counts: [[42, 84, 128], [52, 128, 170], [92, 178, 190], [204, 236, 208]],
    bands: [[240, 228, 140], [186, 214, 128], [104, 190, 140], [58, 152, 160], [62, 108, 160], [84, 72, 140]],
    above: [72, 56, 96], opacity: 190,
    gap: { base: [120, 40, 10, 110], ink: [244, 128, 66, 235], pattern: /** @type {Pattern} */ ("hatch") },
    lost: { base: [120, 30, 60, 150], ink: [255, 168, 210, 245], pattern: /** @type {Pattern} */ ("cross") },
    unknown: { base: [96, 104, 112, 120], ink: [205, 212, 220, 235], pattern: /** @type {Pattern} */ ("dots") },
    noAir: { base: [70, 60, 50, 200], ink: [140, 124, 104, 230], pattern: /** @type {Pattern} */ ("lines") },
    edge: [230, 237, 243, 230],
  },
  light: {
    counts: [[176, 208, 230], [112, 170, 210], [46, 124, 180], [8, 66, 124]],
    bands: [[255, 244, 176], [196, 224, 148], [110, 190, 140], [40, 146, 156], [44, 96, 156], [66, 52, 124]],
    above: [90, 70, 110], opacity: 205,
    gap: { base: [255, 232, 214, 190], ink: [184, 74, 0, 235], pattern: /** @type {Pattern} */ ("hatch") },
    lost: { base: [250, 214, 232, 210], ink: [150, 20, 90, 245], pattern: /** @type {Pattern} */ ("cross") },
    unknown: { base: [214, 216, 218, 200], ink: [84, 92, 100, 235], pattern: /** @type {Pattern} */ ("dots") },
    noAir: { base: [206, 196, 180, 220], ink: [140, 122, 96, 230], pattern: /** @type {Pattern} */ ("lines") },
    edge: [28, 39, 49, 235],
  },
};
/** Beyond the territory cover is drawn fainter, and what is not covered is left out. */
const OUTSIDE = 0.42;

/** Plain words for the plan's reasons; others are shown as they are. */
export const WHY_WORDS = {
  terrain: "terrain in between", horizon: "below the horizon", power: "too far for this target",
  instrumented_range: "beyond every radar's range", least_range: "too near to the radar",
  cone: "cone of silence", sector: "outside the radar's sector", unknown_ground: "ground unknown",
  ground: "below the ground", below_beam: "below the beam",
};
/** Okabe-Ito, as far as the map leaves them: each reason its own hue and pattern. */
const WHY_LOOKS = {
  terrain: [[213, 120, 60], "hatch"], horizon: [[86, 150, 214], "lines"], power: [[214, 130, 178], "hatch"],
  instrumented_range: [[150, 150, 158], "hatch"], least_range: [[226, 214, 80], "cross"],
  cone: [[226, 214, 80], "dots"], sector: [[30, 160, 120], "cross"], below_beam: [[30, 160, 120], "lines"],
};

/** @param {number[]} colour @param {number} part @returns {number[]} */
const fainter = (colour, part) => [...colour.slice(0, 3), Math.round(colour[3] * part)];

/**
 * Looks by value, and what the legend says of each.
 * @typedef {{looks: Map<number, Look>, legend: {value: number, words: string}[]}} Scheme
 */

/** @param {Map<number, Look>} looks values that mean cover @param {Map<number, Look>} bare the others @param {{value: number, words: string}[]} legend @returns {Scheme} */
function scheme(looks, bare, legend) {
  const out = new Map();
  for (const [value, look] of looks) {
    out.set(value | INSIDE, look);
    out.set(value, { ...look, base: fainter(look.base, OUTSIDE), ink: fainter(look.ink, OUTSIDE) });
  }
  for (const [value, look] of bare) out.set(value | INSIDE, look);
  return { looks: out, legend };
}

/** @param {"dark"|"light"} theme @param {{hasDoubt: boolean, hasLost: boolean, hasNoAir: boolean}} has what needs a legend */
export function countScheme(theme, has) {
  const t = THEMES[theme];
  const looks = new Map(t.counts.map((colour, i) => [i + 1, plain([...colour, t.opacity])]));
  const bare = new Map([[0, t.gap], [LOST, t.lost], [UNKNOWN, t.unknown], [NO_AIR, t.noAir]]);
  const legend = [
    { value: 4, words: "4+" }, { value: 3, words: "3" }, { value: 2, words: "2" }, { value: 1, words: "1 radar" },
    { value: 0, words: "nobody sees: a gap" },
    ...(has.hasLost ? [{ value: LOST, words: "nobody, for want of the unticked" }] : []),
    ...(has.hasDoubt ? [{ value: UNKNOWN, words: "unknown ground: may be seen" }] : []),
    ...(has.hasNoAir ? [{ value: NO_AIR, words: "below the ground" }] : []),
  ];
  return scheme(looks, bare, legend);
}

/** @param {"dark"|"light"} theme @param {string[]} levels in words, lowest first @param {boolean} hasDoubt */
export function bandScheme(theme, levels, hasDoubt) {
  const t = THEMES[theme];
  const looks = new Map(levels.map((_, i) => [i, plain([...t.bands[i], t.opacity])]));
  looks.set(levels.length, plain([...t.above, t.opacity]));
  const bare = new Map([[NEVER_BAND, t.gap], [UNKNOWN_BAND, t.unknown]]);
  const legend = [
    ...levels.map((words, value) => ({ value, words: `≤ ${words}` })),
    { value: levels.length, words: "higher" }, { value: NEVER_BAND, words: "never: a gap" },
    ...(hasDoubt ? [{ value: UNKNOWN_BAND, words: "unknown ground" }] : []),
  ];
  return scheme(looks, bare, legend);
}

/** @param {"dark"|"light"} theme @param {string[]} reasons @param {Set<number>} present values that occur */
export function whyScheme(theme, reasons, present) {
  const t = THEMES[theme];
  const looks = new Map([[0, plain([...t.counts[theme === "dark" ? 0 : 1], t.opacity])]]);
  const bare = new Map([[SWITCHED_OFF, t.lost]]);
  const legend = [{ value: 0, words: "seen" }];
  reasons.forEach((reason, value) => {
    if (value === 0) return;
    const [hue, pattern] = WHY_LOOKS[reason] ?? [[150, 150, 158], "hatch"];
    const look = reason === "unknown_ground" ? t.unknown : reason === "ground" ? t.noAir
      : { base: [...hue, 70], ink: theme === "dark" ? [...hue, 245] : [...hue.map((part) => Math.round(part * 0.72)), 245], pattern };
    bare.set(value, look);
    if (present.has(value)) legend.push({ value, words: WHY_WORDS[reason] ?? reason });
  });
  if (present.has(SWITCHED_OFF)) legend.push({ value: SWITCHED_OFF, words: "only the unticked see it" });
  return scheme(looks, bare, legend);
}

/** @param {"dark"|"light"} theme */
export const edgeColour = (theme) => THEMES[theme].edge;

/** Side of the square that patterns repeat in, device pixels at one for one. */
export const TILE = 24;
/** Whether ink is at a point of a tile. @type {Record<Pattern, (x: number, y: number) => boolean>} */
const INKED = {
  plain: () => false,
  hatch: (x, y) => (x + y) % 8 < 2,
  cross: (x, y) => (x + y) % 6 < 1 || (x - y + TILE) % 6 < 1,
  dots: (x, y) => x % 6 < 2 && (y + (Math.floor(x / 6) % 2) * 3) % 6 < 2,
  lines: (x, y) => y % 6 < 1,
};

/** Tiles of zeros and ones by pattern. @type {Record<Pattern, Uint8Array>} */
export const TILES = /** @type {any} */ (Object.fromEntries(Object.entries(INKED).map(([name, isInked]) =>
  [name, Uint8Array.from({ length: TILE * TILE }, (_, i) => Number(isInked(i % TILE, Math.floor(i / TILE))))])));

/** Little-endian words of a canvas. @param {number[]} colour */
export const word = ([r, g, b, a]) => (r | (g << 8) | (b << 16) | (a << 24)) >>> 0;
