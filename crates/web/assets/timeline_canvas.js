// Draws a day's timeline: time labels, coverage, activity, lanes, screenshots and the cursor.
import { cssVariable } from "./colours.js";
import { el } from "./dom.js";
import { clockTime, offsetOf, STATES } from "./format.js";
import { hasNoWindows, rowLabel } from "./view_options.js";

const MAX_LANES = 8;
// In CSS pixels.
const NARROW = 560;
const LABEL_WIDTH = 118;
const RIGHT_MARGIN = 10;
const AXIS_HEIGHT = 24;
const ROW_HEIGHT = 22;
const ACTIVITY_HEIGHT = 56;
const GAP = 4;
const ACTIVITY_TOP = AXIS_HEIGHT + ROW_HEIGHT + GAP;
const LANES_TOP = ACTIVITY_TOP + ACTIVITY_HEIGHT + GAP * 2;
// Steps of the time labels, in seconds.
const STEPS = [300, 600, 1800, 3600, 7200, 10800, 14400, 21600];

/** The lanes: the busiest rows, the other rows together, protected and deleted time. */
function lanesOf(day, grouping) {
  const names = grouping.rows.filter((r) => r.active_s + r.idle_s > 0 && !hasNoWindows(r.name, grouping.by)).map((r) => r.name);
  const lanes = names.slice(0, MAX_LANES).map((name) => ({ name: rowLabel(name, grouping.by), key: name, colour: grouping.colourOf(name) }));
  const others = names.slice(MAX_LANES);
  if (others.length) lanes.push({ name: `${others.length} others`, key: "\u0000others", colour: "--c-other" });
  const nameless = new Set(day.pieces.filter((p) => p[3] < 0 && p[2] <= 1).map((p) => p[3]));
  if (nameless.has(-1)) lanes.push({ name: "protected", key: "\u0000-1", colour: "--c-other" });
  if (nameless.has(-2)) lanes.push({ name: "deleted by you", key: "\u0000-2", colour: "--c-other" });
  return lanes;
}

function fillRounded(context, x, y, width, height) {
  context.beginPath();
  context.roundRect(x, y, width, height, 4);
  context.fill();
}

function fillDot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}

export class TimelineCanvas {
  /** Draws into `stage`, and gives it its height. `view` holds what is visible and the cursor, in seconds of the day: from, to, at. */
  constructor(stage, day, grouping, view) {
    this.stage = stage;
    this.day = day;
    this.grouping = grouping;
    this.view = view;
    this.lanes = lanesOf(day, grouping);
    this.laneIndex = new Map(this.lanes.map((lane, i) => [lane.key, i]));
    this.canvas = el("canvas", { "aria-hidden": "true" });
    stage.append(this.canvas);
  }

  get width() { return this.stage.clientWidth || 900; }
  get isWide() { return this.width >= NARROW; }
  get left() { return this.isWide ? LABEL_WIDTH : 8; }
  get plotWidth() { return this.width - this.left - RIGHT_MARGIN; }
  get height() { return this.laneTop(this.lanes.length) + (this.day.shots.length ? 18 : 4); }

  laneTop(index) { return LANES_TOP + index * ((this.isWide ? ROW_HEIGHT : 36) + GAP); }
  xOf(second) { return this.left + (second - this.view.from) / (this.view.to - this.view.from) * this.plotWidth; }
  secondAt(x) { return this.view.from + (x - this.left) / this.plotWidth * (this.view.to - this.view.from); }

  laneOf(owner) {
    if (owner < 0) return this.laneIndex.get(`\u0000${owner}`);
    return this.laneIndex.get(this.grouping.nameOf(this.day.windows[owner])) ?? this.laneIndex.get("\u0000others");
  }

  draw() {
    const { width, height } = this;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.stage.style.setProperty("height", `${height}px`);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.clearRect(0, 0, width, height);
    context.font = `12px ${cssVariable("--font")}`;
    context.textBaseline = "middle";
    this.drawTimes(context);
    this.drawRows(context);
    context.save();
    context.beginPath();
    context.rect(this.left, 0, this.plotWidth, height);
    context.clip();
    this.drawPieces(context);
    this.drawActivity(context);
    this.drawScreenshots(context);
    context.restore();
    this.drawCursor(context);
  }

