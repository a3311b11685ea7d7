// What left this computer, and the settings.
import { ask, bdi, bytes, count, el, figure, moment } from "./base.js";
import { listen } from "./now.js";

export async function sent(room, _, signal) {
  const told = await ask("/api/sent", null, signal);
  const figures = el("div", { class: "figures" }, figure(count(told.outbox.records), "records wait"), figure(count(told.outbox.shots), "pictures wait"), figure(bytes(told.outbox.bytes), "in the outbox"), figure(moment(told.last_ack_us), "last acknowledged"));
  const word = el("p", { class: "hint" });
  room.append(el("div", { class: "head" }, el("h1", {}, "What was sent")), figures, word);
  listen((now) => {
    if (!now.running) { word.textContent = "uam does not run; what waits is sent when it does."; return; }
    const values = figures.querySelectorAll(".value");
    values[0].textContent = count(now.outbox.records);
    values[1].textContent = count(now.outbox.shots);
    values[2].textContent = bytes(now.outbox.bytes);
    const last = now.last_upload ? `${now.last_upload.ok ? "" : "FAILED: "}${now.last_upload.text}` : "nothing sent since the start";
    word.textContent = `To ${now.destination}. Last upload: ${last}. Next: ${now.next_upload_us ? moment(now.next_upload_us) : "not planned"}.`;
  }, signal);
  const kinds = { activity: "Records", shot: "Picture", vault: "Recovery kit (keys, wrapped)" };
  room.append(el("section", { class: "card" }, el("h2", {}, "Objects, newest first"), told.objects.length
    ? el("table", { class: "plain objects" }, el("thead", {}, el("tr", {}, ["When", "What", "Size", "Name there"].map((w) => el("th", { scope: "col" }, w)))),
      el("tbody", {}, told.objects.map((o) => el("tr", {}, el("td", {}, o.certain ? (o.sent_us ? moment(o.sent_us) : "sent") : "begun, never confirmed"),
        el("td", {}, kinds[o.kind] || o.kind, o.records > 1 ? ` (${count(o.records)})` : "", " ", el("span", { class: "chip" }, o.sealed || o.kind === "vault" ? "sealed" : "readable")),
        el("td", { class: "num" }, bytes(o.bytes)), el("td", { class: "path" }, bdi(o.name))))))
    : el("p", { class: "hint" }, "Nothing left this computer.")));
  if (told.more) room.append(el("p", { class: "hint" }, "There are more; ", el("code", {}, "uam sent"), " lists all of them, and opens each as it lies there."));
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
  const words = { record: "Recording", shots: "Pictures", upload: "Sending", power: "Battery", schedule: "Hours", exclude: "Exclusions" };
  for (const [group, list] of groups) {
    room.append(el("section", { class: "card" }, el("h2", {}, words[group] || group), el("dl", { class: "settings" }, list.map((s) => el("div", {},
      el("dt", {}, el("code", {}, s.key)), el("dd", {}, el("span", { class: "setting" }, bdi(s.value)), el("span", { class: "faint" }, s.meaning)))))));
  }
}
