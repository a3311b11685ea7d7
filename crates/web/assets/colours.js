// Colours of names, from the style sheet's variables.
import { el } from "./dom.js";

export const cssVariable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A name's colour among the eight: a hash, so that the same name has the same colour everywhere. */
function colourIndex(name) {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return (hash >>> 0) % 8;
}

/** Colours for names, most used first; the first eight differ from each other. */
export function assignColours(names) {
  const taken = new Set();
  const colours = new Map();
  for (const name of names) {
    let index = colourIndex(name);
    if (taken.size < 8) while (taken.has(index)) index = (index + 1) % 8;
    taken.add(index);
    colours.set(name, `--c${index}`);
  }
  return colours;
}

export const colourSwatch = (colour) => el("span", { class: "swatch", "aria-hidden": "true", style: { background: `var(${colour})` } });
