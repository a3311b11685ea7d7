// A day: which window was active when, how much input there was, and the screenshot nearest to the cursor.
import { getJson, refreshView } from "./api.js";
import { assignColours, colourSwatch } from "./colours.js";
import { el, figureCard, isolate, pager } from "./dom.js";
import { clockTime, duration, formatNumber, hoursMinutes, longDate, offsetOf, STATE_LABELS, STATES } from "./format.js";
import { onStatus } from "./live_status.js";
import { saveMenu } from "./save_menu.js";
import { screenshotUrl } from "./screenshot_cache.js";
import { createTimeline } from "./timeline.js";
import { groupingButtons, groupingLabel, hasNoWindows, idleShare, isUnruled, mergeSelect, noProjectsHint, rowLabel, viewOptions } from "./view_options.js";
import { openViewer } from "./viewer.js";

/** How the day is grouped: its rows, busiest first, their colours, and the row that a window belongs to. */
function groupingOf(day) {
  const groupings = {
    app: () => [day.apps.map((a) => ({ ...a, name: a.app })), (w) => day.app_names[w[0]]],
    category: () => [day.categories, (w) => day.categories[w[2]].name],
    project: () => [day.projects, (w) => day.projects[w[3]].name],
  };
  const [rows, nameOf] = groupings[viewOptions.by]();
  const names = rows.filter((r) => !isUnruled(r.name, viewOptions.by)).map((r) => r.name);
  const colours = assignColours(names);
  const colourOf = (name) => colours.get(name) && names.indexOf(name) < 8 ? colours.get(name) : "--c-other";
  return { by: viewOptions.by, rows, nameOf, colourOf };
}

export async function renderDay(container, [which], signal) {
  const day = await getJson("/api/day", { day: which, merge: viewOptions.merge }, signal);
  const states = Object.fromEntries(day.states);
  const link = (d) => d && `#/day/${d}`;

  container.append(el("div", { class: "head" },
    pager(longDate(day.day), link(day.previous), link(day.next), ["Previous day", "Next day"]),
    el("div", { class: "choose" },
      day.day !== day.today ? el("a", { class: "button", href: "#/day" }, "Today") : el("button", { type: "button", "data-keep": "again", onclick: refreshView }, "Refresh"),
      el("label", {}, el("span", { class: "unseen" }, "Go to a day"),
        el("input", { type: "date", value: day.day, max: day.today, onchange: (e) => { if (e.target.value) location.hash = `#/day/${e.target.value}`; } })),
      saveMenu(day.day, day.day, viewOptions.merge))));

  const figures = el("div", { class: "figures" },
    figureCard(duration(states.active), "active"), figureCard(duration(states.idle), "idle"), figureCard(idleShare(states.active, states.idle), "of that time idle"),
    figureCard(formatNumber(day.keys), "keys"), figureCard(formatNumber(day.clicks), "clicks"), figureCard(formatNumber(day.shots.length), "screenshots"));
  container.append(figures);
  if (day.injected) container.append(el("p", { class: "hint" }, `${formatNumber(day.injected)} of the keys and clicks came from programs, not from a keyboard or a mouse.`));
  if (day.damaged) container.append(el("p", { class: "hint warn" }, `${day.damaged} records of this day are damaged; their time is shown as off.`));
  container.append(el("div", { class: "looks" }, groupingButtons(() => draw()), mergeSelect(),
    day.starts !== "00:00" ? el("span", { class: "faint" }, `Days start at ${day.starts}.`) : null));

  const body = el("div", {});
  container.append(body);
  let abortDrawn = null;
  let isShown = false;
  function draw() {
    for (const b of container.querySelectorAll(".segments button")) b.setAttribute("aria-pressed", String(b.dataset.keep === `by-${viewOptions.by}`));
    abortDrawn?.abort();
    abortDrawn = new AbortController();
    const grouping = groupingOf(day);
    let timeline = null;
    if (day.pieces.length) timeline = timelineCard(day, grouping, abortDrawn.signal);
    body.replaceChildren(timeline?.card ?? el("div", { class: "card empty" }, el("h2", {}, "Nothing was recorded on this day"), el("p", {}, "Recording starts with ", el("code", {}, "uam"), ".")),
      el("div", { class: "columns" }, usageCard(day, grouping), el("div", { class: "side" }, coverageCard(day), eventLogCard(day))));
    if (isShown) timeline?.start();
    else container.addEventListener("shown", () => { isShown = true; timeline?.start(); }, { once: true });
  }
  draw();
  signal.addEventListener("abort", () => abortDrawn.abort());

  if (day.day === day.today) {
    onStatus((now) => {
      if (!now.running || !now.today_s.length) return;
      const values = figures.querySelectorAll(".value");
      values[0].textContent = duration(now.today_s[0]);
      values[1].textContent = duration(now.today_s[1]);
      values[2].textContent = idleShare(now.today_s[0], now.today_s[1]);
      values[3].textContent = formatNumber(now.keys);
      values[4].textContent = formatNumber(now.clicks);
      now.today_s.forEach((s, i) => {
        const cell = container.querySelector(`[data-total="${STATES[i]}"]`);
        if (cell) cell.textContent = duration(s);
      });
    }, signal);
  }
}

