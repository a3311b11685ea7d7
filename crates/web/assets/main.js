// The frame: signing in by the link, the views, and the end of the session.
import { endSession, hasToken, onSessionEnd, setToken } from "./api.js";
import { renderDay } from "./day.js";
import { announce, el } from "./dom.js";
import { renderGallery } from "./gallery.js";
import { startLive, stopLive } from "./live_status.js";
import { renderPeriod } from "./period.js";
import { renderSearch } from "./search.js";
import { renderSettings } from "./settings.js";
import { renderUploads } from "./uploads.js";

const VIEWS = [
  ["day", "Day", renderDay],
  ["week", "Week", (container, route, signal) => renderPeriod(container, "week", route, signal)],
  ["month", "Month", (container, route, signal) => renderPeriod(container, "month", route, signal)],
  ["year", "Year", (container, route, signal) => renderPeriod(container, "year", route, signal)],
  ["pictures", "Screenshots", renderGallery],
  ["search", "Search", renderSearch],
  ["sent", "Uploads", renderUploads],
  ["settings", "Settings", renderSettings],
];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let abortView = null;

for (const [name, title] of VIEWS) nav.append(el("a", { href: `#/${name}`, "data-view": name }, title));

function currentRoute() {
  const [, name, ...rest] = location.hash.split("/");
  const view = VIEWS.find(([n]) => n === name) || VIEWS[0];
  return [view, rest.map(decodeURIComponent)];
}

async function showView() {
  if (!hasToken()) return;
  const { hash } = location;
  const [[name, title, view], rest] = currentRoute();
  abortView?.abort();
  abortView = new AbortController();
  const { signal } = abortView;
  for (const a of nav.children) {
    if (a.dataset.view === name) {
      a.setAttribute("aria-current", "page");
      a.scrollIntoView({ inline: "center", block: "nearest" });
    }
    else a.removeAttribute("aria-current");
  }
  document.title = `${title} · uam`;
  main.setAttribute("aria-busy", "true");
  const container = el("div", { class: `view ${name}` });
  try {
    await view(container, rest, signal);
  } catch (e) {
    if (signal.aborted || !hasToken()) return;
    container.replaceChildren(el("div", { class: "card trouble", role: "alert" }, el("h1", {}, "This view could not be shown"), el("p", {}, e.message)));
  }
  if (signal.aborted) return;
  // A changed option shows the view again: keep the focus and the scroll position.
  const keptControl = document.activeElement?.dataset?.keep;
  const isSameView = main.dataset.shown === hash;
  // The page's test waits for it: an address changes before its view is begun.
  main.dataset.shown = hash;
  const scrollPosition = scrollY;
  main.replaceChildren(container);
  main.removeAttribute("aria-busy");
  scrollTo(0, isSameView ? scrollPosition : 0);
  if (isSameView && keptControl) container.querySelector(`[data-keep="${CSS.escape(keptControl)}"]`)?.focus({ preventScroll: true });
  announce(`${title} shown`);
  container.dispatchEvent(new CustomEvent("shown"));
}

onSessionEnd((why) => {
  abortView?.abort();
  stopLive();
  document.title = "uam";
  nav.replaceChildren();
  main.removeAttribute("aria-busy");
  main.replaceChildren(el("div", { class: "card closed" },
    el("h1", {}, "Closed"), el("p", {}, why),
    el("p", {}, "To open it again, run ", el("code", {}, "uam dashboard"), " in a terminal, or press Enter where it runs.")));
});

document.getElementById("skip").addEventListener("click", (e) => {
  e.preventDefault();
  main.focus();
});
addEventListener("hashchange", showView);
addEventListener("pagehide", () => setToken(null));
addEventListener("keydown", (e) => {
  if (e.altKey || e.ctrlKey || e.metaKey || e.target.closest("input, select, textarea, dialog")) return;
  if (e.key === "/") { e.preventDefault(); location.hash = "#/search"; }
});

async function signIn() {
  const link = location.hash.slice(1);
  history.replaceState(null, "", "/#/day");
  if (!link || link.startsWith("/")) {
    endSession("This page opens through its link only, and loses its token when it is reloaded.");
    return;
  }
  const response = await fetch("/api/enter", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ link }), credentials: "omit", redirect: "error",
  }).catch(() => null);
  if (!response?.ok) {
    endSession(response?.status === 429 ? "Too many wrong links; wait a minute." : "This link was used already, or is older than a minute.");
    return;
  }
  setToken((await response.json()).token);
  startLive();
  await showView();
}

signIn();
