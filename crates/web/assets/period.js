// A week, a month or a year: a heat map, bars, and the totals by application, category or project.
import { getJson, refreshView } from "./api.js";
import { assignColours, colourSwatch } from "./colours.js";
import { el, figureCard, isolate, pager } from "./dom.js";
import { addDays, currentDay, duration, formatNumber, hoursMinutes, isoDay, longDate, parseDay, shortDate, weekdayIndex } from "./format.js";
import { saveMenu } from "./save_menu.js";
import { groupingButtons, groupingLabel, idleShare, isUnruled, mergeSelect, noProjectsHint, rowLabel, viewOptions } from "./view_options.js";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const monthName = (day, options) => parseDay(day).toLocaleDateString("en-GB", { month: "long", timeZone: "UTC", ...options });

/** The period of a kind that holds a day: its days, its neighbours and its title. */
function periodOf(kind, day) {
  const d = parseDay(day);
  const [y, m] = [d.getUTCFullYear(), d.getUTCMonth()];
  const utc = (...a) => isoDay(new Date(Date.UTC(...a)));
  if (kind === "week") {
    const first = addDays(day, -weekdayIndex(day));
    return { first, last: addDays(first, 6), before: addDays(first, -7), after: addDays(first, 7), title: `${shortDate(first)} – ${shortDate(addDays(first, 6))} ${addDays(first, 6).slice(0, 4)}` };
  }
  if (kind === "month") return { first: utc(y, m, 1), last: utc(y, m + 1, 0), before: utc(y, m - 1, 1), after: utc(y, m + 1, 1), title: monthName(day, { year: "numeric" }) };
  return { first: utc(y, 0, 1), last: utc(y, 11, 31), before: utc(y - 1, 0, 1), after: utc(y + 1, 0, 1), title: String(y) };
}

export async function renderPeriod(container, kind, [which], signal) {
  const today = currentDay();
  const period = periodOf(kind, /^\d{4}-\d\d-\d\d$/.test(which || "") ? which : today);
  // A year comes from the roll-up, which knows no visits.
  const merge = kind === "year" ? 0 : viewOptions.merge;
  const totals = await getJson("/api/days", { first: period.first, last: period.last, by: viewOptions.by, merge }, signal);
  const { days, by } = totals;
  const names = totals.names.filter((name) => !isUnruled(name, by));
  const colours = assignColours(names);
  const top = new Set(names.slice(0, 8));
  const colourOf = (name) => (top.has(name) ? colours.get(name) : "--c-other");
  const active = (d) => d.states[0];
  const idle = (d) => d.states[1];
  const sum = (f) => days.reduce((all, d) => all + f(d), 0);
  const link = (d) => `#/${kind}/${d}`;
  const activeDays = days.filter((d) => active(d) > 0).length;

  container.append(el("div", { class: "head" },
    pager(period.title, link(period.before), period.after <= today ? link(period.after) : null, [`Previous ${kind}`, `Next ${kind}`]),
    el("div", { class: "choose" }, el("a", { class: "button", href: `#/${kind}` }, `This ${kind}`), saveMenu(period.first, period.last, merge))));
  container.append(el("div", { class: "figures" },
    figureCard(duration(sum(active)), "active"), figureCard(duration(sum(idle)), "idle"), figureCard(idleShare(sum(active), sum(idle)), "of that time idle"),
    figureCard(activeDays ? duration(sum(active) / activeDays) : "–", "per day with activity"),
    figureCard(formatNumber(sum((d) => d.keys)), "keys"), figureCard(formatNumber(sum((d) => d.clicks)), "clicks")));
  if (totals.damaged) container.append(el("p", { class: "hint warn" }, `${totals.damaged} records of this period are damaged.`));
  container.append(el("div", { class: "looks" }, groupingButtons(refreshView), kind === "year" ? null : mergeSelect(),
    totals.starts !== "00:00" ? el("span", { class: "faint" }, `Days start at ${totals.starts}.`) : null));
  if (kind === "month") container.append(monthCalendar(days, today));
  if (kind === "year") container.append(yearMap(days, today));
  container.append(barsCard(kind, days, totals, colourOf));
  // Where a year is wider than the window, its newest end is shown first.
  container.addEventListener("shown", () => {
    container.querySelector(".tile.today")?.scrollIntoView({ inline: "center", block: "nearest" });
    const last = [...container.querySelectorAll(".bar-day")].filter((bar) => bar.querySelector("i")).at(-1);
    const scroll = last?.closest(".scroll");
    if (scroll) scroll.scrollLeft = last.offsetLeft + last.offsetWidth + 12 - scroll.clientWidth;
  }, { once: true });
  container.append(usageTable(days, totals, colourOf));
}

