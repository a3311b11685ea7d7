// Many days: a heat map or bars, and what the time went to.
import { ask, bdi, count, date, el, figure, hours, iso, long, palette, plus, short, span, swatch, turn, weekday } from "./base.js";

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

export async function many(room, kind, [which]) {
  const now = new Date();
  const today = iso(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())));
  const range = rangeOf(kind, /^\d{4}-\d\d-\d\d$/.test(which || "") ? which : today);
  const told = await ask("/api/days", { first: range.first, last: range.last });
  const days = told.days;
  const colors = palette(told.app_names);
  const active = (d) => d.states[0];
  const sum = (f) => days.reduce((all, d) => all + f(d), 0);
  const link = (d) => `#/${kind}/${d}`;
  const worked = days.filter((d) => active(d) > 0).length;

  room.append(el("div", { class: "head" },
    turn(range.title, link(range.before), range.after <= today ? link(range.after) : null, [`The ${kind} before`, `The next ${kind}`]),
    el("div", { class: "choose" }, el("a", { class: "button", href: `#/${kind}` }, `This ${kind}`))));
  room.append(el("div", { class: "figures" },
    figure(span(sum(active)), "active"), figure(span(sum((d) => d.states[1])), "idle"),
    figure(worked ? span(sum(active) / worked) : "–", "a day with activity"),
    figure(count(sum((d) => d.keys)), "keys"), figure(count(sum((d) => d.clicks)), "clicks")));
  if (told.damaged) room.append(el("p", { class: "hint warn" }, `${told.damaged} rows of this time cannot be read any more.`));
  if (kind === "week") room.append(bars(days, told.app_names, colors));
  else room.append(kind === "month" ? calendar(days, today) : year(days, today));
  // Where a year does not fit, its present end shows first.
  room.addEventListener("shown", () => room.querySelector(".tile.today")?.scrollIntoView({ inline: "center", block: "nearest" }), { once: true });
  room.append(table(days, told.app_names, colors));
}

const word = (d) => `${long(d.day)}: ${span(d.states[0])} active`;

function bars(days, names, colors) {
  const most = Math.max(3600, ...days.map((d) => d.apps.reduce((s, a) => s + a[1], d.other[0])));
  const top = Math.ceil(most / 7200) * 7200;
  const lines = [];
  for (let s = 0; s <= top; s += top / 4) lines.push(el("span", { class: "line", style: { bottom: `${s / top * 100}%` } }, hours(s)));
  return el("section", { class: "card" }, el("h2", {}, "Active time by application"),
    el("div", { class: "bars" }, el("div", { class: "lines", "aria-hidden": "true" }, lines),
      days.map((d) => {
        const parts = d.apps.filter((a) => a[1] > 0).map((a) => el("i", { style: { height: `${a[1] / top * 100}%`, background: `var(${a[0] < 8 ? colors.get(names[a[0]]) : "--c-other"})` } }));
        if (d.other[0]) parts.push(el("i", { style: { height: `${d.other[0] / top * 100}%`, background: "var(--c-other)" } }));
        return el("a", { class: "bar-day", href: `#/day/${d.day}`, title: word(d) },
          el("span", { class: "stack" }, parts), el("span", { class: "unseen" }, word(d)), el("span", { class: "under-bar" }, WEEKDAYS[weekday(d.day)], el("small", {}, active0(d))));
      })));
}
const active0 = (d) => (d.states[0] ? hours(d.states[0]) : "–");

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
  const months = [];
  for (const d of days) {
    const m = d.day.slice(0, 7);
    if (months.at(-1)?.m !== m) months.push({ m, s: 0 });
    months.at(-1).s += d.states[0];
  }
  const most = Math.max(1, ...months.map((m) => m.s));
  return el("div", {}, el("section", { class: "card" }, el("h2", {}, "Active time by day"),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The days of the year" }, grid), scale()),
  el("section", { class: "card" }, el("h2", {}, "By month"), el("ul", { class: "months" }, months.map((m) => el("li", {},
    el("a", { href: `#/month/${m.m}-01` }, month(`${m.m}-01`)), el("span", { class: "meter", "aria-hidden": "true" }, el("i", { style: { width: `${m.s / most * 100}%`, background: "var(--accent)" } })),
    el("span", { class: "num" }, m.s ? span(m.s) : "–"))))));
}

function table(days, names, colors) {
  const sums = names.map((name) => ({ name, active: 0, idle: 0, keys: 0, clicks: 0 }));
  for (const d of days) {
    for (const [n, active, idle, keys, clicks] of d.apps) {
      const s = sums[n];
      s.active += active; s.idle += idle; s.keys += keys; s.clicks += clicks;
    }
  }
  sums.sort((a, b) => b.active - a.active);
  const most = Math.max(1, ...sums.map((s) => s.active));
  const row = (s, i) => el("tr", {}, el("th", { scope: "row" }, el("span", { class: "name" }, swatch(i < 8 ? colors.get(s.name) : "--c-other"), bdi(s.name))),
    el("td", { class: "wide part" }, el("span", { class: "meter", "aria-hidden": "true" }, el("i", { style: { width: `${s.active / most * 100}%`, background: `var(${i < 8 ? colors.get(s.name) : "--c-other"})` } }))),
    el("td", { class: "num" }, span(s.active)), el("td", { class: "num faint wide" }, span(s.idle)), el("td", { class: "num faint" }, count(s.keys)), el("td", { class: "num faint wide" }, count(s.clicks)));
  return el("section", { class: "card" }, el("h2", {}, "Applications"),
    sums.length ? el("table", { class: "plain apps" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Name"), el("td", { class: "wide part" }), el("th", { scope: "col", class: "num" }, "Active"), el("th", { scope: "col", class: "num wide" }, "Idle"), el("th", { scope: "col", class: "num" }, "Keys"), el("th", { scope: "col", class: "num wide" }, "Clicks"))),
      el("tbody", {}, sums.slice(0, 60).map(row))) : el("p", { class: "hint" }, "Nothing was recorded in this time."));
}
