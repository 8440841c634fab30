/** An instrument in one file, opened in Chromium from the disk: what is heard is what was touched. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadPage } from "../src/page-folder.node.ts";
import { decodeBytes } from "../src/sound/audio/codecs/decode.ts";
import { describeSound } from "../src/sound/audio/descriptors/describe.ts";
import { trackPitch } from "../src/sound/audio/pitch/pitch.ts";
import { octavesOfNote } from "../src/sound/latent/path-pitch.ts";
import { packOneFile } from "../src/studio/one-file.ts";
import { voiceView } from "../src/studio/voice-view.ts";
import { describeInChromium, openChromium } from "./support/chromium.ts";
import { noteRows, pitchedModel } from "./support/pitched-model.ts";

/** After so long a key is held no longer, whatever is heard. */
const HELD_MS_MAX = 60_000;
const NAME = 'Bells </script><!-- "é" 🎻';

let folder: string;
let browser: Browser;
let page: Page;
const requests: string[] = [];
const complaints: string[] = [];

describeInChromium("one file", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "étude file "));
    const files = await loadPage("instrument", new AbortController().signal);
    if (files === undefined) expect.fail("The page was not built");
    const plain = pitchedModel();
    const model = {
      ...plain,
      latents: { ...plain.latents, means: noteRows(octavesOfNote(57), 24) },
    };
    const view = voiceView(
      "model",
      { description: model.description, hasPitch: true, usualMode: "gesture" },
      NAME,
    );
    const html = await packOneFile(files, model, { view, seed: 7, positions: { body: 2 } });
    const path = join(folder, "bells.html");
    await writeFile(path, html);
    browser = await openChromium();
    page = await browser.newPage();
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith("data:")) requests.push(request.url());
    });
    await page.goto(pathToFileURL(path).href);
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("shows the instrument as it was sent, whatever its name is", async () => {
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(NAME);
    expect(await page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("7");
    expect(await page.getByRole("slider", { name: "Body" }).inputValue()).toBe("2");
    await page.getByText("Licences of what is in it").click();
    const licences = await page.locator("pre").textContent();
    for (const one of ["onnxruntime-web", "instrument-sans", "instrument-serif"]) {
      expect(licences).toContain(one);
    }
  });

  test("is written in its own fonts, which no machine has", async () => {
    const loaded = await page.evaluate<string[]>(
      "document.fonts.ready.then((all) => [...all].filter((one) => one.status === 'loaded').map((one) => one.family))",
    );
    expect(loaded.join()).toMatch(/Instrument Sans Variable.*Instrument Serif/);
  });

  test("wakes with the first key, and each sounds at its pitch", async () => {
    await page.keyboard.press("KeyA");
    await page.getByRole("button", { name: "Keys alone" }).click();
    for (const [code, note] of [
      ["KeyA", 60],
      ["KeyG", 67],
    ] as const) {
      const sound = await whileHeld(code);
      expect(Math.abs(heardNote(sound) - note)).toBeLessThan(0.25);
    }
  });

  test("moves what its control says", async () => {
    const sounds: Float32Array[] = [];
    for (const position of ["-10", "10"]) {
      await page.getByRole("slider", { name: "Brightness" }).fill(position);
      sounds.push(await whileHeld("KeyA"));
    }
    const [dark, bright] = sounds.map((sound) => describeSound(sound, 48_000)?.brightness);
    expect((bright ?? 0) - (dark ?? 0)).toBeGreaterThan(0.5);
  });

  test("asked nobody, and nothing was refused by its policy", async () => {
    expect(requests).toEqual([page.url()]);
    expect(complaints).toEqual([]);
  });
});

/** The sound of a key: a machine that is busy takes longer until one is heard. */
async function whileHeld(code: string): Promise<Float32Array> {
  for (let ms = 1200; ; ms *= 2) {
    const sound = await recorded(async () => {
      await page.keyboard.down(code);
      await page.waitForTimeout(ms);
      await page.keyboard.up(code);
    });
    if (surePitches(sound).length >= 20 || ms > HELD_MS_MAX) return sound;
  }
}

/** What is heard meanwhile, as the page saves it. */
async function recorded(work: () => Promise<void>): Promise<Float32Array> {
  await page.getByRole("button", { name: "Record" }).click();
  await work();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Stop and save" }).click(),
  ]);
  const outcome = await decodeBytes(await readFile(await download.path()));
  if (!outcome.ok) expect.fail("What was recorded is no sound");
  return outcome.sound.channels[0] ?? new Float32Array(0);
}

/** The middle of the pitches that are surely there. */
function heardNote(samples: Float32Array): number {
  const sure = surePitches(samples);
  return 69 + 12 * Math.log2((sure[Math.floor(sure.length / 2)] ?? 1) / 440);
}

/** In hertz, the lowest first. */
function surePitches(samples: Float32Array): number[] {
  const { hz, voicing } = trackPitch(samples);
  return [...hz].filter((_, i) => (voicing[i] ?? 0) > 0.8).sort((a, b) => a - b);
}
