// The day's timeline on a canvas: coverage, activity, a lane for each application, pictures; zoom and a scrubber.
import { clock, count, css, el, fill, STATES, STATE_WORDS } from "./base.js";
import { idleShare, isHeld, rowName } from "./look.js";

const LANES = 8;
const LEFT = 118;
const ROW = 22;
const GAP = 4;

/** Lanes: the busiest rows, the others together, and what has no name. */
function lanesOf(day, group) {
  const told = group.rows.filter((r) => r.active_s + r.idle_s > 0 && !isHeld(r.name, group.by)).map((r) => r.name);
  const busiest = told.slice(0, LANES);
  const lanes = busiest.map((name) => ({ name: rowName(name, group.by), key: name, color: group.color(name) }));
  const others = new Set(told.slice(LANES));
  if (others.size) lanes.push({ name: `${others.size} others`, key: "\u0000others", color: "--c-other" });
  const nameless = new Set(day.pieces.filter((p) => p[3] < 0 && p[2] <= 1).map((p) => p[3]));
  if (nameless.has(-1)) lanes.push({ name: "protected", key: "\u0000-1", color: "--c-other" });
  if (nameless.has(-2)) lanes.push({ name: "taken out", key: "\u0000-2", color: "--c-other" });
  return lanes;
}

