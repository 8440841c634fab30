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
import { rootMeanSquare } from "../src/sound/audio/level.ts";
import { trackPitch } from "../src/sound/audio/pitch/pitch.ts";
import { octavesOfNote } from "../src/sound/latent/path-pitch.ts";
import { packOneFile } from "../src/studio/one-file.ts";
import { voiceView } from "../src/studio/voice-view.ts";
import { describeInChromium, openChromium } from "./support/chromium.ts";
import { type Controls, controlsOf, FAKE_MIDI, turned } from "./support/page-of-controls.ts";
import { noteRows, pitchedModel } from "./support/pitched-model.ts";

/** After so long a key is held no longer, whatever is heard. */
const HELD_MS_MAX = 60_000;
const NAME = 'Bells </script><!-- "é" 🎻';
/** Runs in the page: the seeds that its player was told. */
const TOLD_SEEDS = `
  globalThis.seeds = [];
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...parts) {
    if (message?.wish !== undefined) seeds.push(message.wish.seed);
    return postMessage.call(this, message, ...parts);
  };`;

let folder: string;
let browser: Browser;
let page: Page;
let controls: Controls;
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
    await page.addInitScript({ content: FAKE_MIDI + TOLD_SEEDS });
    controls = controlsOf(page);
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
    await controls.see();
    await page.getByText("Licences of what is in it").click();
    controls.one("button", /^Licences/);
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
    await controls.the("button", "Keys alone").click();
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

  test("streams, held or drifting, while no key is down", async () => {
    const { the } = controls;
    const whileNothing = () => recorded(() => page.waitForTimeout(300));
    const level = async () => rootMeanSquare(await whileNothing());
    await expect.poll(level).toBeLessThan(1e-4);
    for (const kind of ["Held", "Drifting"]) {
      await the("button", kind).click();
      await expect.poll(level).toBeGreaterThan(1e-3);
    }
    await the("button", "Live").click();
    await the("button", "Play live").click();
    await the("button", "Keys alone").click();
    await expect.poll(level).toBeLessThan(1e-4);
  });

  test("is played on the screen and by MIDI, and a dial learns a knob", async () => {
    const { the, one, see } = controls;
    const key = one("button", /^[A-G]♯? [456]$/);
    const onScreen = await whileDown(
      () => key.press("Enter", { delay: 1200 }),
      () => Promise.resolve(),
    );
    expect(Math.abs(heardNote(onScreen) - 60)).toBeLessThan(0.25);
    await the("button", "Connect MIDI").click();
    await page.getByText("Fake keys").waitFor();
    await see();
    const send = (...data: number[]) => page.evaluate(`midi.send(${data})`);
    const byMidi = await whileDown(
      () => send(0x90, 64, 110),
      () => send(0x80, 64, 0),
    );
    expect(Math.abs(heardNote(byMidi) - 64)).toBeLessThan(0.25);
    await the("combobox", "Let a dial learn a knob").selectOption("brightness");
    await send(0xb0, 21, 127);
    await expect.poll(() => the("slider", "Brightness").inputValue()).toBe("10");
  });

  test("is moved by strings, pad, dice and centre, and back again", async () => {
    const { the } = controls;
    const strings = page.locator(".string input");
    const positions = async () => Promise.all((await strings.all()).map((one) => one.inputValue()));
    await the("button", "Centre").click();
    await expect.poll(async () => new Set(await positions())).toEqual(new Set(["0"]));
    for (const string of await strings.all()) {
      await turned(the("slider", (await string.getAttribute("aria-label")) ?? ""));
    }
    await the("button", "Undo").click();
    await expect.poll(() => strings.last().inputValue()).toBe("0");
    await the("button", "Redo").click();
    await expect.poll(() => strings.last().inputValue()).not.toBe("0");
    const before = await positions();
    await the("button", "Randomise").click();
    await expect.poll(positions).not.toEqual(before);
    const dials = await the("combobox", "across").locator("option").allTextContents();
    await the("combobox", "across").selectOption({ index: 1 });
    await the("combobox", "up").selectOption({ index: 0 });
    const pad = page.locator(".xy .pad");
    // At its left, near the top: its very corner is round.
    await pad.click({ position: { x: 3, y: 40 } });
    await expect
      .poll(() => pad.getAttribute("aria-label"))
      .toMatch(new RegExp(`^${dials[1]} -10, ${dials[0]} [5-9]$`));
  });

  test("tells its player another seed, and is light or dark", async () => {
    const { the, see, unused } = controls;
    const seed = the("spinbutton", "Seed");
    await the("button", "Drifting").click();
    await the("button", "Another").click();
    expect(await seed.inputValue()).not.toBe("7");
    await seed.fill("8");
    await seed.blur();
    await expect.poll(() => page.evaluate("seeds.at(-1)")).toBe(8);
    const theme = () => page.locator("html").getAttribute("data-theme");
    const was = await theme();
    await the("button", "Light or dark").click();
    await expect.poll(theme).not.toBe(was);
    await see();
    expect(unused()).toEqual([]);
  });

  test("asked nobody, and nothing was refused by its policy", async () => {
    expect(requests).toEqual([page.url()]);
    expect(complaints).toEqual([]);
  });
});

function whileHeld(code: string): Promise<Float32Array> {
  return whileDown(
    () => page.keyboard.down(code),
    () => page.keyboard.up(code),
  );
}

/** The sound of a key: a machine that is busy takes longer until one is heard. */
async function whileDown(
  press: () => Promise<unknown>,
  release: () => Promise<unknown>,
): Promise<Float32Array> {
  for (let ms = 1200; ; ms *= 2) {
    const sound = await recorded(async () => {
      await press();
      await page.waitForTimeout(ms);
      await release();
    });
    if (surePitches(sound).length >= 20 || ms > HELD_MS_MAX) return sound;
  }
}

/** What is heard meanwhile, as the page saves it. */
async function recorded(work: () => Promise<void>): Promise<Float32Array> {
  await controls.the("button", "Record").click();
  await work();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    controls.one("button", /^Stop and save/).click(),
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