  /** Time labels at full steps of local time, as many as fit, and a line under each. */
  drawTimes(context) {
    const { day, view, width, height } = this;
    const step = STEPS.find((s) => this.xOf(view.from + s) - this.xOf(view.from) >= 52) || STEPS.at(-1);
    const usOf = (s) => day.from_us + s * 1e6;
    const offset = offsetOf(day, usOf(view.from)) % step;
    const zero = (((day.from_us / 1e6) + offset) % step + step) % step;
    const [line, faint] = [cssVariable("--line"), cssVariable("--faint")];
    context.textAlign = "center";
    for (let s = Math.ceil((view.from + zero) / step) * step - zero; s <= view.to; s += step) {
      const x = this.xOf(s);
      context.fillStyle = line;
      context.fillRect(Math.round(x), AXIS_HEIGHT - 4, 1, height - AXIS_HEIGHT - (day.shots.length ? 14 : 0));
      context.fillStyle = faint;
      if (x > this.left + 14 && x < width - 24) context.fillText(clockTime(usOf(s), offsetOf(day, usOf(s))), x, 10);
    }
  }

  /** The empty rows with their labels: beside them, or above them where it is narrow. */
  drawRows(context) {
    const { isWide, left, plotWidth } = this;
    const [ink, ground] = [cssVariable("--ink"), cssVariable("--well")];
    context.textAlign = "left";
    const drawLabel = (text, y) => {
      if (!isWide) return;
      context.fillStyle = ink;
      let shortened = text;
      while (shortened.length > 3 && context.measureText(shortened).width > LABEL_WIDTH - 14) shortened = `${shortened.slice(0, -2)}…`;
      context.fillText(shortened, 0, y);
    };
    const drawGround = (y, height) => { context.fillStyle = ground; fillRounded(context, left, y, plotWidth, height); };
    drawLabel("State", AXIS_HEIGHT + ROW_HEIGHT / 2);
    drawGround(AXIS_HEIGHT, ROW_HEIGHT);
    drawLabel("Activity", ACTIVITY_TOP + ACTIVITY_HEIGHT / 2);
    drawGround(ACTIVITY_TOP, ACTIVITY_HEIGHT);
    this.lanes.forEach((lane, i) => {
      const y = this.laneTop(i);
      if (isWide) drawLabel(lane.name, y + ROW_HEIGHT / 2);
      else { context.fillStyle = ink; context.fillText(lane.name, left + 2, y + 6); }
      drawGround(isWide ? y : y + 15, isWide ? ROW_HEIGHT : 20);
    });
  }

  /** The state of each piece, and its lane when somebody was there; idle time is paler. */
  drawPieces(context) {
    const { view, isWide } = this;
    const stateColours = STATES.map((s) => cssVariable(`--s-${s}`));
    const laneColours = this.lanes.map((l) => cssVariable(l.colour));
    for (const [start, end, state, owner] of this.day.pieces) {
      if (end / 10 < view.from || start / 10 > view.to) continue;
      const x = this.xOf(start / 10);
      const width = Math.max(this.xOf(end / 10) - x, 0.7);
      context.fillStyle = stateColours[state];
      context.fillRect(x, AXIS_HEIGHT + 2, width, ROW_HEIGHT - 4);
      const lane = state <= 1 ? this.laneOf(owner) : undefined;
      if (lane === undefined) continue;
      context.fillStyle = laneColours[lane];
      context.globalAlpha = state === 1 ? 0.35 : 1;
      const y = this.laneTop(lane);
      context.fillRect(x, isWide ? y + 3 : y + 17, width, isWide ? ROW_HEIGHT - 6 : 16);
      context.globalAlpha = 1;
    }
  }

  /** In each ten minutes: active time, and in front of it the seconds with input. */
  drawActivity(context) {
    const base = ACTIVITY_TOP + ACTIVITY_HEIGHT;
    const colours = [cssVariable("--soft"), cssVariable("--accent")];
    this.day.tens.forEach(([active, , input], i) => {
      const x = this.xOf(i * 600);
      const width = Math.max(this.xOf((i + 1) * 600) - x - 1, 1);
      if (x + width < 0 || x > this.width || !active) return;
      [active, Math.min(input, 600)].forEach((seconds, n) => {
        const height = seconds / 600 * (ACTIVITY_HEIGHT - 4);
        context.fillStyle = colours[n];
        context.fillRect(x, base - height, width, height);
      });
    });
  }

  drawScreenshots(context) {
    context.fillStyle = cssVariable("--ink");
    for (const screenshot of this.day.shots) {
      context.globalAlpha = screenshot.removed ? 0.3 : 0.75;
      fillDot(context, this.xOf((screenshot.at_us - this.day.from_us) / 1e6), this.height - 8, 3);
    }
    context.globalAlpha = 1;
  }

  drawCursor(context) {
    const x = this.xOf(this.view.at);
    if (x < this.left - 1 || x > this.width) return;
    context.fillStyle = cssVariable("--cursor");
    context.fillRect(x - 0.75, AXIS_HEIGHT - 6, 1.5, this.height - AXIS_HEIGHT + 4);
    fillDot(context, x, AXIS_HEIGHT - 7, 4);
  }
}
