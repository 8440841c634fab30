/** The studio in Chromium: the whole path of a newcomer, and what sounds on it. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import { describeInChromium, openChromium } from "./support/chromium.ts";
import { shortDemo } from "./support/recordings.ts";
import { type OpenStudio, openStudioIn } from "./support/studio.ts";

/** A busy machine takes twenty times as long as an idle one. */
const PATIENCE_MS = 1_500_000;

let demo: ReturnType<typeof shortDemo>;

let folder: string;
let studio: OpenStudio;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];
const strangers: string[] = [];

describeInChromium("the studio", () => {
  beforeAll(async () => {
    demo = shortDemo(12);
    folder = await mkdtemp(join(tmpdir(), "étude page 🎹 "));
    const recordings = join(folder, "mine");
    await mkdir(recordings);
    for (const { name, sound } of demo) {
      await writeFile(join(recordings, name), writeWav(sound, { encoding: "int16" }));
    }
    await writeFile(join(recordings, "broken.wav"), "RIFF and nothing else");
    studio = await openStudioIn(folder);
    browser = await openChromium();
    context = await browser.newContext({ acceptDownloads: true });
    context.setDefaultTimeout(PATIENCE_MS);
    page = await newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await studio?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("says in every empty place what to do next", async () => {
    for (const [place, words] of [
      ["Sounds", "Bring your own sounds"],
      ["Train", "First, some sounds"],
      ["Play", "Nothing to play yet"],
      ["Library", "Nothing is kept yet"],
    ] as const) {
      await go(place);
      await page.getByRole("heading", { name: words }).waitFor();
      await expectAccessible();
    }
  });

  test("takes files in, shows each, says what is wrong with one, and plays", async () => {
    await go("Sounds");
    const files = demo.map(({ name }) => join(folder, "mine", name));
    const chooser = page.locator('input[type="file"]').first();
    await chooser.setInputFiles([...files, join(folder, "mine", "broken.wav")]);
    await page.getByText("12 sounds").waitFor();
    await page
      .getByText(/broken\.wav/)
      .first()
      .waitFor();
    await page
      .getByRole("button", { name: /^Play / })
      .first()
      .click();
    await heard();
    await expectAccessible();
  });

  test("shows them as a map and says why two are near", async () => {
    await page.getByRole("button", { name: "As a map" }).click();
    const map = page.getByRole("button", { name: /^Map of the sounds/ });
    await map.press("ArrowRight");
    await page.getByText(/nearest to/).waitFor();
    await page.getByRole("button", { name: "One by one" }).click();
  });

  test("trains by one button, and shows the run to a second page too", async () => {
    await page.getByRole("link", { name: "Train on these" }).click();
    // So long that it is still learning when Stop is pressed, on however slow a machine.
    await page.getByRole("slider", { name: "How long" }).fill("12");
    await page.getByRole("button", { name: /^Train/ }).click();
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await page.locator(".facts").getByText("learns from").waitFor();
    const second = await newPage(page.url());
    await second.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await second.close();
    await page
      .getByRole("button", { name: /^Play new sound/ })
      .first()
      .waitFor();
  });

  test("stops with all that was learned, goes on, and is heard", async () => {
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText(/^Stopped, everything is kept/).waitFor();
    await page.reload();
    // It ends with the epoch that it is in, as if the minutes were over by now.
    await page.route("**/api/runs/*/resume", (route) =>
      route.continue({ postData: JSON.stringify({ minutes: 0.01 }) }),
    );
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText(/^Finished/).waitFor();
    await page
      .getByRole("button", { name: /^Play new sound/ })
      .first()
      .click();
    await heard();
    await page
      .getByRole("button", { name: /compare with the recording/ })
      .first()
      .click();
    await page.getByRole("button", { name: "B", exact: true }).click();
    await heard();
    await expectAccessible();
  });

  test("plays the model: another sound, undo, a pad, and a take that is kept", async () => {
    await page.getByRole("link", { name: "Play it" }).click();
    await page.getByRole("button", { name: "Another" }).click();
    await expect
      .poll(() => page.locator(".takes li").count(), { timeout: PATIENCE_MS })
      .toBeGreaterThanOrEqual(1);
    await heard();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("1");
    await page.getByRole("button", { name: "Pad 3" }).press("Enter");
    await page.getByRole("button", { name: "Keep", exact: true }).first().click();
    await page.getByText(/is kept in the library/).waitFor();
    await page.getByRole("button", { name: "Start here" }).first().click();
    await page.getByText(/Wander says how far/).waitFor();
    await page
      .locator(".takes li.on")
      .getByText(/ from /)
      .waitFor();
    expect(await page.getByRole("slider", { name: "Wander" }).count()).toBe(1);
    await heard();
    await page.getByRole("button", { name: "From nowhere" }).click();
    await expect.poll(() => page.getByText(/Wander says how far/).count()).toBe(0);
    await expectAccessible();
  });

  test("plays live: a control is moved and heard", async () => {
    await page.getByRole("button", { name: "Play live" }).click();
    await page.getByRole("button", { name: "Live", exact: true }).waitFor();
    await turnLoudness(-10);
    const quiet = await loudest();
    await turnLoudness(10);
    await expect.poll(loudest, { timeout: PATIENCE_MS }).toBeGreaterThan(1.5 * quiet);
    const loud = await loudest();
    await turnLoudness(-10);
    await expect.poll(loudest, { timeout: PATIENCE_MS }).toBeLessThan(loud / 1.5);
    await page.getByRole("button", { name: "Live", exact: true }).click();
  });

  test("finds model and sound in the library, downloads, deletes and puts back", async () => {
    await go("Library");
    await page.getByText("1 model", { exact: true }).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByRole("combobox", { name: /^Download/ })
        .first()
        .selectOption("flac"),
    ]);
    const bytes = await readFile(await file.path());
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("fLaC");
    await page
      .getByRole("button", { name: /^Delete / })
      .first()
      .click();
    await page.getByText(/is in the trash/).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("1 model", { exact: true }).waitFor();
    await expectAccessible();
  });

  test("rehearses with what its address says", async () => {
    await page.goto(`${studio.address}#/rehearse?module=llm_training&seed=7`);
    const frame = page.frameLocator("iframe.rehearsal");
    await frame.getByText("llm_training, seed 7").waitFor();
    // Who is sent the link is not sent the key to this studio.
    await frame.getByRole("button", { name: /^Share/ }).click();
    const shared =
      page
        .frames()
        .find((one) => one.url().includes("/rehearsal/"))
        ?.url() ?? "";
    expect(shared).toContain("seed=7");
    const [, secret = "?"] = new URL(studio.address).pathname.split("/");
    expect(shared).not.toContain(secret);
  });

  test("says when the program is gone, and goes on when it is back", async () => {
    await go("Sounds");
    await page.getByRole("link", { name: "sounds" }).first().waitFor();
    await studio.close();
    await page.getByText(/does not answer/).waitFor();
    studio = await openStudioIn(folder);
    await page.getByText(/does not answer/).waitFor({ state: "hidden" });
  });

  test("asked nobody else, and nothing was refused by its policy", () => {
    expect(strangers).toEqual([]);
    expect(
      complaints.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY/.test(text)),
    ).toEqual([]);
  });
});

