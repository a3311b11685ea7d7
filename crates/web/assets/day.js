// A day: what was in front when, how much happened, and the picture nearest to where one looks.
import { again, ask, bdi, clock, count, el, figure, hours, long, palette, picture, span, STATE_WORDS, STATES, swatch, turn } from "./base.js";
import { byWord, chooseBy, chooseMerge, idleShare, isHeld, isPlain, look, rowName, saver } from "./look.js";
import { listen } from "./live_status.js";
import { strip } from "./timeline.js";
import { open } from "./gallery.js";

/** What the day is told by: rows, busiest first, and which of them a window belongs to. */
function groupOf(day) {
  const of = {
    app: () => [day.apps.map((a) => ({ ...a, name: a.app })), (w) => day.app_names[w[0]]],
    category: () => [day.categories, (w) => day.categories[w[2]].name],
    project: () => [day.projects, (w) => day.projects[w[3]].name],
  };
  const [rows, nameOf] = of[look.by]();
  const named = rows.filter((r) => !isPlain(r.name, look.by)).map((r) => r.name);
  const known = palette(named);
  const color = (name) => known.get(name) && named.indexOf(name) < 8 ? known.get(name) : "--c-other";
  return { by: look.by, rows, nameOf, color };
}

export async function day(room, [which], signal) {
  const day = await ask("/api/day", { day: which, merge: look.merge }, signal);
  const states = Object.fromEntries(day.states);
  const link = (d) => d && `#/day/${d}`;

  room.append(el("div", { class: "head" },
    turn(long(day.day), link(day.previous), link(day.next), ["The day before", "The next day"]),
    el("div", { class: "choose" },
      day.day !== day.today ? el("a", { class: "button", href: "#/day" }, "Today") : el("button", { type: "button", "data-keep": "again", onclick: again }, "Refresh"),
      el("label", {}, el("span", { class: "unseen" }, "Go to a day"),
        el("input", { type: "date", value: day.day, max: day.today, onchange: (e) => { if (e.target.value) location.hash = `#/day/${e.target.value}`; } })),
      saver(day.day, day.day, look.merge))));

  const figures = el("div", { class: "figures" },
    figure(span(states.active), "active"), figure(span(states.idle), "idle"), figure(idleShare(states.active, states.idle), "of that time idle"),
    figure(count(day.keys), "keys"), figure(count(day.clicks), "clicks"), figure(count(day.shots.length), "pictures"));
  room.append(figures);
  if (day.injected) room.append(el("p", { class: "hint" }, `${count(day.injected)} of the keys and clicks came from programs, not from hands.`));
  if (day.damaged) room.append(el("p", { class: "hint warn" }, `${day.damaged} rows of this time cannot be read any more; their time shows as off.`));
  room.append(el("div", { class: "looks" }, chooseBy(() => draw()), chooseMerge(),
    day.starts !== "00:00" ? el("span", { class: "faint" }, `Days begin at ${day.starts}.`) : null));

  const told = el("div", {});
  room.append(told);
  let drawn = null;
  let ready = false;
  function draw() {
    for (const b of room.querySelectorAll(".segments button")) b.setAttribute("aria-pressed", String(b.dataset.keep === `by-${look.by}`));
    drawn?.abort();
    drawn = new AbortController();
    const group = groupOf(day);
    let lanes = null;
    if (day.pieces.length) lanes = timeline(day, group, drawn.signal);
    told.replaceChildren(lanes?.card ?? el("div", { class: "card empty" }, el("h2", {}, "Nothing was recorded on this day"), el("p", {}, "Recording starts with ", el("code", {}, "uam"), ".")),
      el("div", { class: "columns" }, rows(day, group), el("div", { class: "side" }, coverage(day), notes(day))));
    if (ready) lanes?.begin();
    else room.addEventListener("shown", () => { ready = true; lanes?.begin(); }, { once: true });
  }
  draw();
  signal.addEventListener("abort", () => drawn.abort());

  if (day.day === day.today) {
    listen((now) => {
      if (!now.running || !now.today_s.length) return;
      const values = figures.querySelectorAll(".value");
      values[0].textContent = span(now.today_s[0]);
      values[1].textContent = span(now.today_s[1]);
      values[2].textContent = idleShare(now.today_s[0], now.today_s[1]);
      values[3].textContent = count(now.keys);
      values[4].textContent = count(now.clicks);
      now.today_s.forEach((s, i) => {
        const cell = room.querySelector(`[data-total="${STATES[i]}"]`);
        if (cell) cell.textContent = span(s);
      });
    }, signal);
  }
}

