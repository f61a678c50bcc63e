// Opens pages in a real browser, as a phone, a desk and a printer show them, and prints what it found of each.
// Arguments: the folder for pictures, empty for none, then the addresses.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const [folder, ...addresses] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = { phone: 320, desk: 1280 };

/** What a reader with this browser window gets. */
async function look(browser, address, name, width) {
  const page = await browser.newPage();
  const complaints = [];
  const requests = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.setViewport({ width, height: 800, deviceScaleFactor: 2 });
  const answer = await page.goto(address);
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  const { scrolls, border, headings } = await page.evaluate(() => ({
    scrolls: document.documentElement.scrollWidth > window.innerWidth,
    border: getComputedStyle(document.querySelector(".result")).borderLeftStyle,
    headings: [...document.querySelectorAll("h1")].map((heading) => heading.innerText),
  }));
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate((tags) => axe.run({ runOnly: tags }), WCAG_2_2_AA);
  const pdf = await page.pdf({ ...(folder && { path: join(folder, `${name}.pdf`) }), format: "letter" });
  const pages = (Buffer.from(pdf).toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
  const cookies = await browser.cookies();
  await page.close();
  return {
    status: answer.status(), headings, scrolls, border, complaints, requests, printed: pages, cookies: cookies.length,
    passes: passes.map((one) => one.id), violations: violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html)}`),
  };
}

const browser = await puppeteer.launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: "shell" });
const found = [];
for (const [number, address] of addresses.entries()) {
  for (const [name, width] of Object.entries(WIDTHS)) found.push(await look(browser, address, `${number}-${name}`, width));
}
await browser.close();
console.log(JSON.stringify(found));
