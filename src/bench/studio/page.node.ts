/** Load time and size of the page, and how long it takes to redraw a long run. */

import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { median } from "../statistics.ts";
import type { Site } from "./chromium.node.ts";

const LOADS = 5;
const REDRAWS = 20;

type Say = (line: string) => void;

/** When something useful was first seen: a place with what it holds, not its frame alone. */
const USEFUL = `
  const look = () => {
    if (document.querySelector(".empty h2, .card .actions, .facts dd") === null) return requestAnimationFrame(look);
    requestAnimationFrame((atMs) => { globalThis.usefulMs = atMs; });
  };
  requestAnimationFrame(look);`;

/** @param place What is looked at, "#/library". */
export async function firstPaint(browser: Browser, address: string, say: Say): Promise<void> {
  for (const place of ["#/library", "#/train/long"]) {
    const times: number[] = [];
    for (let i = 0; i < LOADS; i += 1) {
      // Each with an empty cache.
      const context = await browser.newContext({ bypassCSP: true });
      const page = await context.newPage();
      await page.addInitScript({ content: USEFUL });
      await page.goto(address + place);
      times.push(await numberIn(page, "usefulMs"));
      await context.close();
    }
    say(`first useful paint of ${place}: ${Math.round(median(times))} ms (asked: under 1000)`);
  }
}

async function numberIn(page: Page, name: string): Promise<number> {
  const handle = await page.waitForFunction(`globalThis.${name}`);
  return Number(await handle.jsonValue());
}

export async function firstVisit(
  browser: Browser,
  { address, asked, said }: Site,
  say: Say,
): Promise<void> {
  // What is fetched for use without a network comes after the page, and holds nothing up.
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(address, { waitUntil: "networkidle" });
  await page.getByRole("heading", { name: "Bring your own sounds" }).waitFor();
  const bytes = [...asked].filter(([name]) => !name.endsWith(".wasm")).map(([, size]) => size);
  const sum = bytes.reduce((total, size) => total + size, 0);
  say(`static page: ${said} (asked: 400 kB)`);
  say(`of that a first visit fetches ${Math.round(sum / 1000)} kB in ${asked.size} files`);
  await context.close();
}

/** A run of so many steps: more than that, and every other one goes. */
const LONG_STEPS = 19_999;

/** A run of which all is real but its length. */
export async function makeLongRun(run: string, long: string): Promise<void> {
  await cp(run, long, { recursive: true });
  const log = join(long, "events.jsonl");
  const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
  const at = lines.findIndex((line) => line.includes('"step-done"'));
  const step = JSON.parse(lines[at] ?? "{}") as Record<string, unknown>;
  const steps = Array.from({ length: LONG_STEPS }, (_, i) => ({
    ...step,
    seq: at + i,
    step: i + 1,
    loss: 1 + 20 / (1 + i / 500) + Math.sin(i),
  }));
  const whole = [...lines.slice(0, at), ...steps.map((one) => JSON.stringify(one))];
  await writeFile(log, `${whole.join("\n")}\n`);
}

/** Two widths by turns: the plot is decimated and drawn anew each time. */
const DRAW = `(async () => {
  const host = document.querySelector(".curves");
  const frame = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done();
    port2.postMessage(undefined);
  }));
  for (let i = 0; i < ${REDRAWS}; i += 1) {
    host.style.width = i % 2 === 0 ? "90%" : "100%";
    await frame();
    await frame();
  }
})()`;

export async function redraw(browser: Browser, address: string, say: Say): Promise<void> {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`${address}#/train/long`);
  await page.locator(".curves canvas").waitFor();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Performance.enable");
  const taskMs = async (): Promise<number> => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
  };
  await page.evaluate(DRAW);
  const rounds: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const before = await taskMs();
    await page.evaluate(DRAW);
    rounds.push(((await taskMs()) - before) / REDRAWS);
  }
  say(
    `a run of ${LONG_STEPS} points redraws in ${median(rounds).toFixed(1)} ms of the page's thread (asked: under 16)`,
  );
  await context.close();
}
