// The day's timeline: a slider over the canvas that moves the cursor and zooms, and the facts of the moment at the cursor.
import { el, isolate, replaceContent } from "./dom.js";
import { clockTime, formatNumber, offsetOf, STATES, STATE_LABELS } from "./format.js";
import { TimelineCanvas } from "./timeline_canvas.js";
import { idleShare } from "./view_options.js";

/** The piece of the day at a second, by binary search; null before the first and in gaps. */
function pieceAt(day, second) {
  const tenths = second * 10;
  let low = 0;
  let high = day.pieces.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [start, end] = day.pieces[middle];
    if (end <= tenths) low = middle + 1;
    else if (start > tenths) high = middle - 1;
    else return day.pieces[middle];
  }
  return null;
}

/** The screenshot nearest to a second; null when there is none. */
function screenshotAt(day, second) {
  let nearest = null;
  let distance = Infinity;
  for (const screenshot of day.shots) {
    const apart = Math.abs((screenshot.at_us - day.from_us) / 1e6 - second);
    if (apart < distance && !screenshot.removed) { distance = apart; nearest = screenshot; }
  }
  return nearest;
}

/** Application and title of a piece, as shown. */
function windowOf(day, piece) {
  if (piece && piece[3] >= 0) {
    const [app, title] = day.windows[piece[3]];
    return { app: day.app_names[app], title };
  }
  if (piece && piece[2] <= 1) return { app: { "-1": "Protected by a rule", "-2": "Deleted", "-3": "No window" }[piece[3]], title: "" };
  return { app: "", title: "" };
}

/** Where the cursor stands at first: the present of today; of another day an active moment near the middle. */
function startingPoint(day, activePieces, firstActive, lastActive) {
  if (day.today === day.day) return Math.max(0, Math.min(lastActive, (day.now_us - day.from_us) / 1e6) - 1);
  const middle = Math.max(0, (firstActive + lastActive) / 2);
  // The middle may be a break.
  const nextActive = activePieces.find((p) => p[2] === 0 && p[1] / 10 > middle + 1);
  return nextActive ? Math.max(middle, nextActive[0] / 10) : middle;
}

