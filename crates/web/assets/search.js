// Words in the names of windows, newest day first, as they are found.
import { bdi, clock, el, iso, lines, plus, say, short, span } from "./base.js";

const TIMES = [[7, "7 days"], [30, "30 days"], [90, "90 days"], [365, "A year"]];

export async function search(room, [words = "", back = "30"], signal) {
  const field = el("input", { type: "search", name: "q", value: words, maxlength: 100, placeholder: "Words in a title or an application's name", "aria-label": "Words to search for" });
  const range = el("select", { name: "back", "aria-label": "How far back" }, TIMES.map(([n, w]) => el("option", { value: n, selected: String(n) === back }, w)));
  room.append(el("div", { class: "head" }, el("h1", {}, "Search")),
    el("form", { class: "finder", role: "search", onsubmit: (e) => {
      e.preventDefault();
      const to = `#/search/${encodeURIComponent(field.value.trim())}/${range.value}`;
      if (location.hash === to) dispatchEvent(new HashChangeEvent("hashchange"));
      else location.hash = to;
    } }, field, range, el("button", { class: "primary" }, "Search")));
  room.addEventListener("shown", () => field.focus({ preventScroll: true }), { once: true });
  if (!words) {
    room.append(el("p", { class: "hint" }, "What you search for is not noted; that you searched is."));
    return;
  }
  const told = el("p", { class: "hint", role: "status" }, "Looking …");
  const out = el("div", { class: "hits" });
  room.append(told, out);
  const n = new Date();
  const today = iso(new Date(Date.UTC(n.getFullYear(), n.getMonth(), n.getDate())));
  let found = 0;
  let list = null;
  let day = null;
  let sum = 0;
  const work = lines("/api/search", { q: words, first: plus(today, 1 - Number(back)), last: today }, signal, (line) => {
    if (!line) return;
    const part = JSON.parse(line);
    for (const hit of part.hits) {
      if (hit.day !== day) {
        day = hit.day;
        list = el("ul", { class: "card" });
        out.append(el("section", {}, el("h2", {}, el("a", { href: `#/day/${day}` }, short(day))), list));
      }
      found += 1;
      sum += hit.active_s;
      list.append(el("li", {}, el("time", {}, `${clock(hit.first_us, hit.offset_s)}–${clock(hit.last_us, hit.offset_s)}`), el("strong", {}, bdi(hit.app)), el("span", { class: "title" }, bdi(hit.title)), el("span", { class: "num" }, span(hit.active_s))));
    }
    told.textContent = `${found} ${found === 1 ? "window" : "windows"}, ${span(sum)} active${part.more ? "; there are more, name more words" : ""}${part.error ? ` (${part.error})` : ""}`;
    if (part.day === null) say(told.textContent);
  });
  // What is found shows while the rest is looked for.
  work.catch((e) => { if (!signal.aborted) told.textContent = e.message; });
}
