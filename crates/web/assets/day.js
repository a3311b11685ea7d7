// A day: what was in front when, how much happened, and the picture nearest to where one looks.
import { ask, bdi, clock, count, el, figure, hours, long, palette, picture, span, STATE_WORDS, STATES, swatch, turn } from "./base.js";
import { listen } from "./now.js";
import { strip } from "./strip.js";
import { open } from "./shots.js";

export async function day(room, [which], signal) {
  const day = await ask("/api/day", { day: which }, signal);
  const states = Object.fromEntries(day.states);
  const colors = palette(day.apps.map((a) => a.app));
  const link = (d) => d && `#/day/${d}`;

  room.append(el("div", { class: "head" },
    turn(long(day.day), link(day.previous), link(day.next), ["The day before", "The next day"]),
    el("div", { class: "choose" },
      day.day !== day.today ? el("a", { class: "button", href: "#/day" }, "Today") : el("button", { type: "button", onclick: () => dispatchEvent(new HashChangeEvent("hashchange")) }, "Refresh"),
      el("label", {}, el("span", { class: "unseen" }, "Go to a day"),
        el("input", { type: "date", value: day.day, max: day.today, onchange: (e) => { if (e.target.value) location.hash = `#/day/${e.target.value}`; } })))));

  const figures = el("div", { class: "figures" },
    figure(span(states.active), "active"), figure(span(states.idle), "idle"),
    figure(count(day.keys), "keys"), figure(count(day.clicks), "clicks"), figure(count(day.shots.length), "pictures"));
  room.append(figures);
  if (day.injected) room.append(el("p", { class: "hint" }, `${count(day.injected)} of the keys and clicks came from programs, not from hands.`));
  if (day.damaged) room.append(el("p", { class: "hint warn" }, `${day.damaged} rows of this time cannot be read any more; their time shows as off.`));

  if (!day.pieces.length) {
    room.append(el("div", { class: "card empty" }, el("h2", {}, "Nothing was recorded on this day"), el("p", {}, "Recording starts with ", el("code", {}, "uam"), ".")));
  } else {
    room.append(timeline(room, day, colors, signal));
  }
  room.append(el("div", { class: "columns" }, apps(day, colors), el("div", { class: "side" }, coverage(day), notes(day))));

  if (day.day === day.today) {
    listen((now) => {
      if (!now.running || !now.today_s.length) return;
      const values = figures.querySelectorAll(".value");
      values[0].textContent = span(now.today_s[0]);
      values[1].textContent = span(now.today_s[1]);
      values[2].textContent = count(now.keys);
      values[3].textContent = count(now.clicks);
      now.today_s.forEach((s, i) => {
        const cell = room.querySelector(`[data-total="${STATES[i]}"]`);
        if (cell) cell.textContent = span(s);
      });
    }, signal);
  }
}

function timeline(room, day, colors, signal) {
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
  const lanes = strip(day, colors, pick, signal);
  room.addEventListener("shown", lanes.begin, { once: true });
  return el("section", { class: "card timeline", "aria-label": "Timeline" },
    el("div", { class: "title-row" }, el("h2", {}, "Timeline"), lanes.tools),
    lanes.slider,
    el("div", { class: "under" }, el("div", {}, lanes.told, legend(),
      el("p", { class: "hint keys" }, "Point or use ← → to move, Shift for ten minutes, + and − or the wheel to zoom, 0 for the whole day.")), seen));
}

const legend = () => el("ul", { class: "legend" },
  ["active", "idle", "locked", "asleep", "paused"].map((s) => el("li", {}, swatch(`--s-${s}`), STATE_WORDS[s])),
  el("li", {}, swatch("--accent"), "input"));

export const offsetOf = (day, us) => {
  let offset = day.offsets[0][1];
  for (const [since, seconds] of day.offsets) if (us >= since) offset = seconds;
  return offset;
};

function apps(day, colors) {
  const most = Math.max(1, ...day.apps.map((a) => a.active_s + a.idle_s));
  const meter = (a, color) => el("div", { class: "meter", "aria-hidden": "true" },
    el("i", { style: { width: `${a.active_s / most * 100}%`, background: `var(${color})` } }),
    el("i", { class: "idle", style: { width: `${a.idle_s / most * 100}%`, background: `var(${color})` } }));
  const row = (name, a, color) => [el("span", { class: "name" }, swatch(color), bdi(name)), meter(a, color),
    el("span", { class: "num" }, span(a.active_s)), el("span", { class: "num faint wide" }, `${count(a.keys)} keys`), el("span", { class: "num faint wide" }, `${count(a.clicks)} clicks`)];
  const list = day.apps.filter((a) => a.active_s + a.idle_s || a.keys || a.clicks).map((a) => el("details", { class: "app" },
    el("summary", {}, el("span", { class: "row" }, row(a.app, a, colors.get(a.app)))),
    el("ul", { class: "windows" }, a.windows.map((w) => el("li", {}, bdi(w.title || "no title"), el("span", { class: "num" }, span(w.active_s)))),
      a.more ? el("li", { class: "faint" }, `and ${a.more} more`) : null)));
  const rest = [["Protected by a rule", day.protected], ["Taken out", day.removed], ["No window", day.unnamed]]
    .filter(([, u]) => u.active_s + u.idle_s + u.keys + u.clicks)
    .map(([name, u]) => el("div", { class: "app none" }, el("span", { class: "row" }, row(name, u, "--c-other"))));
  return el("section", { class: "card" }, el("h2", {}, "Applications"), list.length + rest.length ? [list, rest] : el("p", { class: "hint" }, "None on this day."));
}

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
    newest.length > skip ? el("details", {}, el("summary", {}, `${newest.length - skip} more`), el("ul", { class: "notes" }, newest.slice(skip).map(one))) : null);
}
