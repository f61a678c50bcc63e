// Fills in surveys with a real browser, on a phone, as different people would, and prints what it found.
// Arguments: the folder for pictures, empty for none, and where everything lies, as JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const [folder, given] = process.argv.slice(2);
const { base, codes, pages } = JSON.parse(given);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const PHONE = { width: 360, height: 740, isMobile: true, hasTouch: true };
const ZOOMED = { width: 320, height: 640 }; // 1280 pixels at 400 %
const MOST_STEPS = 20;

// In one process, as the package would have it, a second device brings the browser down.
const args = chromium.args.filter((one) => !["--single-process", "--no-zygote"].includes(one));
const browser = await puppeteer.launch({ executablePath: await chromium.executablePath(), args, headless: "shell" });
const found = { looked: [], errors: [] };

/** A device of somebody's own: nothing of another's is on it. */
async function device({ language = "en-US", scripts = true, viewport = PHONE, dark = false } = {}) {
  const context = await browser.createBrowserContext();
  const open = async () => {
    const page = await context.newPage();
    await page.setViewport(viewport);
    await page.setExtraHTTPHeaders({ "Accept-Language": language });
    await page.setJavaScriptEnabled(scripts);
    if (dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    page.on("pageerror", (error) => found.errors.push(String(error)));
    page.on("console", (message) => found.errors.push(message.text()));
    page.on("request", (request) => !request.url().startsWith(base) && found.errors.push(request.url()));
    return page;
  };
  return { context, open };
}

/** Presses a button, or a link, and waits for the page that it leads to. */
async function press(page, selector) {
  const [answer] = await Promise.all([page.waitForNavigation(), page.click(selector)]);
  return answer;
}

const go = (value) => `main button[name="go"][value="${value}"]`;
const heading = (page) => page.$eval("h1", (one) => one.innerText);
const stands = (page, selector) => page.$(selector).then((one) => one !== null);

/** How the page looks, for whoever asked for pictures. */
async function picture(page, name) {
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** What a reader of this page would have to complain about, and its picture. */
async function look(page, name, status) {
  await picture(page, name);
  const told = await page.evaluate(() => ({
    language: document.documentElement.lang,
    direction: document.documentElement.dir,
    heading: document.querySelector("h1").innerText,
    scrolls: document.documentElement.scrollWidth > window.innerWidth,
    small: [...document.querySelectorAll("a, button, input, select, textarea")]
      .map((one) => one.closest("label") ?? one)
      .filter((one) => !one.matches(".skip-link, .unseen, [type=hidden]") && getComputedStyle(one).display !== "inline")
      .filter((one) => one.getBoundingClientRect().height < 44)
      .map((one) => one.outerHTML),
    scripts: document.scripts.length,
    bytes: document.documentElement.outerHTML.length,
  }));
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate((tags) => axe.run({ runOnly: tags }), WCAG_2_2_AA);
  found.looked.push({
    name, status, ...told, passes: passes.map((one) => one.id),
    violations: violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html)}`),
  });
}

/** Answers whatever a step asks, the last choice but one of each group, and goes on. */
async function answerStep(page) {
  for (const group of await page.$$("fieldset")) {
    const choices = await group.$$("input");
    await choices[choices.length - 2].click();
  }
  for (const area of await page.$$("textarea")) await area.type("Loud.");
  return press(page, go("next"));
}

async function untilReview(page, eachStep = async () => {}) {
  for (let step = 1; step < MOST_STEPS && !(await stands(page, go("send"))); step += 1) {
    await eachStep(step);
    await answerStep(page);
  }
}

/** The whole way; of its steps those are looked at that are named, and the last two pages in any case. */
async function wholeWay(name, code, options, steps = []) {
  const { open, context } = await device(options);
  const page = await open();
  const first = await page.goto(`${base}/s/${code}`);
  const before = (await context.cookies()).length;
  await untilReview(page, async (step) => {
    if (!steps.length || steps.includes(step)) await look(page, `${name}-${step}`, first.status());
  });
  const kept = await context.cookies();
  await look(page, `${name}-review`, 200);
  const sent = await press(page, go("send"));
  await look(page, `${name}-thanks`, sent.status());
  const url = page.url().slice(base.length);
  await page.reload();
  const reloaded = await heading(page);
  return { before, kept: kept.map(({ name: cookie, httpOnly, sameSite, path, value }) => ({ cookie, httpOnly, sameSite, path, size: value.length })),
    after: (await context.cookies()).length, url, reloaded };
}

/** How a form looks on a screen: its first page. */
async function screenAt(name, code, options) {
  const page = await (await device(options)).open();
  const answer = await page.goto(`${base}/s/${code}`);
  await look(page, name, answer.status());
}

/** The whole way without scripts and without a finger: Tab, the arrows, Space, Enter. */
async function byKeyboard(code) {
  const { open } = await device({ language: "es-MX,es;q=0.9", scripts: false });
  const page = await open();
  await page.goto(`${base}/s/${code}`);
  const language = await page.$eval("html", (one) => one.lang);
  await page.keyboard.press("Tab");
  const skips = await page.evaluate(() => document.activeElement.className);
  const focused = () => page.evaluate(() => {
    const one = document.activeElement;
    const shown = getComputedStyle(one.closest("label") ?? one);
    return { tag: one.tagName, type: one.type, value: one.value, checked: one.checked, outline: shown.outlineStyle !== "none" };
  });
  let unseen = 0;
  let answered = 0;
  for (let key = 0; key < 400 && !page.url().includes("/thanks/"); key += 1) {
    const on = await focused();
    if (on.tag !== "BODY" && on.tag !== "MAIN" && !on.outline) unseen += 1;
    if (on.type === "radio" && !on.checked) {
      await page.keyboard.press("Space");
      await page.keyboard.press("ArrowDown");
      answered += 1;
    }
    if (on.tag === "BUTTON" && ["next", "send"].includes(on.value)) {
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    } else {
      await page.keyboard.press("Tab");
    }
  }
  return { language, skips, unseen, answered, heading: await heading(page) };
}

/** Enter in the middle of a form leads on, and never into another language. */
async function enter(code) {
  const page = await (await device({ scripts: false })).open();
  await page.goto(`${base}/s/${code}`);
  await press(page, go("next"));
  const before = await page.$eval("html", (one) => one.lang);
  await page.focus("fieldset input");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  const steps = await page.$eval("input[name=step]", (one) => one.value);
  await press(page, ".tongues button");
  return { before, step: steps, switched: await page.$eval("html", (one) => one.lang), still: await page.$eval("input[name=step]", (one) => one.value) };
}

/** Closed in the middle, opened again; then given up. */
async function resumed(code) {
  const { open, context } = await device({ scripts: false });
  const page = await open();
  await page.goto(`${base}/s/${code}`);
  await answerStep(page);
  const at = await heading(page);
  await page.close();
  const again = await open();
  await again.goto(`${base}/s/${code}`);
  const back = await heading(again);
  const told = await stands(again, ".note[role=status]");
  await picture(again, "resumed");
  await press(again, 'footer button[value="over"]');
  const checked = (await again.$$("input:checked")).length;
  return { at, back, told, cookies: (await context.cookies()).length, checked, first: await stands(again, "main section.card") };
}

/** The connection is lost while a step is sent, and comes back. */
async function offline(code) {
  const page = await (await device({ scripts: false })).open();
  await page.goto(`${base}/s/${code}`);
  const choices = await page.$$("fieldset:first-of-type input");
  await choices[1].click();
  await page.setOfflineMode(true);
  await press(page, go("next")).catch(() => {});
  const lost = page.url();
  await page.setOfflineMode(false);
  const answer = await page.reload();
  return { lost: lost.startsWith("chrome-error:"), status: answer.status(), method: answer.request().redirectChain()[0].method(), step: await page.$eval("input[name=step]", (one) => one.value) };
}

/** The browser's own buttons, without scripts: on twice, back twice, forward, another answer, and to the end. */
async function backAndForth(code) {
  const { open, context } = await device({ scripts: false });
  const page = await open();
  await page.goto(`${base}/s/${code}`);
  await answerStep(page);
  await answerStep(page);
  const told = async () => ({
    step: await page.$eval("input[name=step]", (one) => one.value),
    checked: await page.$$eval("fieldset", (groups) => groups.map((one) => one.querySelector("input:checked")?.value)),
    asked: new URL(page.url()).search,
  });
  const went = [await told()];
  for (const move of ["goBack", "goBack", "goForward", "reload"]) {
    const answer = await page[move]();
    went.push({ ...(await told()), status: answer.status() });
  }
  await (await page.$("fieldset input")).click();
  await press(page, go("next"));
  const changed = await page.goBack().then(told);
  await page.goForward();
  await untilReview(page);
  const sent = await press(page, go("send"));
  const after = await page.goBack();
  return { went, changed, sent: sent.status(), after: after.status(), cookies: (await context.cookies()).length };
}

/** Sent from two windows at once, then once more after going back. */
async function twice(code) {
  const { open } = await device({ scripts: false });
  const page = await open();
  await page.goto(`${base}/s/${code}`);
  await untilReview(page);
  const other = await open();
  await other.goto(`${base}/s/${code}`);
  const both = await Promise.all([press(page, go("send")), press(other, go("send"))]);
  await page.goBack().catch(() => {});
  const again = (await stands(page, go("send"))) ? (await press(page, go("send"))).status() : (await page.goto(`${base}/s/${code}`)).status();
  await picture(page, "sent-twice");
  return { both: both.map((one) => one.status()).sort(), again, heading: await heading(page) };
}

/** Pages that are no form's: each looked at as it is loaded. */
async function others() {
  const { open } = await device({ viewport: ZOOMED });
  const page = await open();
  for (const [name, address] of Object.entries(pages)) {
    const answer = await page.goto(`${base}${address}`);
    await look(page, name, answer.status());
  }
  await page.goto(`${base}${pages.help}`);
  const wrong = await press(page, "main button");
  await look(page, "help-faults", wrong.status());
  await page.select("#school", "s-1");
  await page.type("#contact", "Sam, lunch, lower hall");
  const sent = await press(page, "main button");
  await look(page, "help-sent", sent.status());
}

found.english = await wholeWay("english", codes.english, {}, [1, 9, 10]);
found.spanish = await wholeWay("spanish", codes.spanish, { language: "es-MX,es;q=0.9,en;q=0.5", viewport: ZOOMED }, [1]);
found.dark = await wholeWay("dark", codes.dark, { dark: true });
found.rightToLeft = await wholeWay("right-to-left", codes.rightToLeft, { language: "ar" });
await screenAt("desk", codes.desk, { viewport: { width: 1280, height: 900 } });
found.keyboard = await byKeyboard(codes.keyboard);
found.enter = await enter(codes.enter);
found.resumed = await resumed(codes.resumed);
found.offline = await offline(codes.offline);
found.backAndForth = await backAndForth(codes.backAndForth);
found.twice = await twice(codes.twice);
await others();
await browser.close();
console.log(JSON.stringify(found));
