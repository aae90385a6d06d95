// What the pages share around their own matter: the bar with its ways to the other pages, the sheet
// of keys, the theme, and the way to the server.

import { $, el } from "./dom.js";
import { fetchSurely } from "./stream.js";

/** Where the server's addresses begin, whichever page this is. */
export const ROOT = new URL("../", import.meta.url).href;

/** Of a plan, in the order in which they are asked. */
const PAGES = {
  cover: { path: "plan", word: "Cover", title: "What the radars can see" },
  sustain: { path: "plan/sustain", word: "Sustain", title: "Can it be kept up, and for how long?" },
  depend: { path: "plan/depend", word: "Depend", title: "On whom does it depend?" },
};

/** @param {string} words */
export const busy = (words) => ($("busy").textContent = words);

/** A document of the server, waited for. @param {string} path @returns {Promise<any>} */
export const fetchDocument = async (path) => (await fetchSurely(ROOT + path, () => busy("no answer from the server"))).json();

/** Fill a plan page's bar, and lead to the pages that the server has beside it. @param {keyof typeof PAGES} here */
export function buildBar(here) {
  $("bar").append(
    el("strong", { id: "mode" }, "PLAN"), el("span", { id: "name" }, "airshield"),
    el("nav", { id: "pages", ariaLabel: "Pages of the plan", hidden: true }),
    el("a", { id: "watch-link", href: ROOT, hidden: true }, "Watch"),
    el("span", { id: "mode-note" }, "planning estimate, not a picture of the air"),
    el("span", { id: "busy", role: "status" }),
  );
  fetchDocument("api/plan/pages").then(({ pages, has_watch: hasWatch }) => {
    $("watch-link").hidden = !hasWatch;
    $("pages").hidden = pages.length < 2;
    $("pages").replaceChildren(...pages.map((/** @type {keyof typeof PAGES} */ name) => el("a", {
      href: ROOT + PAGES[name].path, title: PAGES[name].title, ...(name === here ? { "aria-current": "page" } : {}),
    }, PAGES[name].word)));
    setTheme(document.documentElement.dataset.theme !== "light");
  });
}

/** @param {boolean} isDark */
export function setTheme(isDark) {
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  for (const link of document.querySelectorAll("#pages a")) /** @type {HTMLAnchorElement} */ (link).hash = isDark ? "" : "theme=light";
}

/** The sheet of keys. @param {[string, string][]} keys @param {string} note */
export function buildHelp(keys, note) {
  document.body.append(el("dialog", { id: "help", ariaLabel: "Keys" },
    el("h2", {}, "Keys"), el("dl", {}, ...keys.flatMap(([key, words]) => [el("dt", {}, key), el("dd", {}, words)])),
    el("p", { className: "quiet" }, note),
    el("form", { method: "dialog" }, el("button", { autofocus: true }, "Close"))));
}

/**
 * Keys that perform acts, while nothing else wants them.
 * @param {Record<string, string>} keys @param {(name: string) => void} perform
 */
export function listenToKeys(keys, perform) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const name = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!name || (target.matches?.("select") && name !== "escape")) return; // a list jumps by letters
    event.preventDefault();
    if (name === "escape") target.blur?.();
    perform(name);
  });
}
