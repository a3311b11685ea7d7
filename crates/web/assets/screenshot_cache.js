// Screenshots by record number. The newest sixty are kept; the addresses of older ones are revoked.
import { getBlobUrl, onSessionEnd } from "./api.js";

const MAX_KEPT = 60;
const urls = new Map();

const revoke = (url) => url.then((u) => URL.revokeObjectURL(u), () => {});

function forgetScreenshots() {
  for (const url of urls.values()) revoke(url);
  urls.clear();
}
onSessionEnd(forgetScreenshots);

/** A screenshot's address within this page. */
export function screenshotUrl(seq) {
  const known = urls.get(seq);
  if (known) {
    urls.delete(seq);
    urls.set(seq, known);
    return known;
  }
  const url = getBlobUrl("/api/picture", { seq });
  url.catch(() => urls.delete(seq));
  urls.set(seq, url);
  if (urls.size > MAX_KEPT) forgetScreenshot(urls.keys().next().value);
  return url;
}

export function forgetScreenshot(seq) {
  const url = urls.get(seq);
  urls.delete(seq);
  if (url) revoke(url);
}
