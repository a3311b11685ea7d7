// What left this computer, whether it is all there, and the settings.
import { ask, bdi, bytes, count, el, figure, moment, say, send } from "./base.js";
import { listen } from "./live_status.js";

export async function sent(room, _, signal) {
  const told = await ask("/api/sent", null, signal);
  const figures = el("div", { class: "figures" }, figure(count(told.outbox.records), "records wait"), figure(count(told.outbox.shots), "pictures wait"), figure(bytes(told.outbox.bytes), "in the outbox"),
    figure(moment(told.last_ack_us), "last acknowledged"), figure("…", "next upload"));
  const word = el("p", { class: "hint" });
  room.append(el("div", { class: "head" }, el("h1", {}, "What was sent")), figures, word);
  const values = figures.querySelectorAll(".value");
  const say4 = (now) => {
    if (!now?.running) {
      values[4].textContent = "–";
      word.textContent = "uam does not run; what waits is sent when it does.";
      return;
    }
    values[0].textContent = count(now.outbox.records);
    values[1].textContent = count(now.outbox.shots);
    values[2].textContent = bytes(now.outbox.bytes);
    values[4].textContent = now.next_upload_us ? moment(now.next_upload_us) : "not planned";
    const last = now.last_upload ? `${now.last_upload.ok ? "" : "FAILED: "}${now.last_upload.text} (${moment(now.last_upload.at_us)})` : "nothing sent since the start";
    word.textContent = `To ${now.destination}. Last upload: ${last}.`;
    word.classList.toggle("warn", Boolean(now.last_upload && !now.last_upload.ok));
  };
  say4(null);
  listen(say4, signal);
  room.append(el("div", { class: "columns even" }, manifest(told.manifest), await check(signal)));
  const kinds = { activity: "Records", shot: "Picture", vault: "Recovery kit (keys, wrapped)", manifest: "Manifest (signed list)" };
  room.append(el("section", { class: "card" }, el("h2", {}, "Objects, newest first"), told.objects.length
    ? el("table", { class: "plain objects" }, el("thead", {}, el("tr", {}, ["When", "What", "Size", "Name there"].map((w) => el("th", { scope: "col" }, w)))),
      el("tbody", {}, told.objects.map((o) => el("tr", {}, el("td", {}, o.certain ? (o.sent_us ? moment(o.sent_us) : "sent") : "begun, never confirmed"),
        el("td", {}, kinds[o.kind] || o.kind, o.records > 1 ? ` (${count(o.records)})` : "", " ", el("span", { class: "chip" }, o.sealed || o.kind === "vault" ? "sealed" : "readable")),
        el("td", { class: "num" }, bytes(o.bytes)), el("td", { class: "path" }, bdi(o.name))))))
    : el("p", { class: "hint" }, "Nothing left this computer.")));
  if (told.more) room.append(el("p", { class: "hint" }, "There are more; ", el("code", {}, "uam sent"), " lists all of them, and opens each as it lies there."));
}

function manifest(m) {
  const rows = m && [["Number", count(m.no)], ["Made", moment(m.at_us)], ["Accounts for", `records up to ${count(m.through)}`], ["State", m.sent ? "sent" : "waits to be sent"], ["SHA-256", el("span", { class: "path" }, m.sha256)]];
  return el("section", { class: "card" }, el("h2", {}, "Newest manifest"),
    el("p", { class: "hint" }, "A signed list of what was sent; each names the one before it, so that nothing can be left out or changed unseen."),
    m ? el("dl", { class: "facts" }, rows.map(([k, v]) => el("div", {}, el("dt", {}, k), el("dd", {}, v)))) : el("p", {}, "None was made yet."));
}

const VERDICTS = { complete: ["✓", "Complete"], incomplete: ["!", "Incomplete"], tampered: ["✕", "Tampered"], failed: ["?", "No answer"] };

