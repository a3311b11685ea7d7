// The pictures: a gallery with filters, one at a time in full, and taking one out.
import { ask, bdi, bytes, dropPicture, el, moment, picture, say, send, short } from "./base.js";

let passphrase = false;

export async function shots(room, [day, app], signal) {
  day = day === "all" ? "" : day;
  const told = await ask("/api/shots", { day, app }, signal);
  passphrase = told.needs_passphrase;
  const list = [...told.shots];
  const grid = el("ul", { class: "gallery" });
  const go = (d, a) => { location.hash = `#/pictures/${d || "all"}${a ? `/${encodeURIComponent(a)}` : ""}`; };
  const choose = el("select", { onchange: (e) => go(day, e.target.value) }, el("option", { value: "" }, "Every application"), told.apps.map((a) => el("option", { value: a, selected: a === app }, a)));
  room.append(el("div", { class: "head" }, el("h1", {}, "Pictures"), el("div", { class: "choose" },
    el("label", {}, el("span", { class: "unseen" }, "Day"), el("input", { type: "date", value: day, onchange: (e) => go(e.target.value, app) })),
    el("label", {}, el("span", { class: "unseen" }, "Application"), choose),
    day || app ? el("a", { class: "button", href: "#/pictures" }, "All") : null)));
  // Pictures are fetched when they come near the window.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      entry.target.dispatchEvent(new Event("near"));
    }
  }, { rootMargin: "200px" });
  signal.addEventListener("abort", () => near.disconnect());
  const add = (some) => grid.append(...some.map((shot) => tile(shot, list, near)));
  room.append(grid);
  add(told.shots);
  if (!told.shots.length) room.append(el("div", { class: "card empty" }, el("h2", {}, "No pictures"), el("p", {}, day || app ? "None fits these filters." : "They come by themselves while uam records, if you agreed to them.")));
  let before = told.before;
  const more = el("button", { type: "button", class: "more", hidden: !before, onclick: async () => {
    more.disabled = true;
    try {
      const next = await ask("/api/shots", { day, app, before }, signal);
      list.push(...next.shots);
      add(next.shots);
      before = next.before;
      more.hidden = !before;
    } catch (e) { say(e.message); } finally { more.disabled = false; }
  } }, "Older pictures");
  room.append(more);
  if (told.older) room.append(el("p", { class: "hint" }, "Older ones than the newest 2,000 are found by their day."));
}

function tile(shot, list, near) {
  const item = el("li", { "data-seq": shot.seq });
  const about = el("div", { class: "about" }, el("span", {}, moment(shot.at_us)), el("span", { class: "faint" }, shot.removed ? "taken out" : bdi(shot.app || "no window")));
  if (shot.removed || ["deleted", "lost"].includes(shot.place)) {
    item.append(el("div", { class: "blank" }, shot.removed ? "Taken out" : shot.place === "lost" ? "File lost" : "Deleted here after its time"), about);
    return item;
  }
  const name = `Picture of ${moment(shot.at_us)}, ${shot.app || "no window"}`;
  const button = el("button", { type: "button", class: "plain", "aria-label": name, onclick: () => open(list, shot) });
  button.addEventListener("near", async () => {
    try {
      button.replaceChildren(el("img", { src: await picture(shot.seq), alt: "" }));
    } catch (e) { button.replaceChildren(el("div", { class: "blank" }, e.message)); }
  }, { once: true });
  item.append(button, about);
  near.observe(button);
  return item;
}

/** One picture in full; the others of the list are an arrow away. */
export function open(list, shot) {
  const before = document.activeElement;
  const body = el("div", { class: "full" });
  const dialog = el("dialog", { class: "viewer", "aria-label": "Picture" }, body);
  const usable = () => list.filter((s) => !s.removed && !["deleted", "lost"].includes(s.place));
  const step = (by) => {
    const all = usable();
    const next = all[all.indexOf(shot) + by];
    if (next) { shot = next; show(); }
  };
  async function show() {
    const mine = shot;
    const all = usable();
    const n = all.indexOf(mine);
    const frame = el("div", { class: "frame" });
    const state = [mine.sent, mine.blurred ? "blurred" : "readable", `${mine.width} × ${mine.height}`, bytes(mine.bytes)].filter(Boolean).join(" · ");
    body.replaceChildren(frame, el("div", { class: "bottom" },
      el("div", { class: "words" }, el("strong", {}, moment(mine.at_us)), el("span", {}, bdi(mine.app || "no window")), el("span", { class: "title" }, bdi(mine.title)), el("span", { class: "faint" }, state)),
      el("div", { class: "tools" },
        el("button", { type: "button", "aria-label": "The one before", disabled: n <= 0, onclick: () => step(-1) }, "‹"),
        el("button", { type: "button", "aria-label": "The next one", disabled: n >= all.length - 1, onclick: () => step(1) }, "›"),
        el("a", { class: "button", href: `#/day/${mine.day}`, onclick: () => dialog.close() }, "Its day"),
        el("button", { type: "button", class: "danger", onclick: () => ask4(mine) }, "Take out …"),
        el("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, "Close"))));
    try {
      const url = await picture(mine.seq);
      if (mine === shot) frame.append(el("img", { src: url, alt: `Picture of ${moment(mine.at_us)}, ${mine.app || "no window"}` }));
    } catch (e) { frame.append(el("div", { class: "blank" }, e.message)); }
  }
  function ask4(which) {
    const trouble = el("p", { class: "warn", role: "alert" });
    const code = el("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9 ]{6,7}", maxlength: 7, required: true });
    const words = passphrase ? el("input", { name: "passphrase", type: "password", autocomplete: "off", required: true }) : null;
    const go = el("button", { class: "danger" }, "Take it out");
    body.replaceChildren(el("form", { class: "card proof", onsubmit: async (e) => {
      e.preventDefault();
      go.disabled = true;
      trouble.textContent = "";
      const proof = { seq: which.seq, code: code.value.replace(/\s/g, "") };
      if (words) proof.passphrase = words.value;
      try {
        const { done } = await send("/api/delete", proof);
        which.removed = true;
        dropPicture(which.seq);
        document.querySelector(`[data-seq="${which.seq}"]`)?.replaceChildren(el("div", { class: "blank" }, "Taken out"), el("div", { class: "about" }, moment(which.at_us)));
        say(done);
        body.replaceChildren(el("div", { class: "card proof" }, el("h2", {}, "Done"), el("p", {}, bdi(done)), el("button", { type: "button", onclick: () => dialog.close() }, "Close")));
        body.querySelector("button").focus();
      } catch (err) {
        trouble.textContent = err.message;
        code.value = "";
        code.focus();
        go.disabled = false;
      }
    } },
    el("h2", {}, "Take this picture out?"),
    el("p", {}, `The picture of ${short(which.day)} and its window's name go, here and where it was sent if that is allowed. That there was one at this time stays. Nothing brings it back.`),
    words ? el("label", {}, "Passphrase", words) : null, el("label", {}, "Code from your authenticator app", code), trouble,
    el("div", { class: "tools" }, go, el("button", { type: "button", onclick: () => show() }, "Keep it"))));
    (words || code).focus();
  }
  dialog.addEventListener("keydown", (e) => {
    if (e.target.closest("input")) return;
    if (e.key === "ArrowLeft") step(-1);
    else if (e.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { dialog.remove(); before?.focus?.(); });
  document.body.append(dialog);
  show();
  dialog.showModal();
}
