// First paint and weight: node paint.mjs CHROMIUM LINK. Prints a line of JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(join(process.cwd(), "x.js"))("playwright-core");
const [program, link] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
// The browser's own start is not the page's.
await page.goto("about:blank");
// A day of the generated year; today is empty.
await page.addInitScript(() => {
  window.drawn = new Promise((done) => {
    new MutationObserver(() => { if (document.querySelector(".stage canvas")?.height > 150 && document.querySelector(".app")) requestAnimationFrame(() => done(performance.now())); })
      .observe(document, { childList: true, subtree: true, attributes: true });
  });
});
await page.goto(link);
await page.waitForSelector("#main .view");
const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
const begun = await page.evaluate(() => { const at = performance.now(); location.hash = "#/day/2025-06-18"; return at; });
const drawn = await page.evaluate(() => window.drawn) - begun;
await page.waitForSelector(".seen img");
// What came over the wire for the frame and this day, screenshots and the day before it excluded.
const loads = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter((r) => !/\/api\/(picture|live)/.test(r.name) && !r.name.startsWith("blob:") && (!r.name.includes("/api/day") || r.name.includes("2025-06-18")))
  .map((r) => [r.name, r.encodedBodySize, r.decodedBodySize]));
const sum = (n) => loads.reduce((all, r) => all + r[n], 0) / 1000;
console.log(JSON.stringify({ paint_ms: paint, drawn_ms: drawn, weight_kb: sum(1), plain_kb: sum(2), loads: loads.length }));
await browser.close();
