// What happens now, as the server tells it.
import { bdi, count, el, fill, hasToken, leave, lines, span, STATE_WORDS } from "./base.js";

let stop = null;
let last = null;
let clockwork = 0;
const heard = new Set();

/** Calls back with what happens now, at once and whenever it changes, until the signal. */
export function listen(f, signal) {
  heard.add(f);
  signal.addEventListener("abort", () => heard.delete(f));
  if (last) f(last);
}

export function unfollow() {
  stop?.abort();
  clearTimeout(clockwork);
  document.getElementById("now").hidden = true;
  document.getElementById("now").replaceChildren();
  last = null;
  heard.clear();
}

function draw(now) {
  const box = document.getElementById("now");
  box.hidden = false;
  box.dataset.state = now.state;
  const what = now.running ? STATE_WORDS[now.state] || now.state : "Not recording";
  const window = now.protected ? "protected window" : now.app;
  fill(box,
    el("span", { class: "dot", "aria-hidden": "true" }), el("strong", {}, what),
    now.running && window ? el("span", { class: "what" }, bdi(window)) : null,
    now.running ? el("span", { class: "counts" }, `${count(now.keys)} keys · ${count(now.clicks)} clicks today`) : null,
  );
  box.title = now.running && now.since_us ? `For ${span(Math.max(0, Date.now() / 1000 - now.since_us / 1e6))}` : "";
}

export async function follow() {
  stop = new AbortController();
  const { signal } = stop;
  let event = "";
  try {
    await lines("/api/live", null, signal, (line) => {
      if (line.startsWith("event: ")) event = line.slice(7);
      else if (line.startsWith("data: ") && event === "end") leave(JSON.parse(line.slice(6)).why);
      else if (line.startsWith("data: ")) {
        last = JSON.parse(line.slice(6));
        draw(last);
        for (const f of heard) f(last);
      }
    });
  } catch (e) {
    if (signal.aborted) return;
  }
  if (!signal.aborted && hasToken()) clockwork = setTimeout(follow, 1000);
}