const dayTitle = (d) => `${longDate(d.day)}: ${duration(d.states[0])} active`;

/** One bar for each day; for a year, one for each month. */
function barGroups(kind, days) {
  if (kind !== "year") {
    return days.map((d) => ({ href: `#/day/${d.day}`, title: dayTitle(d), name: kind === "week" ? WEEKDAYS[weekdayIndex(d.day)] : String(Number(d.day.slice(8))), active: d.states[0], rows: d.rows, other: d.other[0] }));
  }
  const months = [];
  for (const d of days) {
    const m = d.day.slice(0, 7);
    if (months.at(-1)?.m !== m) months.push({ m, active: 0, other: 0, sums: new Map() });
    const last = months.at(-1);
    last.active += d.states[0];
    last.other += d.other[0];
    for (const r of d.rows) last.sums.set(r[0], (last.sums.get(r[0]) || 0) + r[1]);
  }
  return months.map((m) => ({ href: `#/month/${m.m}-01`, title: `${monthName(`${m.m}-01`)}: ${duration(m.active)} active`, name: monthName(`${m.m}-01`, { month: "short" }), active: m.active, rows: [...m.sums], other: m.other }));
}

function barsCard(kind, days, totals, colourOf) {
  const bars = barGroups(kind, days);
  const longest = Math.max(3600, ...bars.map((b) => b.active));
  const step = [1800, 3600, 7200, 14400, 36000, 72000, 144000, 360000].find((s) => longest / s <= 4) || 720000;
  const top = Math.ceil(longest / step) * step;
  const gridLines = [];
  for (let s = 0; s <= top; s += step) gridLines.push(el("span", { class: "line", style: { bottom: `${s / top * 100}%` } }, `${s / 3600} h`));
  const part = (s, c) => el("i", { style: { height: `${s / top * 100}%`, background: `var(${c})` } });
  const shown = new Map();
  const bar = (b) => {
    // The names without a colour of their own are one part, on top.
    const sums = new Map();
    // In every bar the order of the whole period.
    for (const [n, active] of [...b.rows].sort((x, y) => x[0] - y[0])) {
      if (!active) continue;
      const c = colourOf(totals.names[n]);
      if (c !== "--c-other") shown.set(totals.names[n], c);
      sums.set(c, (sums.get(c) || 0) + active);
    }
    const rest = (sums.get("--c-other") || 0) + b.other;
    sums.delete("--c-other");
    const parts = [...sums].map(([c, s]) => part(s, c));
    if (rest > 0) parts.push(part(rest, "--c-other"));
    return el("a", { class: "bar-day", href: b.href, title: b.title },
      el("span", { class: "stack" }, parts), el("span", { class: "unseen" }, b.title), el("span", { class: "under-bar", "aria-hidden": "true" }, b.name, el("small", {}, b.active ? hoursMinutes(b.active) : "–")));
  };
  const row = el("div", { class: `bars of-${kind}` }, el("div", { class: "lines", "aria-hidden": "true" }, gridLines), bars.map(bar));
  row.style.setProperty("--many", String(bars.length));
  const legend = totals.names.filter((name) => shown.has(name)).map((name) => el("li", {}, colourSwatch(shown.get(name)), isolate(name)));
  legend.push(el("li", {}, colourSwatch("--c-other"), "the rest"));
  const names = { app: "application", category: "category", project: "project" };
  return el("section", { class: "card" }, el("h2", {}, `Active time by ${names[totals.by]}`), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Bars" }, row), el("ul", { class: "legend" }, legend));
}

// Five shades by hours of activity: fixed, so that two months can be compared.
const shadeLevel = (s) => (s <= 0 ? 0 : s < 2 * 3600 ? 1 : s < 4 * 3600 ? 2 : s < 6 * 3600 ? 3 : s < 8 * 3600 ? 4 : 5);
const shadeScale = () => el("p", { class: "scale" }, "Active ", ["none", "under 2 h", "2 to 4 h", "4 to 6 h", "6 to 8 h", "8 h and more"].map((w, i) => el("span", {}, el("i", { class: `h${i}`, "aria-hidden": "true" }), w)));

function monthCalendar(days, today) {
  const cells = days.map((d) => el("a", { class: `cell h${shadeLevel(d.states[0])}`, href: `#/day/${d.day}`, title: dayTitle(d), "aria-current": d.day === today ? "date" : null },
    el("span", { class: "unseen" }, dayTitle(d)), el("span", {}, Number(d.day.slice(8))), el("strong", {}, d.states[0] ? hoursMinutes(d.states[0]) : "")));
  if (cells[0]) cells[0].style.setProperty("grid-column", String(weekdayIndex(days[0].day) + 1));
  return el("section", { class: "card" }, el("h2", {}, "Active time by day"),
    el("div", { class: "month-grid", "aria-hidden": "true" }, WEEKDAYS.map((w) => el("span", { class: "faint" }, w))),
    el("div", { class: "month-grid" }, cells), shadeScale());
}

function yearMap(days, today) {
  const shift = weekdayIndex(days[0].day);
  const weeks = Math.ceil((days.length + shift) / 7);
  const cells = days.map((d, i) => {
    const n = i + shift;
    const cell = el("span", { class: `tile h${shadeLevel(d.states[0])}${d.day === today ? " today" : ""}`, title: dayTitle(d), "data-day": d.day });
    cell.style.setProperty("grid-area", `${n % 7 + 2} / ${Math.floor(n / 7) + 2}`);
    return cell;
  });
  const names = days.map((d, i) => [d, i]).filter(([d]) => d.day.endsWith("-01")).map(([d, i]) => {
    const name = el("span", { class: "faint" }, monthName(d.day, { month: "short" }));
    name.style.setProperty("grid-area", `1 / ${Math.floor((i + shift) / 7) + 2} / 2 / span 4`);
    return name;
  });
  const rows = [0, 2, 4].map((n) => {
    const name = el("span", { class: "faint" }, WEEKDAYS[n]);
    name.style.setProperty("grid-area", `${n + 2} / 1`);
    return name;
  });
  // Too small to be links of their own: a pointer opens a day from here, a keyboard through the months below.
  const grid = el("div", { class: "year-grid", role: "img", "aria-label": "Active time of each day of the year; the months below lead to their days",
    onclick: (e) => { if (e.target.dataset.day) location.hash = `#/day/${e.target.dataset.day}`; } }, names, rows, cells);
  grid.style.setProperty("grid-template-columns", `30px repeat(${weeks}, 1fr)`);
  return el("section", { class: "card" }, el("h2", {}, "Active time by day"),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The days of the year" }, grid), shadeScale());
}

function usageTable(days, totals, colourOf) {
  const { by } = totals;
  const sums = totals.names.map((name) => ({ name: rowLabel(name, by), colour: colourOf(name), active: 0, idle: 0, keys: 0, clicks: 0 }));
  const rest = { name: by === "app" ? "without a name" : "others", colour: "--c-other", active: 0, idle: 0, keys: 0, clicks: 0 };
  for (const d of days) {
    rest.active += d.other[0];
    rest.idle += d.other[1];
    for (const [n, active, idle, keys, clicks] of d.rows) {
      const s = sums[n];
      s.active += active; s.idle += idle; s.keys += keys; s.clicks += clicks;
    }
  }
  sums.sort((a, b) => b.active - a.active);
  const shown = sums.slice(0, 60);
  for (const s of sums.slice(60)) for (const k of ["active", "idle", "keys", "clicks"]) rest[k] += s[k];
  if (rest.active + rest.idle >= 60) shown.push(rest);
  const sum = { active: 0, idle: 0, keys: 0, clicks: 0 };
  for (const s of shown) for (const k of Object.keys(sum)) sum[k] += s[k];
  const longest = Math.max(1, ...shown.map((s) => s.active));
  const cells = (s) => [el("td", { class: "num" }, duration(s.active)), el("td", { class: "num faint wide" }, duration(s.idle)), el("td", { class: "num faint wide" }, idleShare(s.active, s.idle)),
    el("td", { class: "num faint" }, formatNumber(s.keys)), el("td", { class: "num faint wide" }, formatNumber(s.clicks))];
  const row = (s) => el("tr", {}, el("th", { scope: "row" }, el("span", { class: "name" }, colourSwatch(s.colour), isolate(s.name))),
    el("td", { class: "wide part" }, el("span", { class: "meter", "aria-hidden": "true" }, el("i", { style: { width: `${s.active / longest * 100}%`, background: `var(${s.colour})` } }))), cells(s));
  const heading = (label, isWide) => el("th", { scope: "col", class: `num${isWide ? " wide" : ""}` }, label);
  return el("section", { class: "card" }, el("h2", {}, groupingLabel(by)),
    shown.length ? el("table", { class: "plain apps" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Name"), el("td", { class: "wide part" }), heading("Active"), heading("Idle", true), heading("Idle share", true), heading("Keys"), heading("Clicks", true))),
      el("tbody", {}, shown.map(row)),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "Total"), el("td", { class: "wide part" }), cells(sum)))) : el("p", { class: "hint" }, "Nothing was recorded in this period."),
    by === "project" && !totals.has_projects ? noProjectsHint() : null);
}