export function strip(day, group, onpick, signal) {
  const lanes = lanesOf(day, group);
  const place = new Map(lanes.map((l, i) => [l.key, i]));
  const laneOf = (owner) => {
    if (owner < 0) return place.get(`\u0000${owner}`);
    return place.get(group.nameOf(day.windows[owner])) ?? place.get("\u0000others");
  };
  const length = (day.to_us - day.from_us) / 1e6;
  // The time at the desk; a day without any is shown whole.
  const desk = day.pieces.filter((p) => p[2] <= 1);
  const begin = desk.length ? desk[0][0] / 10 : 0;
  const end = desk.length ? desk[desk.length - 1][1] / 10 : length;
  let from = 0;
  let to = length;
  let at = Math.max(0, day.today === day.day ? Math.min(end, (day.now_us - day.from_us) / 1e6) - 1 : (begin + end) / 2);
  // Noon may be a break; what comes after it tells more.
  const busy = desk.find((p) => p[2] === 0 && p[1] / 10 > at + 1);
  if (busy && day.today !== day.day) at = Math.max(at, busy[0] / 10);
  const offsetAt = (s) => {
    const us = day.from_us + s * 1e6;
    let offset = day.offsets[0][1];
    for (const [since, seconds] of day.offsets) if (us >= since) offset = seconds;
    return offset;
  };
  const timeAt = (s, seconds) => clock(day.from_us + s * 1e6, offsetAt(s), seconds);

  const canvas = el("canvas", { "aria-hidden": "true" });
  const slider = el("div", {
    class: "stage", role: "slider", tabindex: 0, "aria-label": "Moment of the day", "aria-valuemin": 0, "aria-valuemax": Math.round(length),
  }, canvas);
  const told = el("div", { class: "told" });

  const pieceAt = (s) => {
    const t = s * 10;
    let low = 0;
    let high = day.pieces.length - 1;
    while (low <= high) {
      const mid = (low + high) >> 1;
      if (day.pieces[mid][1] <= t) low = mid + 1;
      else if (day.pieces[mid][0] > t) high = mid - 1;
      else return day.pieces[mid];
    }
    return null;
  };
  const shotAt = (s) => {
    let best = null;
    let near = Infinity;
    for (const shot of day.shots) {
      const d = Math.abs((shot.at_us - day.from_us) / 1e6 - s);
      if (d < near && !shot.removed) { near = d; best = shot; }
    }
    return best;
  };

  const wide = () => slider.clientWidth || 900;
  const left = () => (wide() < 560 ? 8 : LEFT);
  const x = (s) => left() + (s - from) / (to - from) * (wide() - left() - 10);
  const sec = (px) => from + (px - left()) / (wide() - left() - 10) * (to - from);
  const named = () => wide() >= 560;
  const AXIS = 24;
  const CURVE = 56;
  const rowHeight = () => (named() ? ROW : 36);
  const laneTop = (i) => AXIS + ROW + GAP + CURVE + GAP * 2 + i * (rowHeight() + GAP);
  const height = () => laneTop(lanes.length) + (day.shots.length ? 18 : 4);

  function draw() {
    const w = wide();
    const h = height();
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    slider.style.setProperty("height", `${h}px`);
    const c = canvas.getContext("2d");
    c.scale(ratio, ratio);
    c.clearRect(0, 0, w, h);
    const ink = css("--ink");
    const faint = css("--faint");
    const line = css("--line");
    const ground = css("--well");
    const font = css("--font");
    c.font = `12px ${font}`;
    c.textBaseline = "middle";
    // Hours: as many labels as fit.
    const step = [300, 600, 1800, 3600, 7200, 10800, 14400, 21600].find((s) => (x(from + s) - x(from)) >= 52) || 21600;
    c.fillStyle = faint;
    c.textAlign = "center";
    const shift = offsetAt(from) % step;
    const zero = (((day.from_us / 1e6) + shift) % step + step) % step;
    for (let s = Math.ceil((from + zero) / step) * step - zero; s <= to; s += step) {
      c.fillStyle = line;
      c.fillRect(Math.round(x(s)), AXIS - 4, 1, h - AXIS - (day.shots.length ? 14 : 0));
      c.fillStyle = faint;
      if (x(s) > left() + 14 && x(s) < w - 24) c.fillText(timeAt(s), x(s), 10);
    }
    const label = (text, y) => {
      if (!named()) return;
      c.textAlign = "left";
      c.fillStyle = ink;
      let t = text;
      while (t.length > 3 && c.measureText(t).width > LEFT - 14) t = `${t.slice(0, -2)}…`;
      c.fillText(t, 0, y);
    };
    const bar = (y, hh) => { c.fillStyle = ground; round(c, left(), y, w - left() - 10, hh, 4); };
    label("State", AXIS + ROW / 2);
    bar(AXIS, ROW);
    label("Activity", AXIS + ROW + GAP + CURVE / 2);
    bar(AXIS + ROW + GAP, CURVE);
    lanes.forEach((lane, i) => {
      const y = laneTop(i);
      if (named()) label(lane.name, y + ROW / 2);
      else { c.textAlign = "left"; c.fillStyle = ink; c.fillText(lane.name, left() + 2, y + 6); }
      bar(named() ? y : y + 15, named() ? ROW : 20);
    });
    c.save();
    c.beginPath();
    c.rect(left(), 0, w - left() - 10, h);
    c.clip();
    const shades = STATES.map((s) => css(`--s-${s}`));
    const tints = lanes.map((l) => css(l.color));
    for (const [a, b, state, owner] of day.pieces) {
      if (b / 10 < from || a / 10 > to) continue;
      const x0 = x(a / 10);
      const ww = Math.max(x(b / 10) - x0, 0.7);
      c.fillStyle = shades[state];
      c.fillRect(x0, AXIS + 2, ww, ROW - 4);
      const lane = state <= 1 ? laneOf(owner) : undefined;
      if (lane !== undefined) {
        c.fillStyle = tints[lane];
        c.globalAlpha = state === 1 ? 0.35 : 1;
        const y = laneTop(lane);
        c.fillRect(x0, named() ? y + 3 : y + 17, ww, named() ? ROW - 6 : 16);
        c.globalAlpha = 1;
      }
    }
    // Seconds with activity in each ten minutes, over the time that was active at all.
    const base = AXIS + ROW + GAP + CURVE;
    day.tens.forEach(([active, , input], i) => {
      const x0 = x(i * 600);
      const ww = Math.max(x((i + 1) * 600) - x0 - 1, 1);
      if (x0 + ww < 0 || x0 > w || !active) return;
      c.fillStyle = css("--soft");
      c.fillRect(x0, base - active / 600 * (CURVE - 4), ww, active / 600 * (CURVE - 4));
      c.fillStyle = css("--accent");
      c.fillRect(x0, base - Math.min(input, 600) / 600 * (CURVE - 4), ww, Math.min(input, 600) / 600 * (CURVE - 4));
    });
    c.fillStyle = ink;
    for (const shot of day.shots) {
      const px = x((shot.at_us - day.from_us) / 1e6);
      c.globalAlpha = shot.removed ? 0.3 : 0.75;
      c.beginPath();
      c.arc(px, h - 8, 3, 0, 7);
      c.fill();
    }
    c.globalAlpha = 1;
    c.restore();
    const px = x(at);
    if (px >= left() - 1 && px <= w) {
      c.fillStyle = css("--cursor");
      c.fillRect(px - 0.75, AXIS - 6, 1.5, h - AXIS + 4);
      c.beginPath();
      c.arc(px, AXIS - 7, 4, 0, 7);
      c.fill();
    }
  }

  function tell() {
    const piece = pieceAt(at);
    const state = piece ? STATES[piece[2]] : "off";
    let app = "";
    let title = "";
    if (piece && piece[3] >= 0) {
      const [n, t] = day.windows[piece[3]];
      app = day.app_names[n];
      title = t;
    } else if (piece && piece[2] <= 1) {
      app = { "-1": "Protected by a rule", "-2": "Taken out", "-3": "No window" }[piece[3]];
    }
    const ten = day.tens[Math.floor(at / 600)];
    fill(told,
      el("span", { class: "time" }, timeAt(at, true)),
      el("span", { class: `chip s-${state}` }, STATE_WORDS[state]),
      app ? el("strong", {}, el("bdi", {}, app)) : null,
      title ? el("bdi", { class: "title" }, title) : null,
      ten && ten[0] + ten[1] ? el("span", { class: "faint" }, `These ten minutes: ${count(ten[0])} s active, ${idleShare(ten[0], ten[1])} idle; ${count(ten[3])} keys, ${count(ten[4])} clicks`) : null,
    );
    slider.setAttribute("aria-valuenow", Math.round(at));
    slider.setAttribute("aria-valuetext", [timeAt(at), STATE_WORDS[state], app, title].filter(Boolean).join(", "));
    onpick(at, shotAt(at));
  }

  let due = 0;
  function again() {
    if (!due) due = requestAnimationFrame(() => { due = 0; draw(); });
  }
  function go(s) {
    at = Math.min(length - 1, Math.max(0, s));
    if (at < from || at > to) {
      const half = (to - from) / 2;
      look(at - half, at + half);
    }
    tell();
    again();
  }
  function look(a, b) {
    const size = Math.min(Math.max(b - a, 600), length);
    from = Math.min(Math.max(0, a), length - size);
    to = from + size;
    again();
  }
  const zoom = (by, around = at) => look(around - (around - from) * by, around + (to - around) * by);

  slider.addEventListener("keydown", (e) => {
    const step = e.shiftKey ? 600 : Math.max(10, (to - from) / 300);
    const keys = {
      ArrowLeft: () => go(at - step), ArrowRight: () => go(at + step), ArrowDown: () => go(at - step), ArrowUp: () => go(at + step),
      PageUp: () => go(at + 3600), PageDown: () => go(at - 3600), Home: () => go(begin), End: () => go(end - 1),
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => look(0, length),
    };
    if (keys[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); keys[e.key](); }
  });
  let held = null;
  const px = (e) => e.clientX - slider.getBoundingClientRect().left;
  slider.addEventListener("pointerdown", (e) => { held = { x: px(e), from, to, id: e.pointerId }; go(sec(px(e))); });
  slider.addEventListener("pointermove", (e) => {
    // A finger that slides and a mouse that hovers scrub; a mouse that drags moves a zoomed day.
    if (held && e.pointerType === "mouse" && to - from < length) {
      const by = (held.x - px(e)) / (wide() - left() - 10) * (held.to - held.from);
      look(held.from + by, held.to + by);
    } else go(sec(px(e)));
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) slider.addEventListener(name, () => { held = null; });
  slider.addEventListener("wheel", (e) => {
    // Turning the wheel over the lanes zooms; the whole day lets the page scroll on.
    if (to - from >= length && e.deltaY > 0) return;
    e.preventDefault();
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) look(from + e.deltaX / wide() * (to - from), to + e.deltaX / wide() * (to - from));
    else zoom(e.deltaY < 0 ? 0.8 : 1.25, sec(px(e)));
  }, { passive: false });

  const button = (sign, word, f) => el("button", { type: "button", "aria-label": word, title: word, onclick: f }, sign);
  const tools = el("div", { class: "tools" },
    button("−", "Show more of the day", () => zoom(2)), button("+", "Zoom in", () => zoom(0.5)),
    el("button", { type: "button", onclick: () => look(0, length) }, "Whole day"),
    el("button", { type: "button", onclick: () => look(begin - 900, end + 900) }, "Time at the desk"));
  const watcher = new ResizeObserver(again);
  watcher.observe(slider);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", again);
  signal.addEventListener("abort", () => { watcher.disconnect(); scheme.removeEventListener("change", again); });
  if (end > begin) look(begin - 1800, end + 1800);
  return { slider, tools, told, begin: () => { draw(); tell(); }, go: (us) => go((us - day.from_us) / 1e6) };
}

function round(c, x, y, w, h, r) {
  c.beginPath();
  c.roundRect(x, y, w, h, r);
  c.fill();
}