function timeline(day, group, signal) {
  const seen = el("figure", { class: "seen" });
  let shown = null;
  let wanted = 0;
  const pick = (_, shot) => {
    if (shot === shown) return;
    shown = shot;
    wanted += 1;
    const mine = wanted;
    if (!shot) { seen.replaceChildren(el("div", { class: "blank" }, "No pictures on this day")); return; }
    // Only what the cursor rests on is fetched: a quick slide over a day is not a look at all of it.
    setTimeout(async () => {
      if (mine !== wanted || signal.aborted) return;
      const about = el("figcaption", {}, el("span", {}, clock(shot.at_us, offsetOf(day, shot.at_us))), " ", bdi(shot.app || "no window"));
      try {
        const url = await picture(shot.seq);
        if (mine !== wanted || signal.aborted) return;
        const name = `Picture of ${clock(shot.at_us, offsetOf(day, shot.at_us))}, ${shot.app || "no window"}`;
        seen.replaceChildren(el("button", { type: "button", class: "plain", "aria-label": `${name}: enlarge`, onclick: () => open(day.shots.filter((s) => !s.removed), shot) },
          el("img", { src: url, alt: name })), about);
      } catch (e) {
        if (mine === wanted && !signal.aborted) seen.replaceChildren(el("div", { class: "blank" }, e.message), about);
      }
    }, 120);
  };
  const lanes = strip(day, group, pick, signal);
  const card = el("section", { class: "card timeline", "aria-label": "Timeline" },
    el("div", { class: "title-row" }, el("h2", {}, "Timeline"), lanes.tools),
    lanes.slider,
    el("div", { class: "under" }, el("div", {}, lanes.told, legend(),
      el("p", { class: "hint keys" }, "Point or use ← → to move, Shift for ten minutes, + and − or the wheel to zoom, 0 for the whole day.")), seen));
  return { card, begin: lanes.begin };
}

const legend = () => el("ul", { class: "legend" },
  ["active", "idle", "locked", "asleep", "paused"].map((s) => el("li", {}, swatch(`--s-${s}`), STATE_WORDS[s])),
  el("li", {}, swatch("--soft"), "active within ten minutes"), el("li", {}, swatch("--accent"), "with input"));

export const offsetOf = (day, us) => {
  let offset = day.offsets[0][1];
  for (const [since, seconds] of day.offsets) if (us >= since) offset = seconds;
  return offset;
};

/** The windows behind a row of categories or projects, longest first, summed up from the day's pieces. */
function windowsOf(day, group) {
  const sums = new Map();
  for (const [from, to, state, owner] of day.pieces) {
    if (state !== 0 || owner < 0) continue;
    sums.set(owner, (sums.get(owner) || 0) + (to - from) / 10);
  }
  const out = new Map();
  for (const [owner, s] of [...sums].sort((a, b) => b[1] - a[1])) {
    const name = group.nameOf(day.windows[owner]);
    if (!out.has(name)) out.set(name, []);
    out.get(name).push([day.windows[owner], s]);
  }
  return out;
}

