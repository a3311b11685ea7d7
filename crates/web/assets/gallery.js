// The screenshots: a gallery with filters.
import { getJson } from "./api.js";
import { announce, el, isolate } from "./dom.js";
import { dateTime } from "./format.js";
import { screenshotUrl } from "./screenshot_cache.js";
import { hasPixels, openViewer } from "./viewer.js";

export async function renderGallery(container, [day, app, titleWords], signal) {
  day = day === "all" ? "" : day;
  app = app === "any" ? "" : app;
  const gallery = await getJson("/api/shots", { day, app, q: titleWords }, signal);
  const list = [...gallery.shots];
  const grid = el("ul", { class: "gallery" });
  const filter = (d, a, q) => { location.hash = `#/pictures/${d || "all"}${a || q ? `/${a ? encodeURIComponent(a) : "any"}` : ""}${q ? `/${encodeURIComponent(q)}` : ""}`; };
  const apps = gallery.apps.includes(app) || !app ? gallery.apps : [app, ...gallery.apps];
  const appSelect = el("select", { "data-keep": "app", onchange: (e) => filter(day, e.target.value, titleWords) }, el("option", { value: "" }, "Every application"), apps.map((a) => el("option", { value: a, selected: a === app }, a)));
  const titleField = el("input", { type: "search", value: titleWords || "", maxlength: 100, placeholder: "Words in a title", "data-keep": "words", "aria-label": "Words in a title" });
  container.append(el("div", { class: "head" }, el("h1", {}, "Screenshots"), el("div", { class: "choose" },
    el("form", { role: "search", class: "inline", onsubmit: (e) => { e.preventDefault(); filter(day, app, titleField.value.trim()); } }, titleField, el("button", {}, "Find")),
    el("label", {}, el("span", { class: "unseen" }, "Day"), el("input", { type: "date", value: day, "data-keep": "day", onchange: (e) => filter(e.target.value, app, titleWords) })),
    el("label", {}, el("span", { class: "unseen" }, "Application"), appSelect),
    day || app || titleWords ? el("a", { class: "button", href: "#/pictures" }, "All") : null)));
  // A screenshot is fetched when its tile comes near the visible part of the page.
  const nearViewport = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      nearViewport.unobserve(entry.target);
      entry.target.dispatchEvent(new Event("near"));
    }
  }, { rootMargin: "200px" });
  signal.addEventListener("abort", () => nearViewport.disconnect());
  const addTiles = (screenshots) => grid.append(...screenshots.map((screenshot) => screenshotTile(screenshot, list, nearViewport)));
  container.append(grid);
  addTiles(gallery.shots);
  let scanned = gallery.looked;
  const emptyCard = el("div", { class: "card empty" }, el("h2", {}, "No screenshots"), el("p", {}, day || app || titleWords ? "No screenshot matches these filters." : "uam takes them while it records, if you agreed to them."));
  emptyCard.hidden = list.length > 0;
  container.append(emptyCard);
  let before = gallery.before;
  const scannedHint = el("p", { class: "hint", role: "status" });
  const showCounts = () => {
    moreButton.hidden = !before;
    emptyCard.hidden = list.length > 0;
    scannedHint.textContent = before && (app || titleWords) ? `${list.length} among the newest ${scanned.toLocaleString("en-GB")}.` : "";
  };
  const moreButton = el("button", { type: "button", class: "more", onclick: async () => {
    moreButton.disabled = true;
    try {
      const next = await getJson("/api/shots", { day, app, q: titleWords, before }, signal);
      list.push(...next.shots);
      addTiles(next.shots);
      scanned += next.looked;
      before = next.before;
      showCounts();
    } catch (e) { announce(e.message); } finally { moreButton.disabled = false; }
  } }, "Older screenshots");
  showCounts();
  container.append(scannedHint, moreButton);
}

function screenshotTile(screenshot, list, nearViewport) {
  const item = el("li", { "data-seq": screenshot.seq });
  const caption = el("div", { class: "about" }, el("span", {}, dateTime(screenshot.at_us)), el("span", { class: "faint" }, screenshot.removed ? "deleted by you" : isolate(screenshot.app || "no window")));
  if (!hasPixels(screenshot)) {
    item.append(el("div", { class: "blank" }, screenshot.removed ? "Deleted" : screenshot.place === "lost" ? "File lost" : "Deleted here by the retention rule"), caption);
    return item;
  }
  const name = `Screenshot of ${dateTime(screenshot.at_us)}, ${screenshot.app || "no window"}`;
  const button = el("button", { type: "button", class: "plain", "aria-label": name, onclick: () => openViewer(list, screenshot) });
  button.addEventListener("near", async () => {
    try {
      button.replaceChildren(el("img", { src: await screenshotUrl(screenshot.seq), alt: "" }));
    } catch (e) { button.replaceChildren(el("div", { class: "blank" }, e.message)); }
  }, { once: true });
  item.append(button, caption);
  nearViewport.observe(button);
  return item;
}
