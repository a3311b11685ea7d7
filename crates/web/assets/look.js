// How days are looked at, and saving them as a file. What is chosen here lasts as long as the page.
import { again, ask, el, factors, fetchFile, fill, say } from "./base.js";

export const look = { by: "app", merge: 0 };

export const BY = [["app", "Applications"], ["category", "Categories"], ["project", "Projects"]];
export const byWord = (by) => BY.find(([name]) => name === by)[1];

const OWN = { "(none)": { category: "no category", project: "no project", app: "(none)" }, "(protected)": "protected by a rule", "(removed)": "taken out", "(no window)": "no window" };
/** A row's name as people read it; those in parentheses no rule gave. */
export const rowName = (name, by) => (Object.hasOwn(OWN, name) && by !== "app" ? OWN[name][by] || OWN[name] : name);
/** True for what no rule named; it has no colour of its own. */
export const isPlain = (name, by) => by !== "app" && Object.hasOwn(OWN, name);
/** True for what has no windows that may be told. */
export const isHeld = (name, by) => isPlain(name, by) && name !== "(none)";

/** Buttons for by what; `changed` is called after a change. */
export const chooseBy = (changed) => el("div", { class: "segments", role: "group", "aria-label": "Told by" }, BY.map(([by, word]) =>
  el("button", { type: "button", "data-keep": `by-${by}`, "aria-pressed": String(look.by === by), onclick: () => { if (look.by !== by) { look.by = by; changed(); } } }, word)));

const MERGES = [[0, "as recorded"], [10, "under 10 s merged"], [30, "under 30 s merged"], [60, "under 1 min merged"], [300, "under 5 min merged"]];

/** Which interruptions are counted to what they interrupted. */
export const chooseMerge = () => el("label", { class: "with" }, el("span", {}, "Interruptions"),
  el("select", { "data-keep": "merge", onchange: (e) => { look.merge = Number(e.target.value); again(); } },
    MERGES.map(([s, word]) => el("option", { value: s, selected: s === look.merge }, word))));

const FORMS = [["pdf", "PDF", "a report to hand over"], ["html", "HTML", "the same as one page"], ["csv", "CSV", "a table for a spreadsheet"], ["json", "JSON", "everything, for a program"], ["ics", "Calendar", "blocks of work as events"]];

/** A menu that saves these days as a file, for both factors: a file is a copy that nothing here watches over any more. */
export function saver(first, last, merge) {
  const word = el("p", { class: "hint", role: "status" });
  const room = el("div", { class: "both" });
  let both = null;
  let busy = false;
  const opened = async () => {
    if (!menu.open || both) return;
    try {
      both = factors((await ask("/api/factors")).passphrase);
      fill(room, both.nodes);
      both.focus();
    } catch (err) { word.textContent = err.message; }
  };
  const save = async (as) => {
    if (busy || !both) return;
    if (!both.given()) {
      word.textContent = "First the code from your authenticator app.";
      both.focus();
      return;
    }
    busy = true;
    word.textContent = "Making the file …";
    try {
      const saved = await fetchFile("/api/export", { first, last, as, merge }, both.proof());
      word.textContent = `Saved as ${saved}. That it was taken is in the record.`;
      say(word.textContent);
    } catch (err) { word.textContent = err.message; } finally {
      // A code works once.
      both.clear();
      busy = false;
    }
  };
  const menu = el("details", { class: "menu", ontoggle: opened, onkeydown: (e) => { if (e.key === "Escape" && menu.open) { menu.open = false; menu.firstChild.focus(); } } },
    el("summary", { class: "button" }, "Save as …"),
    el("div", { class: "sheet" }, room, FORMS.map(([as, name, what]) => el("button", { type: "button", class: "plain", onclick: () => save(as) }, el("strong", {}, name), el("span", { class: "faint" }, what))), word));
  return menu;
}

/** Idle time in active and idle time, as words. */
export const idleShare = (active, idle) => (active + idle ? `${(idle / (active + idle) * 100).toFixed(1)} %` : "–");
