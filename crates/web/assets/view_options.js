// How days are shown: grouped by what, with which interruptions merged. Kept until the page is closed.
import { refreshView } from "./api.js";
import { el } from "./dom.js";

export const viewOptions = { by: "app", merge: 0 };

const GROUPINGS = [["app", "Applications"], ["category", "Categories"], ["project", "Projects"]];
export const groupingLabel = (by) => GROUPINGS.find(([name]) => name === by)[1];

const UNRULED_LABELS = { "(none)": { category: "no category", project: "no project", app: "(none)" }, "(protected)": "protected by a rule", "(removed)": "deleted by you", "(no window)": "no window" };
/** A row's name as shown. Names in parentheses come from no rule. */
export const rowLabel = (name, by) => (Object.hasOwn(UNRULED_LABELS, name) && by !== "app" ? UNRULED_LABELS[name][by] || UNRULED_LABELS[name] : name);
/** True for rows that no rule named; they have no colour of their own. */
export const isUnruled = (name, by) => by !== "app" && Object.hasOwn(UNRULED_LABELS, name);
/** True for rows whose windows are not shown. */
export const hasNoWindows = (name, by) => isUnruled(name, by) && name !== "(none)";

/** Buttons that choose the grouping; `onChange` is called after a change. */
export const groupingButtons = (onChange) => el("div", { class: "segments", role: "group", "aria-label": "Group by" }, GROUPINGS.map(([by, label]) =>
  el("button", { type: "button", "data-keep": `by-${by}`, "aria-pressed": String(viewOptions.by === by), onclick: () => { if (viewOptions.by !== by) { viewOptions.by = by; onChange(); } } }, label)));

const MERGES = [[0, "as recorded"], [10, "under 10 s merged"], [30, "under 30 s merged"], [60, "under 1 min merged"], [300, "under 5 min merged"]];

/** Chooses up to which length a visit counts to the window that it interrupted. */
export const mergeSelect = () => el("label", { class: "with" }, el("span", {}, "Interruptions"),
  el("select", { "data-keep": "merge", onchange: (e) => { viewOptions.merge = Number(e.target.value); refreshView(); } },
    MERGES.map(([s, label]) => el("option", { value: s, selected: s === viewOptions.merge }, label))));

/** Idle time as a share of active and idle time. */
export const idleShare = (active, idle) => (active + idle ? `${(idle / (active + idle) * 100).toFixed(1)} %` : "–");

export const noProjectsHint = () => el("p", { class: "hint" }, "There are no rules for projects yet. Rules apply when days are shown and change nothing that was recorded; ", el("code", {}, "uam categories"), " lists and tests them.");
