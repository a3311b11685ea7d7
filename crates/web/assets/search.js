// Search for words in titles and application names: newest day first, each day shown as soon as it is searched.
import { readLines, refreshView } from "./api.js";
import { announce, el, isolate } from "./dom.js";
import { addDays, clockTime, currentDay, duration, shortDate } from "./format.js";

const RANGES = [[7, "7 days"], [30, "30 days"], [90, "90 days"], [365, "A year"]];

export async function renderSearch(container, [words = "", daysBack = "30"], signal) {
  const field = el("input", { type: "search", name: "q", value: words, maxlength: 100, placeholder: "Words in a title or an application's name", "aria-label": "Words to search for" });
  const range = el("select", { name: "back", "aria-label": "How far back" }, RANGES.map(([days, label]) => el("option", { value: days, selected: String(days) === daysBack }, label)));
  container.append(el("div", { class: "head" }, el("h1", {}, "Search")),
    el("form", { class: "finder", role: "search", onsubmit: (e) => {
      e.preventDefault();
      const to = `#/search/${encodeURIComponent(field.value.trim())}/${range.value}`;
      if (location.hash === to) refreshView();
      else location.hash = to;
    } }, field, range, el("button", { class: "primary" }, "Search")));
  container.addEventListener("shown", () => field.focus({ preventScroll: true }), { once: true });
  if (!words) {
    container.append(el("p", { class: "hint" }, "Your search words are not recorded; that you searched is."));
    return;
  }
  const summary = el("p", { class: "hint", role: "status" }, "Searching …");
  const results = el("div", { class: "hits" });
  container.append(summary, results);
  const today = currentDay();
  let hitCount = 0;
  let list = null;
  let day = null;
  let activeSeconds = 0;
  const reading = readLines("/api/search", { q: words, first: addDays(today, 1 - Number(daysBack)), last: today }, signal, (line) => {
    if (!line) return;
    const part = JSON.parse(line);
    for (const hit of part.hits) {
      if (hit.day !== day) {
        day = hit.day;
        list = el("ul", { class: "card" });
        results.append(el("section", {}, el("h2", {}, el("a", { href: `#/day/${day}` }, shortDate(day))), list));
      }
      hitCount += 1;
      activeSeconds += hit.active_s;
      list.append(el("li", {}, el("time", {}, `${clockTime(hit.first_us, hit.offset_s)}–${clockTime(hit.last_us, hit.offset_s)}`), el("strong", {}, isolate(hit.app)), el("span", { class: "title" }, isolate(hit.title)), el("span", { class: "num" }, duration(hit.active_s))));
    }
    summary.textContent = `${hitCount} ${hitCount === 1 ? "window" : "windows"}, ${duration(activeSeconds)} active${part.more ? "; there are more: add a word" : ""}${part.error ? ` (${part.error})` : ""}`;
    if (part.day === null) announce(summary.textContent);
  });
  // Not awaited: hits are shown while the search goes on.
  reading.catch((e) => { if (!signal.aborted) summary.textContent = e.message; });
}
