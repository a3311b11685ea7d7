// The uploaded objects, the newest manifest, and their verification.
import { getJson, postJson } from "./api.js";
import { announce, el, figureCard, isolate } from "./dom.js";
import { dateTime, fileSize, formatNumber } from "./format.js";
import { onStatus } from "./live_status.js";

export async function renderUploads(container, _, signal) {
  const uploads = await getJson("/api/sent", null, signal);
  const figures = el("div", { class: "figures" }, figureCard(formatNumber(uploads.outbox.records), "records waiting"), figureCard(formatNumber(uploads.outbox.shots), "screenshots waiting"), figureCard(fileSize(uploads.outbox.bytes), "in the outbox"),
    figureCard(dateTime(uploads.last_ack_us), "last acknowledged"), figureCard("…", "next upload"));
  const destinationHint = el("p", { class: "hint" });
  container.append(el("div", { class: "head" }, el("h1", {}, "Uploaded objects")), figures, destinationHint);
  const values = figures.querySelectorAll(".value");
  const showOutbox = (now) => {
    if (!now?.running) {
      values[4].textContent = "–";
      destinationHint.textContent = "uam is not running. It uploads the waiting records when it runs.";
      return;
    }
    values[0].textContent = formatNumber(now.outbox.records);
    values[1].textContent = formatNumber(now.outbox.shots);
    values[2].textContent = fileSize(now.outbox.bytes);
    values[4].textContent = now.next_upload_us ? dateTime(now.next_upload_us) : "not planned";
    const last = now.last_upload ? `${now.last_upload.ok ? "" : "FAILED: "}${now.last_upload.text} (${dateTime(now.last_upload.at_us)})` : "nothing uploaded since the start";
    destinationHint.textContent = `Destination: ${now.destination}. Last upload: ${last}.`;
    destinationHint.classList.toggle("warn", Boolean(now.last_upload && !now.last_upload.ok));
  };
  showOutbox(null);
  onStatus(showOutbox, signal);
  container.append(el("div", { class: "columns even" }, manifestCard(uploads.manifest), await verificationCard(signal)));
  const kinds = { activity: "Records", shot: "Screenshot", vault: "Vault copy (wrapped keys)", manifest: "Manifest (signed list)" };
  container.append(el("section", { class: "card" }, el("h2", {}, "Objects, newest first"), uploads.objects.length
    ? el("table", { class: "plain objects" }, el("thead", {}, el("tr", {}, ["When", "Kind", "Size", "Object name"].map((w) => el("th", { scope: "col" }, w)))),
      el("tbody", {}, uploads.objects.map((o) => el("tr", {}, el("td", {}, o.certain ? (o.sent_us ? dateTime(o.sent_us) : "uploaded") : "started, not confirmed"),
        el("td", {}, kinds[o.kind] || o.kind, o.records > 1 ? ` (${formatNumber(o.records)})` : "", " ", el("span", { class: "chip" }, o.sealed || o.kind === "vault" ? "sealed" : "readable")),
        el("td", { class: "num" }, fileSize(o.bytes)), el("td", { class: "path" }, isolate(o.name))))))
    : el("p", { class: "hint" }, "Nothing was uploaded.")));
  if (uploads.more) container.append(el("p", { class: "hint" }, "There are more; ", el("code", {}, "uam sent"), " lists all of them, and opens each as the destination holds it."));
}

function manifestCard(m) {
  const rows = m && [["Number", formatNumber(m.no)], ["Created", dateTime(m.at_us)], ["Covers", `records up to ${formatNumber(m.through)}`], ["State", m.sent ? "uploaded" : "waiting for upload"], ["SHA-256", el("span", { class: "path" }, m.sha256)]];
  return el("section", { class: "card" }, el("h2", {}, "Newest manifest"),
    el("p", { class: "hint" }, "A signed list of the uploaded objects. Each names the one before it, so that no object can be left out or changed unnoticed."),
    m ? el("dl", { class: "facts" }, rows.map(([k, v]) => el("div", {}, el("dt", {}, k), el("dd", {}, v)))) : el("p", {}, "There is none yet."));
}

const VERDICTS = { complete: ["✓", "Complete"], incomplete: ["!", "Incomplete"], tampered: ["✕", "Tampered"], failed: ["?", "No result"] };

/** Starts a verification and shows its progress and result; at most one runs, whatever view is shown. */
async function verificationCard(signal) {
  const status = el("div", { class: "checked", role: "status" });
  const progress = el("progress", { "aria-label": "Progress of the verification", hidden: true });
  let timer = 0;
  const start = (quick) => async () => {
    try { show(await postJson("/api/check", { quick })); } catch (e) { status.replaceChildren(el("p", { class: "warn" }, e.message)); }
  };
  const fullButton = el("button", { type: "button", class: "primary", onclick: start(false) }, "Verify now");
  const quickButton = el("button", { type: "button", onclick: start(true) }, "Names and sizes only");
  let stage = null;
  function show(state) {
    clearTimeout(timer);
    fullButton.disabled = state.running;
    quickButton.disabled = state.running;
    progress.hidden = !state.running;
    if (state.running) {
      const { names, manifests, of, objects } = state.step;
      if (of) { progress.max = of; progress.value = manifests; } else progress.removeAttribute("value");
      status.replaceChildren(el("p", {}, of ? `${formatNumber(manifests)} of ${formatNumber(of)} manifests followed, ${formatNumber(objects)} objects read.` : `Listing the objects at the destination: ${formatNumber(names)} so far.`));
      stage = "running";
      if (!signal.aborted) timer = setTimeout(async () => { try { show(await getJson("/api/check", null, signal)); } catch { /* Closed, or another view. */ } }, 400);
      return;
    }
    const result = state.last;
    if (!result) {
      status.replaceChildren(el("p", {}, stage ? "The verification was stopped." : "Not verified since this page was opened."));
      return;
    }
    const [sign, label] = VERDICTS[result.verdict] || VERDICTS.failed;
    status.replaceChildren(el("p", { class: `verdict ${result.verdict}` }, el("span", { class: "sign", "aria-hidden": "true" }, sign), el("strong", {}, label), el("span", { class: "faint" }, dateTime(result.at_us))),
      el("p", {}, isolate(result.words)),
      result.place ? el("p", { class: "faint" }, isolate(result.place), `: ${formatNumber(result.objects)} objects, ${fileSize(result.bytes)}`) : "",
      result.findings.length ? el("ul", { class: "findings" }, result.findings.map((f) => el("li", {}, el("span", { class: f.wrong ? "chip wrong" : "chip missing" }, f.wrong ? "changed" : "missing"), " ", el("span", { class: "path" }, isolate(f.name)), el("span", { class: "faint" }, isolate(f.text))))) : "",
      result.found > result.findings.length ? el("p", { class: "faint" }, `and ${formatNumber(result.found - result.findings.length)} more; `, el("code", {}, "uam verify"), " lists them.") : "",
      result.chains.length ? el("details", {}, el("summary", {}, "Manifests"), el("ul", { class: "notes" }, result.chains.map((line) => el("li", {}, isolate(line))))) : "");
    if (stage === "running") announce(`${label}. ${result.words}`);
    stage = "done";
  }
  signal.addEventListener("abort", () => clearTimeout(timer));
  show(await getJson("/api/check", null, signal));
  return el("section", { class: "card" }, el("h2", {}, "Verify uploads"),
    el("p", { class: "hint" }, "Reads the objects at the destination and compares them with the manifests and with this computer's record. It decrypts nothing, and ends with this page."),
    el("div", { class: "tools" }, fullButton, quickButton), progress, status);
}