async function newPage(address = studio.address): Promise<Page> {
  const opened = await context.newPage();
  opened.on("pageerror", ({ message }) => complaints.push(message));
  opened.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  opened.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && host !== new URL(studio.address).host)
      strangers.push(request.url());
  });
  await opened.addInitScript({ content: LISTEN });
  await opened.goto(address);
  return opened;
}

async function go(place: string): Promise<void> {
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: place }).click();
}

/** Runs in the page: whatever is connected to a loudspeaker is heard by an analyser too. */
const LISTEN = `
  globalThis.analysers = [];
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (...parts) {
    if (parts[0] instanceof AudioDestinationNode) {
      const analyser = new AnalyserNode(parts[0].context, { fftSize: 32768 });
      analysers.push(analyser);
      connect.call(this, analyser);
    }
    return connect.apply(this, parts);
  };`;

/** Level of what was heard in the last two thirds of a second. */
const LEVEL = `Math.max(0, ...analysers.map((analyser) => {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}))`;

const rms = (): Promise<number> => page.evaluate<number>(LEVEL);

async function heard(): Promise<void> {
  await expect.poll(rms, { timeout: PATIENCE_MS, interval: 50 }).toBeGreaterThan(1e-4);
}

async function turnLoudness(position: number): Promise<void> {
  await page.getByRole("slider", { name: "Loudness" }).fill(String(position));
}

/** Level of the loudest of some moments: a sound may die away between two blows. */
async function loudest(): Promise<number> {
  const levels: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    await page.waitForTimeout(500);
    levels.push(await rms());
  }
  return Math.max(...levels);
}

async function expectAccessible(): Promise<void> {
  const axe = await readFile(
    new URL("../node_modules/axe-core/axe.min.js", import.meta.url),
    "utf8",
  );
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await run.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  });
  expect(found).toEqual([]);
}