function timelineCard(day, grouping, signal) {
  const preview = el("figure", { class: "seen" });
  let shown = null;
  let request = 0;
  const showNearest = (screenshot) => {
    if (screenshot === shown) return;
    shown = screenshot;
    request += 1;
    const ownRequest = request;
    if (!screenshot) { preview.replaceChildren(el("div", { class: "blank" }, "No screenshots on this day")); return; }
    // Each fetched screenshot is in the log: only the one that the cursor rests on is fetched.
    setTimeout(async () => {
      if (ownRequest !== request || signal.aborted) return;
      const time = clockTime(screenshot.at_us, offsetOf(day, screenshot.at_us));
      const caption = el("figcaption", {}, el("span", {}, time), " ", isolate(screenshot.app || "no window"));
      try {
        const url = await screenshotUrl(screenshot.seq);
        if (ownRequest !== request || signal.aborted) return;
        const name = `Screenshot of ${time}, ${screenshot.app || "no window"}`;
        preview.replaceChildren(el("button", { type: "button", class: "plain", "aria-label": `${name}: enlarge`, onclick: () => openViewer(day.shots.filter((s) => !s.removed), screenshot) },
          el("img", { src: url, alt: name })), caption);
      } catch (e) {
        if (ownRequest === request && !signal.aborted) preview.replaceChildren(el("div", { class: "blank" }, e.message), caption);
      }
    }, 120);
  };
  const timeline = createTimeline(day, grouping, showNearest, signal);
  const card = el("section", { class: "card timeline", "aria-label": "Timeline" },
    el("div", { class: "title-row" }, el("h2", {}, "Timeline"), timeline.tools),
    timeline.slider,
    el("div", { class: "under" }, el("div", {}, timeline.momentInfo, timelineLegend(),
      el("p", { class: "hint keys" }, "Point or use ← → to move, Shift for ten minutes, + and − or the wheel to zoom, 0 for the whole day.")), preview));
  return { card, start: timeline.start };
}

const timelineLegend = () => el("ul", { class: "legend" },
  ["active", "idle", "locked", "asleep", "paused"].map((s) => el("li", {}, colourSwatch(`--s-${s}`), STATE_LABELS[s])),
  el("li", {}, colourSwatch("--soft"), "active within ten minutes"), el("li", {}, colourSwatch("--accent"), "with input"));

/** The windows of each category or project, longest first, summed up from the day's pieces. */
function windowsOf(day, grouping) {
  const sums = new Map();
  for (const [from, to, state, owner] of day.pieces) {
    if (state !== 0 || owner < 0) continue;
    sums.set(owner, (sums.get(owner) || 0) + (to - from) / 10);
  }
  const windows = new Map();
  for (const [owner, s] of [...sums].sort((a, b) => b[1] - a[1])) {
    const name = grouping.nameOf(day.windows[owner]);
    if (!windows.has(name)) windows.set(name, []);
    windows.get(name).push([day.windows[owner], s]);
  }
  return windows;
}