function rows(day, group) {
  const { by } = group;
  const busy = group.rows.filter((r) => r.active_s + r.idle_s || r.keys || r.clicks);
  const rest = by === "app" ? [["Protected by a rule", day.protected], ["Taken out", day.removed], ["No window", day.unnamed]].filter(([, u]) => u.active_s + u.idle_s + u.keys + u.clicks) : [];
  const most = Math.max(1, ...busy.map((r) => r.active_s + r.idle_s));
  const meter = (a, color) => el("span", { class: "meter", "aria-hidden": "true" },
    el("i", { style: { width: `${Math.min(a.active_s / most, 1) * 100}%`, background: `var(${color})` } }),
    el("i", { class: "idle", style: { width: `${Math.min(a.idle_s / most, 1) * 100}%`, background: `var(${color})` } }));
  const row = (name, a, color) => [el("span", { class: "name" }, swatch(color), bdi(name)), meter(a, color),
    el("span", { class: "num" }, span(a.active_s)), el("span", { class: "num faint wide" }, `${count(a.keys)} keys`), el("span", { class: "num faint wide" }, `${count(a.clicks)} clicks`)];
  const behind = by === "app" ? null : windowsOf(day, group);
  const most10 = 20;
  const list = busy.map((r) => {
    const inside = by === "app"
      ? [...r.windows.map((w) => el("li", {}, bdi(w.title || "no title"), el("span", { class: "num" }, span(w.active_s)))), r.more ? el("li", { class: "faint" }, `and ${r.more} more`) : null]
      : (behind.get(r.name) || []).slice(0, most10).map(([w, s]) => el("li", {}, el("span", {}, el("strong", {}, bdi(day.app_names[w[0]])), " ", bdi(w[1])), el("span", { class: "num" }, span(s))));
    const more = by === "app" ? 0 : (behind.get(r.name) || []).length - most10;
    if (more > 0) inside.push(el("li", { class: "faint" }, `and ${more} more`));
    const head = el("span", { class: "row" }, row(rowName(r.name, by), r, isHeld(r.name, by) ? "--c-other" : group.color(r.name)));
    return inside.some(Boolean) ? el("details", { class: "app" }, el("summary", {}, head), el("ul", { class: "windows" }, inside)) : el("div", { class: "app none" }, head);
  });
  for (const [name, u] of rest) list.push(el("div", { class: "app none" }, el("span", { class: "row" }, row(name, u, "--c-other"))));
  return el("section", { class: "card" }, el("h2", {}, byWord(by)), list.length ? list : el("p", { class: "hint" }, "None on this day."),
    by === "project" && !day.has_projects ? noProjects() : null);
}

export const noProjects = () => el("p", { class: "hint" }, "There is no rule for projects yet. Rules are read when days are shown and change nothing that was recorded; ", el("code", {}, "uam categories"), " lists and tries them.");

function coverage(day) {
  const all = day.states.reduce((sum, [, s]) => sum + s, 0);
  return el("section", { class: "card" }, el("h2", {}, "Time"),
    el("table", { class: "plain" }, el("tbody", {}, day.states.filter(([, s]) => s).map(([name, s]) => el("tr", {},
      el("th", { scope: "row" }, swatch(`--s-${name}`), STATE_WORDS[name]),
      el("td", { class: "num", "data-total": name }, span(s)),
      el("td", { class: "num faint" }, all ? `${Math.round(s / all * 100)} %` : "")))),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "All of it"), el("td", { class: "num" }, hours(all)), el("td")))));
}

function notes(day) {
  const skip = 6;
  const one = (n) => el("li", {}, el("time", {}, clock(n.at_us, offsetOf(day, n.at_us))), " ", bdi(n.text));
  const newest = [...day.notes].reverse();
  return el("section", { class: "card" }, el("h2", {}, "Notices"),
    newest.length ? el("ul", { class: "notes" }, newest.slice(0, skip).map(one)) : el("p", { class: "hint" }, "None."),
    newest.length > skip ? el("details", {}, el("summary", {}, `${newest.length - skip} more`), el("ul", { class: "notes" }, newest.slice(skip).map(one)), day.more_notes ? el("p", { class: "hint" }, `${count(day.more_notes)} older ones are in `, el("code", {}, "uam export"), ".") : null) : null);
}
