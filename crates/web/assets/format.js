// Numbers, dates and states in words.

const twoDigits = (n) => String(n).padStart(2, "0");

/** Seconds as "6 h 05 min". */
export function duration(s) {
  s = Math.round(s);
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m} min`;
  return `${Math.floor(m / 60)} h ${twoDigits(m % 60)} min`;
}

/** Seconds as "6:05", for narrow places. */
export const hoursMinutes = (s) => `${Math.floor(s / 3600)}:${twoDigits(Math.floor(s / 60) % 60)}`;

export const formatNumber = (n) => Number(n).toLocaleString("en-GB");

export function fileSize(n) {
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (n < 1000 || unit === "GB") return `${n < 10 && unit !== "B" ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1000;
  }
}

/** Clock time of an instant (µs) at an offset (s). */
export function clockTime(us, offset, seconds = false) {
  const d = new Date(us / 1000 + offset * 1000);
  const hm = `${twoDigits(d.getUTCHours())}:${twoDigits(d.getUTCMinutes())}`;
  return seconds ? `${hm}:${twoDigits(d.getUTCSeconds())}` : hm;
}

/** The offset from UTC (s) that a day's zone has at an instant (µs). */
export function offsetOf(day, us) {
  let offset = day.offsets[0][1];
  for (const [since, seconds] of day.offsets) if (us >= since) offset = seconds;
  return offset;
}

/** An instant (µs) in this browser's zone. */
export function dateTime(us) {
  if (us === null || us === undefined) return "never";
  return new Date(us / 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

export const parseDay = (text) => new Date(`${text}T00:00:00Z`);
export const isoDay = (d) => d.toISOString().slice(0, 10);
/** The day in this browser's zone. */
export function currentDay() {
  const now = new Date();
  return isoDay(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())));
}
export const addDays = (text, days) => isoDay(new Date(parseDay(text).getTime() + days * 86400000));
export const longDate = (text) => parseDay(text).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
export const shortDate = (text) => parseDay(text).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
export const weekdayIndex = (text) => (parseDay(text).getUTCDay() + 6) % 7;

export const STATES = ["active", "idle", "locked", "asleep", "paused", "low-battery", "blind", "off"];
export const STATE_LABELS = {
  active: "Active", idle: "Idle", locked: "Locked", asleep: "Asleep", paused: "Paused",
  "low-battery": "Low battery", blind: "Not recorded", off: "Off",
};
