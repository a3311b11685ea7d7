// The pictures: a gallery with filters, one at a time in full, and taking one out.
import { ask, bdi, bytes, dropPicture, el, factors, moment, picture, say, send, short } from "./base.js";

let passphrase = false;

export async function shots(room, [day, app, words], signal) {
  day = day === "all" ? "" : day;
  app = app === "any" ? "" : app;
  const told = await ask("/api/shots", { day, app, q: words }, signal);
  passphrase = told.needs_passphrase;
  const list = [...told.shots];
  const grid = el("ul", { class: "gallery" });
  const go = (d, a, q) => { location.hash = `#/pictures/${d || "all"}${a || q ? `/${a ? encodeURIComponent(a) : "any"}` : ""}${q ? `/${encodeURIComponent(q)}` : ""}`; };
  const names = told.apps.includes(app) || !app ? told.apps : [app, ...told.apps];
  const choose = el("select", { "data-keep": "app", onchange: (e) => go(day, e.target.value, words) }, el("option", { value: "" }, "Every application"), names.map((a) => el("option", { value: a, selected: a === app }, a)));
  const field = el("input", { type: "search", value: words || "", maxlength: 100, placeholder: "Words in a title", "data-keep": "words", "aria-label": "Words in a title" });
  room.append(el("div", { class: "head" }, el("h1", {}, "Pictures"), el("div", { class: "choose" },
    el("form", { role: "search", class: "inline", onsubmit: (e) => { e.preventDefault(); go(day, app, field.value.trim()); } }, field, el("button", {}, "Find")),
    el("label", {}, el("span", { class: "unseen" }, "Day"), el("input", { type: "date", value: day, "data-keep": "day", onchange: (e) => go(e.target.value, app, words) })),
    el("label", {}, el("span", { class: "unseen" }, "Application"), choose),
    day || app || words ? el("a", { class: "button", href: "#/pictures" }, "All") : null)));
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
  let looked = told.looked;
  const none = el("div", { class: "card empty" }, el("h2", {}, "No pictures"), el("p", {}, day || app || words ? "None fits these filters." : "They come by themselves while uam records, if you agreed to them."));
  none.hidden = list.length > 0;
  room.append(none);
  let before = told.before;
  const word = el("p", { class: "hint", role: "status" });
  const tell = () => {
    more.hidden = !before;
    none.hidden = list.length > 0;
    word.textContent = before && (app || words) ? `${list.length} among the newest ${looked.toLocaleString("en-GB")}.` : "";
  };
  const more = el("button", { type: "button", class: "more", onclick: async () => {
    more.disabled = true;
    try {
      const next = await ask("/api/shots", { day, app, q: words, before }, signal);
      list.push(...next.shots);
      add(next.shots);
      looked += next.looked;
      before = next.before;
      tell();
    } catch (e) { say(e.message); } finally { more.disabled = false; }
  } }, "Older pictures");
  tell();
  room.append(word, more);
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
    const both = factors(passphrase);
    const go = el("button", { class: "danger" }, "Take it out");
    body.replaceChildren(el("form", { class: "card proof", onsubmit: async (e) => {
      e.preventDefault();
      go.disabled = true;
      trouble.textContent = "";
      try {
        const { done } = await send("/api/delete", { seq: which.seq, ...both.proof() });
        which.removed = true;
        dropPicture(which.seq);
        document.querySelector(`[data-seq="${which.seq}"]`)?.replaceChildren(el("div", { class: "blank" }, "Taken out"), el("div", { class: "about" }, moment(which.at_us)));
        say(done);
        body.replaceChildren(el("div", { class: "card proof" }, el("h2", {}, "Done"), el("p", {}, bdi(done)), el("button", { type: "button", onclick: () => dialog.close() }, "Close")));
        body.querySelector("button").focus();
      } catch (err) {
        trouble.textContent = err.message;
        both.clear();
        go.disabled = false;
      }
    } },
    el("h2", {}, "Take this picture out?"),
    el("p", {}, `The picture of ${short(which.day)} and its window's name go, here and where it was sent if that is allowed. That there was one at this time stays. Nothing brings it back.`),
    both.nodes, trouble,
    el("div", { class: "tools" }, go, el("button", { type: "button", onclick: () => show() }, "Keep it"))));
    both.focus();
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