/** Whether everything is there: one check at a time, which goes on by itself. */
async function check(signal) {
  const out = el("div", { class: "checked", role: "status" });
  const bar = el("progress", { "aria-label": "How far the check is", hidden: true });
  let clockwork = 0;
  const go = (quick) => async () => {
    try { draw(await send("/api/check", { quick })); } catch (e) { out.replaceChildren(el("p", { class: "warn" }, e.message)); }
  };
  const all = el("button", { type: "button", class: "primary", onclick: go(false) }, "Check now");
  const fast = el("button", { type: "button", onclick: go(true) }, "Names and sizes only");
  let seen = null;
  function draw(state) {
    clearTimeout(clockwork);
    all.disabled = state.running;
    fast.disabled = state.running;
    bar.hidden = !state.running;
    if (state.running) {
      const { names, manifests, of, objects } = state.step;
      if (of) { bar.max = of; bar.value = manifests; } else bar.removeAttribute("value");
      out.replaceChildren(el("p", {}, of ? `${count(manifests)} of ${count(of)} manifests followed, ${count(objects)} objects read.` : `Listing what lies there: ${count(names)} objects.`));
      seen = "running";
      if (!signal.aborted) clockwork = setTimeout(async () => { try { draw(await ask("/api/check", null, signal)); } catch { /* Closed, or another view. */ } }, 400);
      return;
    }
    const c = state.last;
    if (!c) {
      out.replaceChildren(el("p", {}, seen ? "The check was broken off." : "Not checked since this page was opened."));
      return;
    }
    const [sign, name] = VERDICTS[c.verdict] || VERDICTS.failed;
    out.replaceChildren(el("p", { class: `verdict ${c.verdict}` }, el("span", { class: "sign", "aria-hidden": "true" }, sign), el("strong", {}, name), el("span", { class: "faint" }, moment(c.at_us))),
      el("p", {}, bdi(c.words)),
      c.place ? el("p", { class: "faint" }, bdi(c.place), `: ${count(c.objects)} objects, ${bytes(c.bytes)}`) : "",
      c.findings.length ? el("ul", { class: "findings" }, c.findings.map((f) => el("li", {}, el("span", { class: f.wrong ? "chip wrong" : "chip missing" }, f.wrong ? "wrong" : "missing"), " ", el("span", { class: "path" }, bdi(f.name)), el("span", { class: "faint" }, bdi(f.text))))) : "",
      c.found > c.findings.length ? el("p", { class: "faint" }, `and ${count(c.found - c.findings.length)} more; `, el("code", {}, "uam verify"), " names them.") : "",
      c.chains.length ? el("details", {}, el("summary", {}, "What the manifests say"), el("ul", { class: "notes" }, c.chains.map((line) => el("li", {}, bdi(line))))) : "");
    if (seen === "running") say(`${name}. ${c.words}`);
    seen = "done";
  }
  signal.addEventListener("abort", () => clearTimeout(clockwork));
  draw(await ask("/api/check", null, signal));
  return el("section", { class: "card" }, el("h2", {}, "Is everything there?"),
    el("p", { class: "hint" }, "Reads what lies where it was sent and compares it with the signed lists and with this computer's record. It opens nothing, and ends with this page."),
    el("div", { class: "tools" }, all, fast), bar, out);
}

export async function settings(room, _, signal) {
  const told = await ask("/api/settings", null, signal);
  room.append(el("div", { class: "head" }, el("h1", {}, "Settings")),
    el("p", { class: "hint" }, "They are changed in a terminal, with a code: ", el("code", {}, "uam config set NAME VALUE"), ". Windows to leave out: ", el("code", {}, "uam exclude"), "."));
  const groups = new Map();
  for (const s of told) {
    const [group] = s.key.split(".");
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(s);
  }
  const words = { record: "Recording", shots: "Pictures", upload: "Sending", power: "Battery", schedule: "Hours", exclude: "Exclusions", report: "Reports", disk: "Disk", category: "Categories", project: "Projects" };
  for (const [group, list] of groups) {
    room.append(el("section", { class: "card" }, el("h2", {}, words[group] || group), el("dl", { class: "settings" }, list.map((s) => el("div", {},
      el("dt", {}, el("code", {}, s.key)), el("dd", {}, el("span", { class: "setting" }, bdi(s.value)), el("span", { class: "faint" }, s.meaning)))))));
  }
}
