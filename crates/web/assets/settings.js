// The settings in force, each with its meaning.
import { getJson } from "./api.js";
import { el, isolate } from "./dom.js";

export async function renderSettings(container, _, signal) {
  const settings = await getJson("/api/settings", null, signal);
  container.append(el("div", { class: "head" }, el("h1", {}, "Settings")),
    el("p", { class: "hint" }, "Change them in a terminal, with a code: ", el("code", {}, "uam config set NAME VALUE"), ". To exclude windows: ", el("code", {}, "uam exclude"), "."));
  const groups = new Map();
  for (const s of settings) {
    const [group] = s.key.split(".");
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(s);
  }
  const titles = { record: "Recording", shots: "Screenshots", upload: "Uploads", power: "Battery", schedule: "Hours", exclude: "Exclusions", report: "Reports", disk: "Disk", category: "Categories", project: "Projects" };
  for (const [group, list] of groups) {
    container.append(el("section", { class: "card" }, el("h2", {}, titles[group] || group), el("dl", { class: "settings" }, list.map((s) => el("div", {},
      el("dt", {}, el("code", {}, s.key)), el("dd", {}, el("span", { class: "setting" }, isolate(s.value)), el("span", { class: "faint" }, s.meaning)))))));
  }
}
