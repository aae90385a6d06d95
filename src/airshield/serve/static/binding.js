// What is short when a station is not manned: the simulator's codes in short words, gathered into
// few families, each with its own colour and stripes.

/** @type {Record<string, [family: string, words: string]>} */
const CODES = {
  flying: ["aircraft", "too few: in the air"], turnaround: ["aircraft", "too few: turned round"],
  repair: ["aircraft", "too few: in repair"], down: ["aircraft", "too few: out of service"],
  lost: ["aircraft", "all are lost"], grounded: ["aircraft", "class grounded"],
  en_route: ["aircraft", "reliefs come late"], no_fleet: ["aircraft", "no fleet reaches it"],
  alert: ["aircraft", "kept on alert"], airframe_hours: ["hours", "airframe hours"],
  crew_rest: ["hours", "crews' rest"], crew_hours: ["hours", "crew hours"],
  fuel: ["fuel", "fuel is out"], tankers: ["tankers", "no refuelling"],
  weather: ["bases", "weather"], hours: ["bases", "bases shut"], runway: ["bases", "runway taken"],
};
export const FAMILY_WORDS = { aircraft: "too few aircraft", hours: "hours of airframes and crews", fuel: "fuel", tankers: "tankers", bases: "bases: weather, hours, runway", other: "something else" };

/** @param {string} code @returns {keyof typeof FAMILY_WORDS} */
export const familyOf = (code) => /** @type {any} */ (CODES[code]?.[0] ?? "other");
/** @param {string} code */
export const bindingWords = (code) => CODES[code]?.[1] ?? code.replaceAll("_", " ");