function usageCard(day, grouping) {
  const { by } = grouping;
  const used = grouping.rows.filter((r) => r.active_s + r.idle_s || r.keys || r.clicks);
  const unnamed = by === "app" ? [["Protected by a rule", day.protected], ["Deleted", day.removed], ["No window", day.unnamed]].filter(([, u]) => u.active_s + u.idle_s + u.keys + u.clicks) : [];
  const longest = Math.max(1, ...used.map((r) => r.active_s + r.idle_s));
  const meter = (a, colour) => el("span", { class: "meter", "aria-hidden": "true" },
    el("i", { style: { width: `${Math.min(a.active_s / longest, 1) * 100}%`, background: `var(${colour})` } }),
    el("i", { class: "idle", style: { width: `${Math.min(a.idle_s / longest, 1) * 100}%`, background: `var(${colour})` } }));
  const row = (name, a, colour) => [el("span", { class: "name" }, colourSwatch(colour), isolate(name)), meter(a, colour),
    el("span", { class: "num" }, duration(a.active_s)), el("span", { class: "num faint wide" }, `${formatNumber(a.keys)} keys`), el("span", { class: "num faint wide" }, `${formatNumber(a.clicks)} clicks`)];
  const windows = by === "app" ? null : windowsOf(day, grouping);
  const maxWindows = 20;
  const list = used.map((r) => {
    const items = by === "app"
      ? [...r.windows.map((w) => el("li", {}, isolate(w.title || "no title"), el("span", { class: "num" }, duration(w.active_s)))), r.more ? el("li", { class: "faint" }, `and ${r.more} more`) : null]
      : (windows.get(r.name) || []).slice(0, maxWindows).map(([w, s]) => el("li", {}, el("span", {}, el("strong", {}, isolate(day.app_names[w[0]])), " ", isolate(w[1])), el("span", { class: "num" }, duration(s))));
    const more = by === "app" ? 0 : (windows.get(r.name) || []).length - maxWindows;
    if (more > 0) items.push(el("li", { class: "faint" }, `and ${more} more`));
    const head = el("span", { class: "row" }, row(rowLabel(r.name, by), r, hasNoWindows(r.name, by) ? "--c-other" : grouping.colourOf(r.name)));
    return items.some(Boolean) ? el("details", { class: "app" }, el("summary", {}, head), el("ul", { class: "windows" }, items)) : el("div", { class: "app none" }, head);
  });
  for (const [name, u] of unnamed) list.push(el("div", { class: "app none" }, el("span", { class: "row" }, row(name, u, "--c-other"))));
  return el("section", { class: "card" }, el("h2", {}, groupingLabel(by)), list.length ? list : el("p", { class: "hint" }, "None on this day."),
    by === "project" && !day.has_projects ? noProjectsHint() : null);
}

function coverageCard(day) {
  const total = day.states.reduce((sum, [, s]) => sum + s, 0);
  return el("section", { class: "card" }, el("h2", {}, "Time"),
    el("table", { class: "plain" }, el("tbody", {}, day.states.filter(([, s]) => s).map(([name, s]) => el("tr", {},
      el("th", { scope: "row" }, colourSwatch(`--s-${name}`), STATE_LABELS[name]),
      el("td", { class: "num", "data-total": name }, duration(s)),
      el("td", { class: "num faint" }, total ? `${Math.round(s / total * 100)} %` : "")))),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "Total"), el("td", { class: "num" }, hoursMinutes(total)), el("td")))));
}

function eventLogCard(day) {
  const maxShown = 6;
  const entry = (n) => el("li", {}, el("time", {}, clockTime(n.at_us, offsetOf(day, n.at_us))), " ", isolate(n.text));
  const newest = [...day.notes].reverse();
  return el("section", { class: "card" }, el("h2", {}, "Log"),
    newest.length ? el("ul", { class: "notes" }, newest.slice(0, maxShown).map(entry)) : el("p", { class: "hint" }, "None."),
    newest.length > maxShown ? el("details", {}, el("summary", {}, `${newest.length - maxShown} more`), el("ul", { class: "notes" }, newest.slice(maxShown).map(entry)), day.more_notes ? el("p", { class: "hint" }, `${formatNumber(day.more_notes)} older ones are in `, el("code", {}, "uam export"), ".") : null) : null);
}
