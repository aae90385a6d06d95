// What the address bar holds, and how it is read.

import { fit } from "./geo.js";

/** @template {string} T @param {string|null} word @param {T[]} words first is the default @returns {T} */
export const oneOf = (word, words) => words.find((known) => known === word) ?? words[0];
/** @template T @param {T} now @param {T[]} all @returns {T} */
export const next = (now, all) => all[(all.indexOf(now) + 1) % all.length];

/**
 * Where the map begins: as the address bar has it, or home.
 * @param {URLSearchParams} asked @param {number[]} home @param {HTMLElement} stage
 */
export function startPlace(asked, home, stage) {
  const [zoom, lat, lon] = (asked.get("map") ?? "").split("/").map(Number);
  if (Number.isFinite(zoom) && Number.isFinite(lat) && Number.isFinite(lon)) return { lon, lat, zoom };
  return fit(home, stage.clientWidth - 160, stage.clientHeight - 80); // clear of the panels
}

/** The camera as the address bar has it. @param {import("./geo.js").Camera} camera */
export const placeWord = (camera) => `${camera.zoom.toFixed(2)}/${camera.lat.toFixed(4)}/${camera.lon.toFixed(4)}`;
