// What every view needs: elements, words for numbers, and questions to the server.
// Text goes into text nodes only; there is no other way here to make an element.

let token = null;
let gone = () => {};

export const setToken = (t) => { token = t; };
export const hasToken = () => token !== null;
export const onGone = (f) => { gone = f; };

/** Forgets everything and says why. */
export function leave(why) {
  token = null;
  forgetPictures();
  gone(why);
}

/** An element: el("p", {class: "x", onclick: f}, "text", child). */
export function el(name, has = {}, ...kids) {
  const node = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(has)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const kid of kids.flat(3)) {
    if (kid === undefined || kid === null || kid === false) continue;
    node.append(kid instanceof Node ? kid : document.createTextNode(String(kid)));
  }
  return node;
}

/** Puts these in place of what a node holds; nothing stands for nothing. */
export const fill = (node, ...kids) => node.replaceChildren(...kids.flat(3).filter((k) => k !== null && k !== undefined && k !== false));

/** A stranger's words: set apart from the direction of what stands around them. */
export const bdi = (text) => el("bdi", {}, text);

async function call(path, params, options = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params || {})) if (value !== undefined && value !== null && value !== "") query.set(key, value);
  const tail = query.size ? `?${query}` : "";
  const headers = { Authorization: `Bearer ${token}`, ...(options.headers || {}) };
  let answer;
  try {
    answer = await fetch(path + tail, { ...options, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    leave("The page was closed, or the record is locked.");
    throw new Error("The page was closed.");
  }
  if (answer.status === 401 || answer.status === 429) {
    leave("The record is locked.");
    throw new Error("The record is locked.");
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.error || "That did not work.");
  }
  return answer;
}

export const ask = async (path, params, signal) => (await call(path, params, { signal })).json();

/** Fields for both factors: `nodes` to show, `proof()` for what was typed, `clear()` after a wrong one. */
export function factors(passphrase) {
  const code = el("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9 ]{6,7}", maxlength: 7, required: true });
  const words = passphrase ? el("input", { name: "passphrase", type: "password", autocomplete: "off", required: true }) : null;
  return {
    nodes: [words ? el("label", {}, "Passphrase", words) : null, el("label", {}, "Code from your authenticator app", code)],
    proof: () => ({ code: code.value.replace(/\s/g, ""), ...(words ? { passphrase: words.value } : {}) }),
    given: () => code.checkValidity() && (!words || words.checkValidity()),
    focus: () => (words && !words.value ? words : code).focus(),
    clear: () => { code.value = ""; code.focus(); },
  };
}

/** Saves an answer as a file under the name that the server gives it; tells that name. */
export async function fetchFile(path, params, body) {
  const answer = await call(path, params, post(body));
  const name = /filename="([\w.-]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] || "uam-days";
  const url = URL.createObjectURL(await answer.blob());
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return name;
}

/** Shows the present view anew. */
export const again = () => dispatchEvent(new HashChangeEvent("hashchange"));

const post = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
export const send = async (path, body) => (await call(path, null, post(body))).json();

/** Calls each(line) for every line as it comes. */
export async function lines(path, params, signal, each) {
  const answer = await call(path, params, { signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n");
    rest = parts.pop();
    for (const part of parts) each(part);
  }
}

// Pictures: the newest sixty are kept; older ones are given back.
const MOST = 60;
const pictures = new Map();

export function forgetPictures() {
  for (const p of pictures.values()) p.then((url) => URL.revokeObjectURL(url), () => {});
  pictures.clear();
}

/** The picture's address within this page. */
export function picture(seq) {
  const known = pictures.get(seq);
  if (known) {
    pictures.delete(seq);
    pictures.set(seq, known);
    return known;
  }
  const made = call("/api/picture", { seq }).then((a) => a.blob()).then((b) => URL.createObjectURL(b));
  made.catch(() => pictures.delete(seq));
  pictures.set(seq, made);
  if (pictures.size > MOST) {
    const [old, url] = pictures.entries().next().value;
    pictures.delete(old);
    url.then((u) => URL.revokeObjectURL(u), () => {});
  }
  return made;
}

export function dropPicture(seq) {
  const old = pictures.get(seq);
  pictures.delete(seq);
  if (old) old.then((u) => URL.revokeObjectURL(u), () => {});
}

export const say = (text) => { document.getElementById("say").textContent = text; };

const two = (n) => String(n).padStart(2, "0");

/** Seconds as "6 h 05 min". */
export function span(s) {
  s = Math.round(s);
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m} min`;
  return `${Math.floor(m / 60)} h ${two(m % 60)} min`;
}

/** Seconds as "6:05", for narrow places. */
export const hours = (s) => `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}`;

export const count = (n) => Number(n).toLocaleString("en-GB");

export function bytes(n) {
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (n < 1000 || unit === "GB") return `${n < 10 && unit !== "B" ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1000;
  }
}

/** Clock time of an instant (µs) at an offset (s). */
export function clock(us, offset, seconds = false) {
  const d = new Date(us / 1000 + offset * 1000);
  const hm = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  return seconds ? `${hm}:${two(d.getUTCSeconds())}` : hm;
}

/** An instant (µs) in this browser's zone. */
export function moment(us) {
  if (us === null || us === undefined) return "never";
  return new Date(us / 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

export const date = (text) => new Date(`${text}T00:00:00Z`);
export const iso = (d) => d.toISOString().slice(0, 10);
export const plus = (text, days) => iso(new Date(date(text).getTime() + days * 86400000));
export const long = (text) => date(text).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
export const short = (text) => date(text).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
export const weekday = (text) => (date(text).getUTCDay() + 6) % 7;

export const STATES = ["active", "idle", "locked", "asleep", "paused", "low-battery", "blind", "off"];
export const STATE_WORDS = {
  active: "Active", idle: "Idle", locked: "Locked", asleep: "Asleep", paused: "Paused",
  "low-battery": "Low battery", blind: "Not seen", off: "Off",
};

export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Which of the eight colours: the same name has the same one everywhere. */
export function hue(name) {
  let h = 2166136261;
  for (let i = 0; i < name.length; i += 1) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  return (h >>> 0) % 8;
}

/** Colours for names, most used first: distinct among the first eight. */
export function palette(names) {
  const taken = new Set();
  const out = new Map();
  for (const name of names) {
    let c = hue(name);
    if (taken.size < 8) while (taken.has(c)) c = (c + 1) % 8;
    taken.add(c);
    out.set(name, `--c${c}`);
  }
  return out;
}

export const swatch = (color) => el("span", { class: "swatch", "aria-hidden": "true", style: { background: `var(${color})` } });

export const figure = (value, word) => el("div", { class: "figure" }, el("span", { class: "value" }, value), el("span", { class: "word" }, word));

/** ‹ title › with links. */
export function turn(title, before, after, words) {
  const arrow = (to, sign, word) => to
    ? el("a", { class: "button", href: to, "aria-label": word }, sign)
    : el("span", { class: "button off", "aria-hidden": "true" }, sign);
  return el("div", { class: "turn" }, arrow(before, "‹", words[0]), el("h1", {}, title), arrow(after, "›", words[1]));
}
