// The live status: read from the server's event stream, shown in the header, passed on to views.
import { endSession, hasToken, readLines } from "./api.js";
import { el, isolate, replaceContent } from "./dom.js";
import { duration, formatNumber, STATE_LABELS } from "./format.js";

let abortLive = null;
let latest = null;
let timer = 0;
const listeners = new Set();

/** Calls back with the status, at once and at each change, until the signal. */
export function onStatus(callback, signal) {
  listeners.add(callback);
  signal.addEventListener("abort", () => listeners.delete(callback));
  if (latest) callback(latest);
}

export function stopLive() {
  abortLive?.abort();
  clearTimeout(timer);
  document.getElementById("now").hidden = true;
  document.getElementById("now").replaceChildren();
  latest = null;
  listeners.clear();
}

function showStatus(now) {
  const box = document.getElementById("now");
  box.hidden = false;
  box.dataset.state = now.state;
  const stateLabel = now.running ? STATE_LABELS[now.state] || now.state : "Not recording";
  const windowLabel = now.protected ? "protected window" : now.app;
  replaceContent(box,
    el("span", { class: "dot", "aria-hidden": "true" }), el("strong", {}, stateLabel),
    now.running && windowLabel ? el("span", { class: "what" }, isolate(windowLabel)) : null,
    now.running ? el("span", { class: "counts" }, `${formatNumber(now.keys)} keys · ${formatNumber(now.clicks)} clicks today`) : null,
  );
  box.title = now.running && now.since_us ? `For ${duration(Math.max(0, Date.now() / 1000 - now.since_us / 1e6))}` : "";
}

export async function startLive() {
  abortLive = new AbortController();
  const { signal } = abortLive;
  let event = "";
  try {
    await readLines("/api/live", null, signal, (line) => {
      if (line.startsWith("event: ")) event = line.slice(7);
      else if (line.startsWith("data: ") && event === "end") endSession(JSON.parse(line.slice(6)).why);
      else if (line.startsWith("data: ")) {
        latest = JSON.parse(line.slice(6));
        showStatus(latest);
        for (const callback of listeners) callback(latest);
      }
    });
  } catch (e) {
    if (signal.aborted) return;
  }
  if (!signal.aborted && hasToken()) timer = setTimeout(startLive, 1000);
}
