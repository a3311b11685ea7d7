// Saving days as a file.
import { downloadFile, factorFields, getJson } from "./api.js";
import { announce, el, replaceContent } from "./dom.js";

const EXPORT_FORMATS = [["pdf", "PDF", "a report to hand out"], ["html", "HTML", "the same report as a web page"], ["csv", "CSV", "a table for a spreadsheet"], ["json", "JSON", "all data, for programs"], ["ics", "Calendar", "work blocks as events"]];

/** A menu that saves these days as a file. Asks for both factors: nothing here protects the copy any more. */
export function saveMenu(first, last, merge) {
  const message = el("p", { class: "hint", role: "status" });
  const fields = el("div", { class: "both" });
  let factors = null;
  let isSaving = false;
  const askFactors = async () => {
    if (!menu.open || factors) return;
    try {
      factors = factorFields((await getJson("/api/factors")).passphrase);
      replaceContent(fields, factors.nodes);
      factors.focus();
    } catch (err) { message.textContent = err.message; }
  };
  const save = async (as) => {
    if (isSaving || !factors) return;
    if (!factors.isComplete()) {
      message.textContent = "Enter the code from your authenticator app.";
      factors.focus();
      return;
    }
    isSaving = true;
    message.textContent = "Creating the file …";
    try {
      const saved = await downloadFile("/api/export", { first, last, as, merge }, factors.values());
      message.textContent = `Saved as ${saved}. The export is recorded in the log.`;
      announce(message.textContent);
    } catch (err) { message.textContent = err.message; } finally {
      // A code works once.
      factors.clear();
      isSaving = false;
    }
  };
  const menu = el("details", { class: "menu", ontoggle: askFactors, onkeydown: (e) => { if (e.key === "Escape" && menu.open) { menu.open = false; menu.firstChild.focus(); } } },
    el("summary", { class: "button" }, "Save as …"),
    el("div", { class: "sheet" }, fields, EXPORT_FORMATS.map(([as, name, purpose]) => el("button", { type: "button", class: "plain", onclick: () => save(as) }, el("strong", {}, name), el("span", { class: "faint" }, purpose))), message));
  return menu;
}
