/** Training in the page compared with native training: its speed, and whether losses agree. */

import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { ETUDE, homeIn } from "./chromium.node.ts";

type Say = (line: string) => void;

const EPOCHS = 7;
const COMPARED_STEPS = 50;
/** Steps before these compile, and are slower. */
const WARM_UP_STEPS = 10;

interface Trained {
  /** One for each step. */
  readonly losses: readonly number[];
  readonly stepsPerSecond: number;
}

export interface TrainingSides {
  /** Recordings, all in one folder. */
  readonly files: readonly string[];
  /** Of the studio for the browser alone. */
  readonly address: string;
  /** The same, isolated from other pages. */
  readonly isolated: string;
}

export async function training(browser: Browser, sides: TrainingSides, say: Say): Promise<void> {
  const native = await trainedNatively(sides.files);
  for (const [how, address] of [
    ["one thread", sides.address],
    ["isolated, several threads", sides.isolated],
  ] as const) {
    const page = await trainedInPage(browser, sides.files, address);
    print(how, { native, page }, say);
  }
}

interface Both {
  readonly native: Trained;
  readonly page: Trained;
}

function print(how: string, { native, page }: Both, say: Say): void {
  const steps = Math.min(COMPARED_STEPS, native.losses.length, page.losses.length);
  const apart = native.losses
    .slice(0, steps)
    .map((loss, i) => Math.abs((page.losses[i] ?? Number.NaN) / loss - 1));
  say(
    `training in the page, ${how}: ${page.stepsPerSecond.toFixed(1)} steps a second, native ${native.stepsPerSecond.toFixed(1)}: ${(native.stepsPerSecond / page.stepsPerSecond).toFixed(2)} times slower (asked: at most 3)`,
  );
  say(
    `losses of its first ${steps} steps: at most ${Math.max(...apart).toExponential(1)} apart, relative (asked: 1e-3)`,
  );
}

async function trainedNatively(files: readonly string[]): Promise<Trained> {
  const corpus = dirname(files[0] ?? "");
  const home = dirname(corpus);
  const run = join(home, "native");
  const args = ["train", corpus, "-o", run, "--epochs", String(EPOCHS), "--seed", "1"];
  const { status, stderr } = spawnSync(process.execPath, [ETUDE, ...args], { env: homeIn(home) });
  if (status !== 0) throw new Error(stderr.toString());
  const text = await readFile(join(run, "events.jsonl"), "utf8");
  const steps = text
    .trimEnd()
    .split("\n")
    .filter((line) => line.includes('"step-done"'))
    .map(
      (line) =>
        JSON.parse(line) as { atMs: number; vae?: { reconstruction: number }; loss: number },
    );
  const [first, last] = [steps[WARM_UP_STEPS], steps.at(-1)];
  const seconds = ((last?.atMs ?? 0) - (first?.atMs ?? 0)) / 1000;
  return {
    losses: steps.map(({ vae, loss }) => vae?.reconstruction ?? loss),
    stepsPerSecond: (steps.length - 1 - WARM_UP_STEPS) / seconds,
  };
}

/** Runs in the page: whoever answers it can be asked by hand, for the page has no button for epochs. */
const REMEMBER = `
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (order, ...rest) {
    if (order?.kind === "begin" && "program" in order) globalThis.desk = this;
    return post.call(this, order, ...rest);
  };`;

async function trainedInPage(
  browser: Browser,
  files: readonly string[],
  address: string,
): Promise<Trained> {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  page.setDefaultTimeout(600_000);
  await page.addInitScript({ content: REMEMBER });
  await page.goto(address);
  await page
    .locator('input[type="file"]')
    .first()
    .setInputFiles([...files]);
  await page.getByText(`${files.length} sounds`).first().waitFor();
  const wish = { dataset: "sounds", name: "page", seed: 1, epochs: EPOCHS };
  await page.evaluate(`{
    const body = new TextEncoder().encode(${JSON.stringify(JSON.stringify(wish))}).buffer;
    desk.postMessage({ kind: "ask", id: 1e9, method: "POST", path: "runs", body });
    location.hash = "#/train/page";
  }`);
  const stepsPerSecond = await speedIn(page);
  const losses = await page.evaluate<number[]>(`(async () => {
    const root = await navigator.storage.getDirectory();
    const run = await (await root.getDirectoryHandle("runs")).getDirectoryHandle("page");
    const file = await (await run.getFileHandle("picture.json")).getFile();
    return JSON.parse(await file.text()).steps.loss;
  })()`);
  await context.close();
  return { losses, stepsPerSecond };
}

/** By what the page shows, until it says that the run has finished. */
async function speedIn(page: Page): Promise<number> {
  const seen: { readonly step: number; readonly atMs: number }[] = [];
  const stepNow = `Number(/^([\\d,]+) of/.exec(document.querySelector(".facts dd")?.textContent ?? "")?.[1]?.replaceAll(",", "") ?? 0)`;
  for (;;) {
    const [step = 0, atMs = 0] = await page.evaluate<number[]>(
      `[${stepNow}, new Event("now").timeStamp]`,
    );
    if (step > WARM_UP_STEPS && step > (seen.at(-1)?.step ?? 0)) seen.push({ step, atMs });
    if ((await page.getByText(/^Finished/).count()) > 0) break;
    if ((await page.getByText(/^It failed/).count()) > 0) {
      throw new Error((await page.locator(".verdict").textContent()) ?? "");
    }
    await page.waitForTimeout(50);
  }
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  return (1000 * (last.step - first.step)) / (last.atMs - first.atMs);
}
