// Elements. Text goes into text nodes only: there is no other way here to make an element, so no recorded text becomes markup.

/** An element: el("p", {class: "x", onclick: f}, "text", child). */
export function el(name, attributes = {}, ...children) {
  const node = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [property, setting] of Object.entries(value)) node.style.setProperty(property, setting);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Replaces a node's children; null, undefined and false add nothing. */
export const replaceContent = (node, ...children) => node.replaceChildren(...children.flat(3).filter((k) => k !== null && k !== undefined && k !== false));

/** Recorded text, isolated from the writing direction of its surroundings. */
export const isolate = (text) => el("bdi", {}, text);

/** Announces a text to screen readers. */
export const announce = (text) => { document.getElementById("say").textContent = text; };

export const figureCard = (value, label) => el("div", { class: "figure" }, el("span", { class: "value" }, value), el("span", { class: "word" }, label));

/** ‹ title › with links to the period before and after. */
export function pager(title, before, after, labels) {
  const arrow = (href, sign, label) => href
    ? el("a", { class: "button", href, "aria-label": label }, sign)
    : el("span", { class: "button off", "aria-hidden": "true" }, sign);
  return el("div", { class: "turn" }, arrow(before, "‹", labels[0]), el("h1", {}, title), arrow(after, "›", labels[1]));
}
