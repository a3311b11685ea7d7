// Requests to the server, with the session's token. The token is in memory only: a reload loses it.
import { el } from "./dom.js";

let token = null;
const endListeners = [];

export const setToken = (value) => { token = value; };
export const hasToken = () => token !== null;

/** Calls back with the reason when the session ends, in the order of registration. */
export const onSessionEnd = (callback) => { endListeners.push(callback); };

/** Clears the token and everything recorded; `why` is shown. */
export function endSession(why) {
  token = null;
  for (const callback of endListeners) callback(why);
}

/** The response to a request. A refused token or an unreachable server ends the session. */
async function callServer(path, params, options = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params || {})) if (value !== undefined && value !== null && value !== "") query.set(key, value);
  const suffix = query.size ? `?${query}` : "";
  const headers = { Authorization: `Bearer ${token}`, ...(options.headers || {}) };
  let response;
  try {
    response = await fetch(path + suffix, { ...options, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    endSession("The page was closed, or the record is locked.");
    throw new Error("The page was closed.");
  }
  if (response.status === 401 || response.status === 429) {
    endSession("The record is locked.");
    throw new Error("The record is locked.");
  }
  if (!response.ok) {
    const refusal = await response.json().catch(() => ({}));
    throw new Error(refusal.error || "The request failed.");
  }
  return response;
}

const postOptions = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const getJson = async (path, params, signal) => (await callServer(path, params, { signal })).json();
export const postJson = async (path, body) => (await callServer(path, null, postOptions(body))).json();

/** A response's bytes as an address within this page. */
export const getBlobUrl = async (path, params) => URL.createObjectURL(await (await callServer(path, params)).blob());

/** Calls each(line) for every line of the response as it arrives. */
export async function readLines(path, params, signal, each) {
  const response = await callServer(path, params, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n");
    rest = parts.pop();
    for (const part of parts) each(part);
  }
}

/** Saves the response as a file under the name that the server gives it; returns that name. */
export async function downloadFile(path, params, body) {
  const response = await callServer(path, params, postOptions(body));
  const name = /filename="([\w.-]+)"/.exec(response.headers.get("Content-Disposition"))?.[1] || "uam-days";
  const url = URL.createObjectURL(await response.blob());
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return name;
}

/** Input fields for both factors: `nodes` to show, `values()` as typed, `clear()` after use or refusal. */
export function factorFields(needsPassphrase) {
  const code = el("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9 ]{6,7}", maxlength: 7, required: true });
  const passphrase = needsPassphrase ? el("input", { name: "passphrase", type: "password", autocomplete: "off", required: true }) : null;
  return {
    nodes: [passphrase ? el("label", {}, "Passphrase", passphrase) : null, el("label", {}, "Code from your authenticator app", code)],
    values: () => ({ code: code.value.replace(/\s/g, ""), ...(passphrase ? { passphrase: passphrase.value } : {}) }),
    isComplete: () => code.checkValidity() && (!passphrase || passphrase.checkValidity()),
    focus: () => (passphrase && !passphrase.value ? passphrase : code).focus(),
    clear: () => { code.value = ""; code.focus(); },
  };
}

/** Loads and shows the present view again. */
export const refreshView = () => dispatchEvent(new HashChangeEvent("hashchange"));
