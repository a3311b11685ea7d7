// Tests the page in a real browser: node page.mjs CHROMIUM DEMO_PAGE SCREENSHOTS
//   CHROMIUM     the browser's program
//   DEMO_PAGE    the example demo_page, built
//   SCREENSHOTS  a folder for screenshots
// Fails on any console error, any violation of the page's policy and any request to another server. Prints a line for each step.
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Installed beside the folder this is started in, not beside this file.
const require = createRequire(join(process.cwd(), "x.js"));
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const [program, demoPage, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const faults = [];
const check = (good, what) => { if (!good) throw new Error(what); };
const home = mkdtempSync(join(tmpdir(), "uam-page-"));
const server = spawn(demoPage, [home, "120"], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const line = async () => (await lines.next()).value;
const day = await line();
const first = await line();
const begun = Date.now();
const step = (what) => console.log(`${((Date.now() - begun) / 1000).toFixed(1)} s  ${what}`);
const link = async () => { server.stdin.write("\n"); return line(); };

const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"] });

async function visit(address, options) {
  const context = await browser.newContext({ bypassCSP: false, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const origin = new URL(address).origin;
  page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") faults.push(`console: ${m.text()}`); });
  page.on("pageerror", (e) => faults.push(`error: ${e.message}`));
  page.on("dialog", (d) => { faults.push(`a dialog opened: ${d.message()}`); d.dismiss(); });
  page.on("request", (r) => {
    const url = r.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith(`blob:${origin}/`)) faults.push(`a request elsewhere: ${url.slice(0, 80)}`);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
  });
  await page.goto(address);
  await page.waitForSelector("#main .view");
  return page;
}

/** Waits until the view of the address stands, and no other is being made. */
const settled = (page) => page.waitForFunction(() => {
  const main = document.querySelector("main");
  return main.dataset.shown === location.hash && !main.hasAttribute("aria-busy") && main.querySelector(".view");
});
const go = async (page, where) => {
  await page.evaluate((to) => { location.hash = to; }, where);
  await settled(page);
};
/** Serious findings of axe-core. Its script comes in through the debugger, past the page's policy. */
async function inspect(page, name, only) {
  await page.evaluate(readFileSync(axe, "utf8"));
  const rules = only || ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate((runOnly) => window.axe.run(document, { resultTypes: ["violations"], runOnly }), rules);
  for (const v of found.violations) {
    const text = `axe, ${name}: ${v.impact} ${v.id}: ${v.help} ${v.nodes.slice(0, 2).map((n) => `${n.target} ${n.failureSummary || ""}`.replace(/\s+/g, " ").slice(0, 260)).join(" | ")}`;
    if (v.impact === "serious" || v.impact === "critical") faults.push(text);
    else console.log(text);
  }
}

const VIEWS = [["day", `#/day/${day}`], ["week", `#/week/${day}`], ["month", `#/month/${day}`], ["year", `#/year/${day}`], ["pictures", "#/pictures"], ["search", "#/search/figures/30"], ["sent", "#/sent"], ["settings", "#/settings"]];
/** Checks that no recorded text became an element, and none has direction or control marks. */
async function harmless(page, what, shown) {
  const found = await page.evaluate(() => {
    for (const d of document.querySelectorAll("details:not(.menu)")) d.open = true;
    return { text: document.body.innerText, made: document.querySelectorAll("main script, main iframe, main img[src='x'], main b, dialog script, dialog b").length };
  });
  if (shown) check(found.text.includes(shown), `${what}: a title with markup is not shown as it is`);
  check(found.made === 0, `${what}: a title became markup`);
  check(!/[\u202a-\u202e\u2066-\u2069\u200f\u001b]/.test(found.text), `${what}: direction or control marks are shown`);
}

try {
  // Signing in, and a whole day.
  let page = await visit(first, { viewport: { width: 1440, height: 900 }, colorScheme: "light" });
  step("opened by its link");
  check(!page.url().includes(first.split("#")[1]), "the link's secret stayed in the address");
  check(await page.evaluate(() => document.cookie === "" && localStorage.length === 0 && sessionStorage.length === 0), "something is kept in the browser");

  await page.waitForSelector("#now:not([hidden]) .counts");
  const keys = () => page.textContent("#now .counts");
  const before = await keys();
  await page.waitForFunction((old) => document.querySelector("#now .counts").textContent !== old, before);
  step(`live: ${before} -> ${await keys()}`);

  await go(page, `#/day/${day}`);
  const slider = page.locator(".stage");
  const box = await slider.boundingBox();
  const told = () => page.textContent(".told");
  await page.waitForSelector(".seen img");
  let words = await told();
  for (const at of [0.2, 0.9, 0.5]) {
    const shown = await page.getAttribute(".seen img", "src");
    check(shown.startsWith("blob:"), "a screenshot has a public address");
    await page.mouse.move(box.x + box.width * at, box.y + 60, { steps: 10 });
    await page.waitForFunction((old) => document.querySelector(".told").textContent !== old, words);
    words = await told();
    check(!words.includes("null"), words);
    await page.waitForFunction((old) => { const i = document.querySelector(".seen img"); return i && i.src !== old; }, shown);
  }
  step("scrubbed: the screenshot follows");
  await slider.focus();
  const at = await slider.getAttribute("aria-valuetext");
  await page.keyboard.press("Shift+ArrowRight");
  await page.waitForFunction((old) => document.querySelector(".stage").getAttribute("aria-valuetext") !== old, at);
  for (const key of ["+", "+", "-", "0", "End", "Home", "ArrowRight"]) await page.keyboard.press(key);
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
  await page.mouse.wheel(0, -300);
  await page.getByRole("button", { name: "Active hours" }).click();
  step("zoomed and moved by keys, wheel and buttons");

  // Hostile titles are text and nothing else.
  await harmless(page, "the day", "<script>alert(2)</script>");
  step("hostile titles are text");

  // By category and by project, without another request.
  let asked = 0;
  page.on("request", (r) => { if (r.url().includes("/api/day")) asked += 1; });
  for (const [word, name] of [["Categories", "railway"], ["Projects", "northern line"], ["Categories", "railway"]]) {
    const button = page.getByRole("button", { name: word, exact: true });
    await button.click();
    await page.getByRole("button", { name: word, exact: true, pressed: true }).waitFor();
    await page.locator(".app .name", { hasText: name }).first().waitFor();
    await page.waitForFunction(() => document.querySelector(".stage canvas")?.height > 150);
  }
  check(asked === 0, "known data was requested again");
  await harmless(page, "categories", "<b>odd</b>");
  await page.locator(".app", { hasText: "railway" }).locator("summary").focus();
  await page.keyboard.press("Enter");
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(folder, "day-category-1440-light.png"), fullPage: true });
  await inspect(page, "day by category");
  const visits = () => page.evaluate(() => [...document.querySelectorAll(".app .num")].map((n) => n.textContent).join(" "));
  const recorded = await visits();
  const merge = page.getByLabel("Interruptions");
  await merge.focus();
  await merge.selectOption("300");
  await page.waitForFunction(() => document.querySelector("main:not([aria-busy]) .looks select")?.value === "300");
  await page.waitForFunction((old) => [...document.querySelectorAll(".app .num")].map((n) => n.textContent).join(" ") !== old, recorded);
  check(await visits() !== recorded, "merged interruptions change nothing");
  check(await page.evaluate(() => document.activeElement?.dataset.keep) === "merge", "the choice lost its place");
  await page.getByLabel("Interruptions").selectOption("0");
  await page.waitForFunction((old) => [...document.querySelectorAll(".app .num")].map((n) => n.textContent).join(" ") === old, recorded);
  step("by category and project; interruptions merged and not");
  for (const [kind, word, name] of [["year", "Projects", "northern line"], ["month", "Categories", "railway"], ["week", "Applications", "Firefox"]]) {
    await go(page, `#/${kind}/${day}`);
    await page.getByRole("button", { name: word, exact: true }).click();
    await page.locator("table.apps th .name", { hasText: name }).first().waitFor();
    await settled(page);
    check(await page.locator(".bars .stack i").count() > 5, `the ${kind} has no bars`);
    await harmless(page, `the ${kind}`);
    if (kind !== "week") await page.screenshot({ path: join(folder, `${kind}-${word.toLowerCase()}-1440-light.png`), fullPage: true });
  }
  step("year, month and week by project, category and application");

  // The days shown, as files.
  await go(page, `#/day/${day}`);
  await page.getByText("Save as …").click();
  await page.locator(".menu input[name=code]").waitFor();
  await page.locator(".menu button", { hasText: "CSV" }).click();
  await page.getByText("Enter the code").waitFor();
  await page.locator(".menu input[name=code]").fill("000000");
  await page.locator(".menu button", { hasText: "CSV" }).click();
  await page.getByText("that is not the code").waitFor();
  // The browser reports a refused request on the console; this one is expected.
  for (let n = faults.length - 1; n >= 0; n -= 1) if (faults[n].includes("403")) faults.splice(n, 1);
  await page.screenshot({ path: join(folder, "save-1440-light.png") });
  // The menu lies over other buttons, which are not meant to be hit then.
  await inspect(page, "save as", ["wcag2a", "wcag2aa", "wcag21aa"]);
  for (const [name, as, begin] of [["CSV", "csv", "day,kind,"], ["JSON", "json", "{"], ["HTML", "html", "<!doctype html>"], ["PDF", "pdf", "%PDF-"], ["Calendar", "ics", "BEGIN:VCALENDAR"]]) {
    const coming = page.waitForEvent("download");
    await page.locator(".menu input[name=code]").fill("123456");
    await page.locator(".menu button", { hasText: name }).click();
    const file = await coming;
    check(file.suggestedFilename() === `uam-${day}.${as}`, `it would be saved as ${file.suggestedFilename()}`);
    check(readFileSync(await file.path(), "latin1").startsWith(begin), `${name} does not begin as it should`);
    await page.waitForFunction((n) => document.querySelector(".menu .hint").textContent.includes(n), `uam-${day}.${as}`);
  }
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector(".menu[open]"));
  step("saved as CSV, JSON, HTML, PDF and calendar");

  // The verification shows its progress, then its findings.
  await go(page, "#/sent");
  await page.getByRole("button", { name: "Verify now" }).click();
  await page.waitForSelector("progress:not([hidden])");
  await page.getByText(/of 8 manifests followed/).waitFor();
  check(await page.getByRole("button", { name: "Verify now" }).isDisabled(), "a second verification could start");
  await page.screenshot({ path: join(folder, "check-1440-light.png") });
  server.stdin.write("check\n");
  await page.locator(".verdict", { hasText: "Tampered" }).waitFor();
  check(await page.locator(".findings li").count() === 2, "the findings are not shown");
  await harmless(page, "the findings", "<script>alert(2)</script>");
  await page.getByRole("button", { name: "Names and sizes only" }).click();
  await page.locator(".verdict", { hasText: "Complete" }).waitFor();
  await page.getByRole("button", { name: "Verify now" }).click();
  await page.locator(".verdict", { hasText: "Tampered" }).waitFor();
  step("verified: progress, findings, complete and tampered");

  // The gallery; one screenshot is deleted.
  await go(page, "#/pictures");
  await page.waitForSelector(".gallery img");
  const count = await page.locator(".gallery li").count();
  check(count === 40, `the gallery has ${count} screenshots`);
  await page.locator(".gallery li button").nth(1).click();
  await page.waitForSelector("dialog .frame img");
  const name = await page.getAttribute("dialog .frame img", "alt");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((old) => { const i = document.querySelector("dialog .frame img"); return i && i.alt !== old; }, name);
  await page.screenshot({ path: join(folder, "viewer-1440-light.png") });
  await inspect(page, "viewer");
  await page.getByRole("button", { name: "Delete …" }).click();
  await page.getByLabel("Code from your authenticator app").fill("000000");
  const wrong = page.waitForResponse((r) => r.url().endsWith("/api/delete"));
  await page.getByRole("button", { name: "Delete it" }).click();
  check((await wrong).status() === 403, "a wrong code was taken");
  await page.waitForFunction(() => document.querySelector(".proof .warn").textContent !== "");
  // The browser reports a refused request on the console; this one is expected.
  for (let n = faults.length - 1; n >= 0; n -= 1) if (faults[n].includes("403")) faults.splice(n, 1);
  await page.getByLabel("Code from your authenticator app").fill("123456");
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByRole("heading", { name: "Done" }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.locator(".gallery .blank", { hasText: "Deleted" }).waitFor();
  await settled(page);
  check(await page.locator(".gallery .blank", { hasText: "Deleted" }).count() === 1, "the gallery shows another number of deleted screenshots");
  await go(page, `#/pictures/${day}`);
  check(await page.locator(".gallery .blank", { hasText: "Deleted" }).count() === 1, "it is not deleted from the record");
  const app = await page.locator("select option").nth(1).textContent();
  await page.locator("select").selectOption(app);
  await page.waitForFunction(() => location.hash.split("/").length === 4);
  await settled(page);
  const some = await page.locator(".gallery li").count();
  check(some > 0 && some < 40, `the filter leaves ${some}`);
  await go(page, "#/pictures");
  await page.getByLabel("Words in a title").fill("SCHEDULER planner");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.split("/").length === 5);
  await settled(page);
  const titled = await page.locator(".gallery li").count();
  check(titled > 0 && titled < 40, `the words leave ${titled}`);
  await page.locator(".gallery li button").first().click();
  await page.waitForSelector("dialog .frame img");
  check((await page.textContent("dialog .title")).includes("scheduler"), "a screenshot without the words is found");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("dialog") && document.activeElement?.closest(".gallery"));
  await harmless(page, "the gallery");
  step("gallery: filtered, viewed, deleted with a code");

  await go(page, "#/day");
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.name === "q");
  await page.keyboard.type("quarterly FIGURES");
  const looked = Date.now();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".hits li");
  const soon = Date.now() - looked;
  await page.waitForFunction(() => /windows/.test(document.querySelector(".view.search [role=status]")?.textContent));
  step(`searched: first hit after ${soon} ms`);
  await go(page, "#/search/odd/30");
  await page.waitForSelector(".hits li");
  await harmless(page, "the search", "<script>alert(2)</script>");
  await go(page, "#/settings");
  check((await page.textContent("main")).includes("record.idle_seconds"), "no settings");
  check((await page.textContent("main")).includes('title = "<b>x</b>"'), "a rule became markup");

  for (const [name, where] of VIEWS) {
    await go(page, where);
    if (name === "day") await page.waitForSelector(".seen img");
    if (name === "search") await page.waitForSelector(".hits li");
    await page.waitForTimeout(name === "pictures" ? 400 : 50);
    await inspect(page, `${name}, light`);
    await page.screenshot({ path: join(folder, `${name}-1440-light.png`), fullPage: name !== "pictures" });
  }
  step("light, wide");
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  step(`first paint after ${Math.round(paint)} ms`);

  for (const [size, scheme] of [[1440, "dark"], [390, "light"], [390, "dark"]]) {
    const old = page;
    page = await visit(await link(), { viewport: { width: size, height: size === 390 ? 844 : 900 }, colorScheme: scheme, reducedMotion: "reduce", hasTouch: size === 390 });
    // A new session ends the one before.
    await old.getByRole("heading", { name: "Closed" }).waitFor();
    await old.context().close();
    for (const [name, where] of VIEWS) {
      await go(page, where);
      if (name === "day") await page.waitForSelector(".seen img");
      if (name === "search") await page.waitForSelector(".hits li");
      await page.waitForTimeout(name === "pictures" ? 400 : 50);
      // The dark colours once, the narrow layout once: the markup is the same.
      const only = scheme === "dark" ? ["color-contrast"] : ["target-size", "color-contrast", "scrollable-region-focusable"];
      if (size !== 390 || scheme !== "dark") await inspect(page, `${name}, ${size} ${scheme}`, only);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(wide <= 0, `${name} is ${wide} px wider than a window of ${size}`);
      await page.screenshot({ path: join(folder, `${name}-${size}-${scheme}.png`), fullPage: name !== "pictures" });
    }
    step(`${scheme}, ${size}`);
  }

  try {
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1];
    step(`the server's memory: ${Math.round(rss / 1024)} MB`);
  } catch { /* Unknown on this system. */ }

  // The lock empties the page, wherever it is.
  server.stdin.write("lock\n");
  await page.getByRole("heading", { name: "Closed" }).waitFor();
  check(!(await page.textContent("body")).includes("Slack"), "the page still shows the record");
  await page.screenshot({ path: join(folder, "closed-390-dark.png") });
  step("locked: the page is empty");
} catch (e) {
  faults.push(e.stack);
  for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: join(folder, "failed.png") }).catch(() => {});
}
await browser.close();
server.kill();
rmSync(home, { recursive: true, force: true });
for (const fault of new Set(faults)) console.error(`FAULT ${fault}`);
console.log(faults.length ? "The page's test failed." : "The page's test passed.");
process.exit(faults.length ? 1 : 0);
