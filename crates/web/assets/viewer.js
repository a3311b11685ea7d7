// One screenshot in full, and deleting it.
import { getJson, factorFields, postJson } from "./api.js";
import { announce, el, isolate } from "./dom.js";
import { dateTime, fileSize, shortDate } from "./format.js";
import { forgetScreenshot, screenshotUrl } from "./screenshot_cache.js";

/** False when only the row is left: deleted by the user, deleted after its time, or lost. */
export const hasPixels = (screenshot) => !screenshot.removed && !["deleted", "lost"].includes(screenshot.place);

const UPLOAD_STATES = { sent: "uploaded", held: "held back", waiting: "waiting for upload" };

/** Opens a dialog with one screenshot in full; the arrow keys show the others of the list. */
export function openViewer(list, screenshot) {
  const focusedBefore = document.activeElement;
  const body = el("div", { class: "full" });
  const dialog = el("dialog", { class: "viewer", "aria-label": "Screenshot" }, body);
  const visibleScreenshots = () => list.filter(hasPixels);
  const step = (by) => {
    const all = visibleScreenshots();
    const next = all[all.indexOf(screenshot) + by];
    if (next) { screenshot = next; show(); }
  };
  async function show() {
    const shown = screenshot;
    const all = visibleScreenshots();
    const index = all.indexOf(shown);
    const frame = el("div", { class: "frame" });
    const facts = [UPLOAD_STATES[shown.sent], shown.blurred ? "blurred" : "readable", `${shown.width} × ${shown.height}`, fileSize(shown.bytes)].filter(Boolean).join(" · ");
    body.replaceChildren(frame, el("div", { class: "bottom" },
      el("div", { class: "words" }, el("strong", {}, dateTime(shown.at_us)), el("span", {}, isolate(shown.app || "no window")), el("span", { class: "title" }, isolate(shown.title)), el("span", { class: "faint" }, facts)),
      el("div", { class: "tools" },
        el("button", { type: "button", "aria-label": "Previous", disabled: index <= 0, onclick: () => step(-1) }, "‹"),
        el("button", { type: "button", "aria-label": "Next", disabled: index >= all.length - 1, onclick: () => step(1) }, "›"),
        el("a", { class: "button", href: `#/day/${shown.day}`, onclick: () => dialog.close() }, "Show the day"),
        el("button", { type: "button", class: "danger", onclick: () => askDeletion(shown) }, "Delete …"),
        el("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, "Close"))));
    try {
      const url = await screenshotUrl(shown.seq);
      if (shown === screenshot) frame.append(el("img", { src: url, alt: `Screenshot of ${dateTime(shown.at_us)}, ${shown.app || "no window"}` }));
    } catch (e) { frame.append(el("div", { class: "blank" }, e.message)); }
  }
  async function askDeletion(screenshot) {
    let needsPassphrase;
    try {
      needsPassphrase = (await getJson("/api/factors")).passphrase;
    } catch (e) { announce(e.message); return; }
    const refusal = el("p", { class: "warn", role: "alert" });
    const factors = factorFields(needsPassphrase);
    const submit = el("button", { class: "danger" }, "Delete it");
    body.replaceChildren(el("form", { class: "card proof", onsubmit: async (e) => {
      e.preventDefault();
      submit.disabled = true;
      refusal.textContent = "";
      try {
        const { done } = await postJson("/api/delete", { seq: screenshot.seq, ...factors.values() });
        screenshot.removed = true;
        forgetScreenshot(screenshot.seq);
        document.querySelector(`[data-seq="${screenshot.seq}"]`)?.replaceChildren(el("div", { class: "blank" }, "Deleted"), el("div", { class: "about" }, dateTime(screenshot.at_us)));
        announce(done);
        body.replaceChildren(el("div", { class: "card proof" }, el("h2", {}, "Done"), el("p", {}, isolate(done)), el("button", { type: "button", onclick: () => dialog.close() }, "Close")));
        body.querySelector("button").focus();
      } catch (err) {
        refusal.textContent = err.message;
        factors.clear();
        submit.disabled = false;
      }
    } },
    el("h2", {}, "Delete this screenshot?"),
    el("p", {}, `This deletes the screenshot of ${shortDate(screenshot.day)} and the title of its window, here and at the destination if that is allowed. The record still shows that one was taken. It cannot be undone.`),
    factors.nodes, refusal,
    el("div", { class: "tools" }, submit, el("button", { type: "button", onclick: () => show() }, "Keep it"))));
    factors.focus();
  }
  dialog.addEventListener("keydown", (e) => {
    if (e.target.closest("input")) return;
    if (e.key === "ArrowLeft") step(-1);
    else if (e.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { dialog.remove(); focusedBefore?.focus?.(); });
  document.body.append(dialog);
  show();
  dialog.showModal();
}
