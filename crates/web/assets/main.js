// The frame: the way in, the views, and the end.
import { ask, el, hasToken, leave, onGone, say, setToken } from "./base.js";
import { day } from "./day.js";
import { many } from "./period.js";
import { shots } from "./gallery.js";
import { search } from "./search.js";
import { sent, settings } from "./more.js";
import { follow, unfollow } from "./live_status.js";

const VIEWS = [
  ["day", "Day", day],
  ["week", "Week", (to, a, s) => many(to, "week", a, s)],
  ["month", "Month", (to, a, s) => many(to, "month", a, s)],
  ["year", "Year", (to, a, s) => many(to, "year", a, s)],
  ["pictures", "Pictures", shots],
  ["search", "Search", search],
  ["sent", "Sent", sent],
  ["settings", "Settings", settings],
];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let stop = null;
let shown = "";

for (const [name, word] of VIEWS) nav.append(el("a", { href: `#/${name}`, "data-view": name }, word));

function where() {
  const [, name, ...rest] = location.hash.split("/");
  const view = VIEWS.find(([n]) => n === name) || VIEWS[0];
  return [view, rest.map(decodeURIComponent)];
}

async function show() {
  if (!hasToken()) return;
  const [[name, word, view], rest] = where();
  stop?.abort();
  stop = new AbortController();
  const { signal } = stop;
  for (const a of nav.children) {
    if (a.dataset.view === name) {
      a.setAttribute("aria-current", "page");
      a.scrollIntoView({ inline: "center", block: "nearest" });
    }
    else a.removeAttribute("aria-current");
  }
  document.title = `${word} · uam`;
  main.setAttribute("aria-busy", "true");
  const room = el("div", { class: `view ${name}` });
  try {
    await view(room, rest, signal);
  } catch (e) {
    if (signal.aborted || !hasToken()) return;
    room.replaceChildren(el("div", { class: "card trouble", role: "alert" }, el("h1", {}, "That could not be shown"), el("p", {}, e.message)));
  }
  if (signal.aborted) return;
  // Who changed how a view is shown stays where they are.
  const kept = document.activeElement?.dataset?.keep;
  const same = shown === location.hash;
  shown = location.hash;
  const place = scrollY;
  main.replaceChildren(room);
  main.removeAttribute("aria-busy");
  scrollTo(0, same ? place : 0);
  if (same && kept) room.querySelector(`[data-keep="${CSS.escape(kept)}"]`)?.focus({ preventScroll: true });
  say(`${word} shown`);
  room.dispatchEvent(new CustomEvent("shown"));
}

onGone((why) => {
  stop?.abort();
  unfollow();
  document.title = "uam";
  nav.replaceChildren();
  main.removeAttribute("aria-busy");
  main.replaceChildren(el("div", { class: "card closed" },
    el("h1", {}, "Closed"), el("p", {}, why),
    el("p", {}, "For another look, run ", el("code", {}, "uam dashboard"), " in a terminal, or press Enter where it runs.")));
});

document.getElementById("skip").addEventListener("click", (e) => {
  e.preventDefault();
  main.focus();
});
addEventListener("hashchange", show);
addEventListener("pagehide", () => setToken(null));
addEventListener("keydown", (e) => {
  if (e.altKey || e.ctrlKey || e.metaKey || e.target.closest("input, select, textarea, dialog")) return;
  if (e.key === "/") { e.preventDefault(); location.hash = "#/search"; }
});

async function enter() {
  const link = location.hash.slice(1);
  history.replaceState(null, "", "/#/day");
  if (!link || link.startsWith("/")) {
    leave("This page opens through its link only, and forgets its key when it is loaded again.");
    return;
  }
  const answer = await fetch("/api/enter", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ link }), credentials: "omit", redirect: "error",
  }).catch(() => null);
  if (!answer?.ok) {
    leave(answer?.status === 429 ? "Too many links were wrong; wait a minute." : "This link was used already, or is older than a minute.");
    return;
  }
  setToken((await answer.json()).token);
  follow();
  await show();
}

enter();
