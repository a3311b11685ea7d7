// Many days: a heat map, bars, and what the time went to.
import { again, ask, bdi, count, date, el, figure, hours, iso, long, palette, plus, short, span, swatch, turn, weekday } from "./base.js";
import { noProjects } from "./day.js";
import { byWord, chooseBy, chooseMerge, idleShare, isPlain, look, rowName, saver } from "./look.js";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const month = (d, o) => date(d).toLocaleDateString("en-GB", { month: "long", timeZone: "UTC", ...o });

function rangeOf(kind, at) {
  const d = date(at);
  const [y, m] = [d.getUTCFullYear(), d.getUTCMonth()];
  const utc = (...a) => iso(new Date(Date.UTC(...a)));
  if (kind === "week") {
    const first = plus(at, -weekday(at));
    return { first, last: plus(first, 6), before: plus(first, -7), after: plus(first, 7), title: `${short(first)} – ${short(plus(first, 6))} ${plus(first, 6).slice(0, 4)}` };
  }
  if (kind === "month") return { first: utc(y, m, 1), last: utc(y, m + 1, 0), before: utc(y, m - 1, 1), after: utc(y, m + 1, 1), title: month(at, { year: "numeric" }) };
  return { first: utc(y, 0, 1), last: utc(y, 11, 31), before: utc(y - 1, 0, 1), after: utc(y + 1, 0, 1), title: String(y) };
}

export async function many(room, kind, [which], signal) {
  const now = new Date();
  const today = iso(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())));
  const range = rangeOf(kind, /^\d{4}-\d\d-\d\d$/.test(which || "") ? which : today);
  // A year is told from its sums, which hold no visits.
  const merge = kind === "year" ? 0 : look.merge;
  const told = await ask("/api/days", { first: range.first, last: range.last, by: look.by, merge }, signal);
  const { days, by } = told;
  const named = told.names.filter((name) => !isPlain(name, by));
  const known = palette(named);
  const top = new Set(named.slice(0, 8));
  const color = (name) => (top.has(name) ? known.get(name) : "--c-other");
  const active = (d) => d.states[0];
  const sum = (f) => days.reduce((all, d) => all + f(d), 0);
  const link = (d) => `#/${kind}/${d}`;
  const worked = days.filter((d) => active(d) > 0).length;

  room.append(el("div", { class: "head" },
    turn(range.title, link(range.before), range.after <= today ? link(range.after) : null, [`The ${kind} before`, `The next ${kind}`]),
    el("div", { class: "choose" }, el("a", { class: "button", href: `#/${kind}` }, `This ${kind}`), saver(range.first, range.last, merge))));
  room.append(el("div", { class: "figures" },
    figure(span(sum(active)), "active"), figure(span(sum((d) => d.states[1])), "idle"), figure(idleShare(sum(active), sum((d) => d.states[1])), "of that time idle"),
    figure(worked ? span(sum(active) / worked) : "–", "a day with activity"),
    figure(count(sum((d) => d.keys)), "keys"), figure(count(sum((d) => d.clicks)), "clicks")));
  if (told.damaged) room.append(el("p", { class: "hint warn" }, `${told.damaged} rows of this time cannot be read any more.`));
  room.append(el("div", { class: "looks" }, chooseBy(again), kind === "year" ? null : chooseMerge(),
    told.starts !== "00:00" ? el("span", { class: "faint" }, `Days begin at ${told.starts}.`) : null));
  if (kind === "month") room.append(calendar(days, today));
  if (kind === "year") room.append(year(days, today));
  room.append(bars(kind, days, told, color));
  // Where a year does not fit, its present end shows first.
  room.addEventListener("shown", () => {
    room.querySelector(".tile.today")?.scrollIntoView({ inline: "center", block: "nearest" });
    const last = [...room.querySelectorAll(".bar-day")].filter((bar) => bar.querySelector("i")).at(-1);
    const scroll = last?.closest(".scroll");
    if (scroll) scroll.scrollLeft = last.offsetLeft + last.offsetWidth + 12 - scroll.clientWidth;
  }, { once: true });
  room.append(table(days, told, color));
}

const word = (d) => `${long(d.day)}: ${span(d.states[0])} active`;