/** A timeline; `onMove` is called with the screenshot nearest to the cursor. Draws from `start()` until the signal. */
export function createTimeline(day, grouping, onMove, signal) {
  const length = (day.to_us - day.from_us) / 1e6;
  // Active and idle time; a day without either is shown whole.
  const activePieces = day.pieces.filter((p) => p[2] <= 1);
  const firstActive = activePieces.length ? activePieces[0][0] / 10 : 0;
  const lastActive = activePieces.length ? activePieces[activePieces.length - 1][1] / 10 : length;
  const view = { from: 0, to: length, at: startingPoint(day, activePieces, firstActive, lastActive) };
  const slider = el("div", {
    class: "stage", role: "slider", tabindex: 0, "aria-label": "Moment of the day", "aria-valuemin": 0, "aria-valuemax": Math.round(length),
  });
  const canvas = new TimelineCanvas(slider, day, grouping, view);
  const momentInfo = el("div", { class: "told" });

  function showMoment() {
    const piece = pieceAt(day, view.at);
    const state = piece ? STATES[piece[2]] : "off";
    const { app, title } = windowOf(day, piece);
    const us = day.from_us + view.at * 1e6;
    const bucket = day.tens[Math.floor(view.at / 600)];
    replaceContent(momentInfo,
      el("span", { class: "time" }, clockTime(us, offsetOf(day, us), true)),
      el("span", { class: `chip s-${state}` }, STATE_LABELS[state]),
      app ? el("strong", {}, isolate(app)) : null,
      title ? el("bdi", { class: "title" }, title) : null,
      bucket && bucket[0] + bucket[1] ? el("span", { class: "faint" }, `These ten minutes: ${formatNumber(bucket[0])} s active, ${idleShare(bucket[0], bucket[1])} idle; ${formatNumber(bucket[3])} keys, ${formatNumber(bucket[4])} clicks`) : null,
    );
    slider.setAttribute("aria-valuenow", Math.round(view.at));
    slider.setAttribute("aria-valuetext", [clockTime(us, offsetOf(day, us)), STATE_LABELS[state], app, title].filter(Boolean).join(", "));
    onMove(screenshotAt(day, view.at));
  }

  let frame = 0;
  function redraw() {
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; canvas.draw(); });
  }
  function moveTo(second) {
    view.at = Math.min(length - 1, Math.max(0, second));
    if (view.at < view.from || view.at > view.to) {
      const half = (view.to - view.from) / 2;
      setVisibleRange(view.at - half, view.at + half);
    }
    showMoment();
    redraw();
  }
  function setVisibleRange(from, to) {
    const size = Math.min(Math.max(to - from, 600), length);
    view.from = Math.min(Math.max(0, from), length - size);
    view.to = view.from + size;
    redraw();
  }
  const zoom = (factor, around = view.at) => setVisibleRange(around - (around - view.from) * factor, around + (view.to - around) * factor);

  slider.addEventListener("keydown", (e) => {
    const step = e.shiftKey ? 600 : Math.max(10, (view.to - view.from) / 300);
    const keys = {
      ArrowLeft: () => moveTo(view.at - step), ArrowRight: () => moveTo(view.at + step), ArrowDown: () => moveTo(view.at - step), ArrowUp: () => moveTo(view.at + step),
      PageUp: () => moveTo(view.at + 3600), PageDown: () => moveTo(view.at - 3600), Home: () => moveTo(firstActive), End: () => moveTo(lastActive - 1),
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => setVisibleRange(0, length),
    };
    if (keys[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); keys[e.key](); }
  });
  let drag = null;
  const pointerX = (e) => e.clientX - slider.getBoundingClientRect().left;
  slider.addEventListener("pointerdown", (e) => { drag = { x: pointerX(e), from: view.from, to: view.to }; moveTo(canvas.secondAt(pointerX(e))); });
  slider.addEventListener("pointermove", (e) => {
    // A sliding finger and a hovering mouse move the cursor; a dragging mouse moves a zoomed day.
    if (drag && e.pointerType === "mouse" && view.to - view.from < length) {
      const shift = (drag.x - pointerX(e)) / canvas.plotWidth * (drag.to - drag.from);
      setVisibleRange(drag.from + shift, drag.to + shift);
    } else moveTo(canvas.secondAt(pointerX(e)));
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) slider.addEventListener(name, () => { drag = null; });
  slider.addEventListener("wheel", (e) => {
    const visible = view.to - view.from;
    // The wheel zooms; when the whole day is visible, zooming out scrolls the page.
    if (visible >= length && e.deltaY > 0) return;
    e.preventDefault();
    const shift = e.deltaX / canvas.width * visible;
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) setVisibleRange(view.from + shift, view.to + shift);
    else zoom(e.deltaY < 0 ? 0.8 : 1.25, canvas.secondAt(pointerX(e)));
  }, { passive: false });

  const button = (sign, label, onclick) => el("button", { type: "button", "aria-label": label, title: label, onclick }, sign);
  const tools = el("div", { class: "tools" },
    button("−", "Show more of the day", () => zoom(2)), button("+", "Zoom in", () => zoom(0.5)),
    el("button", { type: "button", onclick: () => setVisibleRange(0, length) }, "Whole day"),
    el("button", { type: "button", onclick: () => setVisibleRange(firstActive - 900, lastActive + 900) }, "Active hours"));
  const resizeObserver = new ResizeObserver(redraw);
  resizeObserver.observe(slider);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", redraw);
  signal.addEventListener("abort", () => { resizeObserver.disconnect(); scheme.removeEventListener("change", redraw); });
  if (lastActive > firstActive) setVisibleRange(firstActive - 1800, lastActive + 1800);
  return { slider, tools, momentInfo, start: () => { canvas.draw(); showMoment(); } };
}