/** The bars of a view: a day each, or of a year a month each. */
function barsOf(kind, days) {
  if (kind !== "year") {
    return days.map((d) => ({ href: `#/day/${d.day}`, word: word(d), name: kind === "week" ? WEEKDAYS[weekday(d.day)] : String(Number(d.day.slice(8))), active: d.states[0], rows: d.rows, other: d.other[0] }));
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
  return months.map((m) => ({ href: `#/month/${m.m}-01`, word: `${month(`${m.m}-01`)}: ${span(m.active)} active`, name: month(`${m.m}-01`, { month: "short" }), active: m.active, rows: [...m.sums], other: m.other }));
}

function bars(kind, days, told, color) {
  const list = barsOf(kind, days);
  const most = Math.max(3600, ...list.map((b) => b.active));
  const step = [1800, 3600, 7200, 14400, 36000, 72000, 144000, 360000].find((s) => most / s <= 4) || 720000;
  const top = Math.ceil(most / step) * step;
  const lines = [];
  for (let s = 0; s <= top; s += step) lines.push(el("span", { class: "line", style: { bottom: `${s / top * 100}%` } }, `${s / 3600} h`));
  const part = (s, c) => el("i", { style: { height: `${s / top * 100}%`, background: `var(${c})` } });
  const shown = new Map();
  const one = (b) => {
    // What has no colour of its own lies on top, together.
    const sums = new Map();
    // The same order in every bar: that of the whole.
    for (const [n, active] of [...b.rows].sort((x, y) => x[0] - y[0])) {
      if (!active) continue;
      const c = color(told.names[n]);
      if (c !== "--c-other") shown.set(told.names[n], c);
      sums.set(c, (sums.get(c) || 0) + active);
    }
    const rest = (sums.get("--c-other") || 0) + b.other;
    sums.delete("--c-other");
    const parts = [...sums].map(([c, s]) => part(s, c));
    if (rest > 0) parts.push(part(rest, "--c-other"));
    return el("a", { class: "bar-day", href: b.href, title: b.word },
      el("span", { class: "stack" }, parts), el("span", { class: "unseen" }, b.word), el("span", { class: "under-bar", "aria-hidden": "true" }, b.name, el("small", {}, b.active ? hours(b.active) : "–")));
  };
  const row = el("div", { class: `bars of-${kind}` }, el("div", { class: "lines", "aria-hidden": "true" }, lines), list.map(one));
  row.style.setProperty("--many", String(list.length));
  const legend = told.names.filter((name) => shown.has(name)).map((name) => el("li", {}, swatch(shown.get(name)), bdi(name)));
  legend.push(el("li", {}, swatch("--c-other"), "the rest"));
  const names = { app: "application", category: "category", project: "project" };
  return el("section", { class: "card" }, el("h2", {}, `Active time by ${names[told.by]}`), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Bars" }, row), el("ul", { class: "legend" }, legend));
}

// Five shades by hours of activity: fixed, so that two months can be compared.
const shade = (s) => (s <= 0 ? 0 : s < 2 * 3600 ? 1 : s < 4 * 3600 ? 2 : s < 6 * 3600 ? 3 : s < 8 * 3600 ? 4 : 5);
const scale = () => el("p", { class: "scale" }, "Active ", ["none", "under 2 h", "2 to 4 h", "4 to 6 h", "6 to 8 h", "8 h and more"].map((w, i) => el("span", {}, el("i", { class: `h${i}`, "aria-hidden": "true" }), w)));

function calendar(days, today) {
  const cells = days.map((d) => el("a", { class: `cell h${shade(d.states[0])}`, href: `#/day/${d.day}`, title: word(d), "aria-current": d.day === today ? "date" : null },
    el("span", { class: "unseen" }, word(d)), el("span", {}, Number(d.day.slice(8))), el("strong", {}, d.states[0] ? hours(d.states[0]) : "")));
  if (cells[0]) cells[0].style.setProperty("grid-column", String(weekday(days[0].day) + 1));
  return el("section", { class: "card" }, el("h2", {}, "Active time by day"),
    el("div", { class: "month-grid", "aria-hidden": "true" }, WEEKDAYS.map((w) => el("span", { class: "faint" }, w))),
    el("div", { class: "month-grid" }, cells), scale());
}

function year(days, today) {
  const shift = weekday(days[0].day);
  const weeks = Math.ceil((days.length + shift) / 7);
  const cells = days.map((d, i) => {
    const n = i + shift;
    const cell = el("span", { class: `tile h${shade(d.states[0])}${d.day === today ? " today" : ""}`, title: word(d), "data-day": d.day });
    cell.style.setProperty("grid-area", `${n % 7 + 2} / ${Math.floor(n / 7) + 2}`);
    return cell;
  });
  const names = days.map((d, i) => [d, i]).filter(([d]) => d.day.endsWith("-01")).map(([d, i]) => {
    const name = el("span", { class: "faint" }, month(d.day, { month: "short" }));
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
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The days of the year" }, grid), scale());
}

function table(days, told, color) {
  const { by } = told;
  const sums = told.names.map((name) => ({ name: rowName(name, by), color: color(name), active: 0, idle: 0, keys: 0, clicks: 0 }));
  const rest = { name: by === "app" ? "without a name" : "others", color: "--c-other", active: 0, idle: 0, keys: 0, clicks: 0 };
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
  const whole = { active: 0, idle: 0, keys: 0, clicks: 0 };
  for (const s of shown) for (const k of Object.keys(whole)) whole[k] += s[k];
  const most = Math.max(1, ...shown.map((s) => s.active));
  const cells = (s) => [el("td", { class: "num" }, span(s.active)), el("td", { class: "num faint wide" }, span(s.idle)), el("td", { class: "num faint wide" }, idleShare(s.active, s.idle)),
    el("td", { class: "num faint" }, count(s.keys)), el("td", { class: "num faint wide" }, count(s.clicks))];
  const row = (s) => el("tr", {}, el("th", { scope: "row" }, el("span", { class: "name" }, swatch(s.color), bdi(s.name))),
    el("td", { class: "wide part" }, el("span", { class: "meter", "aria-hidden": "true" }, el("i", { style: { width: `${s.active / most * 100}%`, background: `var(${s.color})` } }))), cells(s));
  const head = (w, wide) => el("th", { scope: "col", class: `num${wide ? " wide" : ""}` }, w);
  return el("section", { class: "card" }, el("h2", {}, byWord(by)),
    shown.length ? el("table", { class: "plain apps" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Name"), el("td", { class: "wide part" }), head("Active"), head("Idle", true), head("Idle share", true), head("Keys"), head("Clicks", true))),
      el("tbody", {}, shown.map(row)),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "Total"), el("td", { class: "wide part" }), cells(whole)))) : el("p", { class: "hint" }, "Nothing was recorded in this time."),
    by === "project" && !told.has_projects ? noProjects() : null);
}
