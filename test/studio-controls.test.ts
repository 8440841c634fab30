/** Each control of the studio does something: what it does is looked at, and none is left out. */

import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import { demoCorpus } from "../src/sound/audio/corpus/demo-corpus.ts";
import { keepModel } from "../src/sound/work/keep-model.node.ts";
import { bells } from "./support/bells.ts";
import { describeInChromium, openChromium, STILL } from "./support/chromium.ts";
import { walkByTab } from "./support/keyboard.ts";
import {
  askedBy,
  type Controls,
  controlsOf,
  FAKE_MIDI,
  turned,
} from "./support/page-of-controls.ts";
import { ask, type OpenStudio, openStudioIn } from "./support/studio.ts";

const PATIENCE_MS = 240_000;

let folder: string;
let studio: OpenStudio;
let browser: Browser;
let page: Page;
let controls: Controls;

describeInChromium("every control", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "étude controls "));
    const file = join(folder, "bells.etude");
    await writeFile(file, await bells());
    const library = join(folder, ".local/share/etude/models");
    await keepModel(file, { library, name: "Bells", nowWallMs: 1 });
    studio = await openStudioIn(folder);
    const root = new URL(studio.address).pathname;
    for (const { name, sound } of demoCorpus(1).slice(0, 5)) {
      const place = `${root}api/corpora/kit/sound?path=${name}.wav`;
      await ask(studio.address, place, { method: "PUT", body: writeWav(sound) });
    }
    await ask(studio.address, `${root}api/corpora/kit/read`, { method: "POST" });
    browser = await openChromium();
    page = await browser.newPage(STILL);
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addInitScript({ content: FAKE_MIDI });
    controls = controlsOf(page);
    await page.goto(`${studio.address}#/play`);
    await page.locator(".takes li").first().waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await studio?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("what was measured on the model is turned, and chance, the middle and both ways back", async () => {
    const { the, see } = controls;
    await see();
    for (const name of ["Brightness", "Loudness", "Character A"]) {
      const dial = the("slider", name);
      const { controls: moved } = await askedBy(page, () => turned(dial));
      expect(moved?.[(await dial.getAttribute("data-dial")) ?? ""]).toBe(10);
    }
    await the("button", "Undo").click();
    await plays("Bells 1 · brightness +10 · loudness +10");
    await the("button", "Redo").click();
    await plays("Bells 1 · brightness +10 · loudness +10 · character-a +10");
    await the("button", "Centre").click();
    await plays("Bells 1");
    const random = await askedBy(page, () => the("button", "Randomise").click());
    expect(Object.values(random.controls ?? {}).every((at) => Math.abs(at) <= 8)).toBe(true);
    expect((await askedBy(page, () => the("button", "Another").click())).seed).not.toBe(1);
    const seed = the("spinbutton", "Seed");
    expect((await askedBy(page, () => seed.fill("7").then(() => seed.blur()))).seed).toBe(7);
  });

  test("two dials lie under one finger, and which they are is chosen", async () => {
    const { the } = controls;
    await the("combobox", "across").selectOption("loudness");
    await the("combobox", "up").selectOption("character-a");
    const pad = page.locator(".pad");
    const { width = 0, height = 0 } = (await pad.boundingBox()) ?? {};
    const { controls: moved } = await askedBy(page, () =>
      pad.click({ position: { x: 0.9 * width, y: 0.3 * height } }),
    );
    expect(moved).toMatchObject({ loudness: 8, "character-a": 4 });
  });

  test("what is made has a kind, a length, a density and a way to go", async () => {
    const { the, see } = controls;
    for (const [name, mode] of [
      ["A phrase", "phrase"],
      ["Held", "sustain"],
      ["Drifting", "walk"],
      ["A sequence", "sequence"],
    ] as const) {
      expect((await askedBy(page, () => the("button", name).click())).mode).toBe(mode);
    }
    await see();
    const length = the("slider", "Length in seconds");
    expect((await askedBy(page, () => length.fill("2"))).length).toBe(96_000);
    expect((await askedBy(page, () => turned(the("slider", "Density")))).density).toBe(4);
    expect((await askedBy(page, () => turned(the("slider", "Wander")))).evolution).toBe(1);
    await the("button", "One gesture").click();
    await eventually(() => page.getByRole("slider", { name: "Wander" }).count()).toBe(0);
    expect(await the("button", "One gesture").getAttribute("aria-pressed")).toBe("true");
  });

  test.each([
    { part: "Loop", field: "loop", dials: ["Tempo", "Bars", "Beats of a bar"] },
    { part: "Grains", field: "grains", dials: ["Size", "Grains a second", "Scatter"] },
    { part: "Pitch", field: "transpose", dials: ["Semitones"] },
    { part: "Space", field: "space", dials: ["Width", "Depth"] },
  ] as const)("$part is added, turned and taken away", async ({ part, field, dials }) => {
    const { the, see } = controls;
    let before = await askedBy(page, () => the("button", part).click());
    expect(before).toHaveProperty(field);
    await see();
    for (const name of dials) {
      const after = await askedBy(page, () => turned(the("slider", name)));
      expect({ name, was: after[field] }).not.toEqual({ name, was: before[field] });
      before = after;
    }
    if (part === "Pitch") {
      const formants = await askedBy(page, () => the("button", "Formants go along").click());
      expect(formants.formants).toBe("move");
    }
    if (part === "Space") await placed();
    await the("button", part).click();
    await eventually(() => page.locator(".shaping .part").count()).toBe(0);
  });

  async function placed(): Promise<void> {
    const { the, see } = controls;
    for (const [name, kind] of [
      ["Two sounds", "two-seeds"],
      ["Wide", "stereo"],
      ["Around the head", "binaural"],
    ] as const) {
      expect((await askedBy(page, () => the("button", name).click())).space).toMatchObject({
        kind,
      });
    }
    await see();
    const direction = await askedBy(page, () => turned(the("slider", "Direction")));
    expect(direction.space).toMatchObject({ azimuthDegrees: 180 });
    const height = await askedBy(page, () => turned(the("slider", "Height")));
    expect(height.space).toMatchObject({ elevationDegrees: 90 });
    const round = await askedBy(page, () => turned(the("slider", "Goes round")));
    expect(round.space).toMatchObject({ travel: { azimuthDegrees: 1440 } });
  }

  test("pads are other seeds, keys are notes: on the screen, on the computer, by MIDI", async () => {
    const { the, one, see } = controls;
    one("button", /^Pad \d+$/);
    const third = page.getByRole("button", { name: "Pad 3", exact: true });
    const { seed } = await askedBy(page, () => third.press("Enter"));
    expect((await askedBy(page, () => page.keyboard.press("KeyQ"))).seed).toBe(seed + 2);
    await the("button", "Keys: this sound").click();
    await see();
    expect((await askedBy(page, () => one("button", /^[A-G]♯? [456]$/).click())).note).toBe(60);
    expect((await askedBy(page, () => page.keyboard.press("KeyG"))).note).toBe(67);
    await the("button", "Connect MIDI").click();
    await page.getByText("Fake keys").waitFor();
    await see();
    expect((await askedBy(page, () => send(0x90, 72, 127))).note).toBe(72);
    await send(0x80, 72, 0);
    await the("button", "Pads: sixteen sounds").click();
    await the("button", "Keys: this sound").click();
  });

  test("MIDI has velocity, sustain and bend, and a dial learns a knob", async () => {
    const { the } = controls;
    const loud = await struck(72, 127);
    expect(await struck(72, 40)).toBeLessThan(0.5 * loud);
    await send(0xe0, 127, 127);
    expect(await page.evaluate("started.at(-1).source.detune.value")).toBeCloseTo(200, -1);
    await send(0xe0, 0, 64);
    await send(0xb0, 64, 127);
    await send(0x80, 72, 0);
    expect(await page.evaluate("started.at(-1).isOver")).toBe(false);
    await send(0xb0, 64, 0);
    expect(await page.evaluate("started.at(-1).isOver")).toBe(true);
    await the("combobox", "Let a dial learn a knob").selectOption("brightness");
    const learned = await askedBy(page, () => send(0xb0, 21, 127));
    expect(learned.controls).toMatchObject({ brightness: 10 });
    expect((await askedBy(page, () => send(0xb0, 21, 0))).controls).toMatchObject({
      brightness: -10,
    });
  });

  test("places are kept under names, gone to, mixed, renamed and deleted", async () => {
    const { the, one, see } = controls;
    const brightness = page.getByRole("slider", { name: "Brightness" });
    // No draft of this seed is known, so each is asked for.
    await page.getByRole("spinbutton", { name: "Seed" }).fill("424242");
    for (const [name, position] of [
      ["dark", "-9"],
      ["light", "7"],
    ] as const) {
      await brightness.fill(position);
      await the("textbox", "Name of the preset").fill(name);
      await the("button", "Keep this place").click();
      await the("button", name).waitFor();
    }
    await the("button", "dark").click();
    await eventually(() => brightness.inputValue()).toBe("-9");
    await see();
    await the("combobox", "Morph from").selectOption({ label: "dark" });
    await the("combobox", "Morph to").selectOption({ label: "light" });
    const mixed = await askedBy(page, () => the("slider", "Between them").fill("0.5"));
    expect(mixed.controls?.["brightness"]).toBeCloseTo(-1);
    await the("button", "Rename or delete").click();
    await see();
    const name = one("textbox", /^Name of the preset \w+$/);
    await name.fill("gloomy");
    await name.blur();
    await page.getByRole("textbox", { name: "Name of the preset gloomy" }).waitFor();
    await one("button", /^Delete the preset \w+$/).click();
    await page.getByText(/^The preset .* is deleted/).waitFor();
    await the("button", "Done").click();
    await eventually(() => page.locator(".presets-shelf .preset").count()).toBe(1);
  });

  test("neighbours are heard, gone on from, and farther away when wished", async () => {
    const { the, one, see } = controls;
    await the("button", "Twelve like this").click();
    await see();
    const far = await askedBy(page, () => turned(the("slider", "How far")));
    expect(far.variation?.amount).toBe(1);
    await one("button", /^Play variation \d+$/).click();
    await plays(/^Bells \d+\.1/);
    await one("button", /^Go on from variation \d+$/).click();
    await page
      .locator(".takes li")
      .filter({ hasText: /Bells \d+\.1/ })
      .first()
      .waitFor();
    await the("button", "Close").click();
  });

  test("takes are heard, compared, gone back to, started from, matched and kept", async () => {
    const { the, one, see } = controls;
    const takes = page.locator(".takes li");
    const name = page.getByRole("button", { name: /^([AB] ?)?Bells 1$/ });
    const oldest = takes.filter({ has: name });
    const side = (): Promise<string | null> => oldest.locator(".side").textContent();
    await see();
    one("button", /^(A|B)?Bells \d/);
    one("button", /^(Compare|Go back)$/);
    await oldest.getByRole("button", { name: "Compare" }).click();
    await eventually(side).toBe("B");
    await oldest.getByRole("button", { name: "Go back" }).click();
    await eventually(side).toBe("A");
    await takes.nth(1).locator(".name").click();
    await eventually(side).toBe("");
    const loudness = page.getByRole("slider", { name: "Loudness" });
    await askedBy(page, () => loudness.fill("-9"));
    await eventually(() => takes.first().locator(".side").textContent()).toBe("A");
    one("combobox", /^Make the sound like /);
    const loud = takes.filter({ hasText: "loudness +10" }).first().getByRole("combobox");
    await loud.selectOption("loudness");
    await eventually(async () => Number(await loudness.inputValue())).toBeGreaterThan(-9);
    const start = one("button", /^Start here$/);
    const started = await askedBy(
      page,
      () => start.click(),
      ({ from }) => from !== undefined,
    );
    expect(started.from?.name).toContain("Bells");
    await see();
    await the("button", "From nowhere").click();
    await eventually(() => page.getByText(/Wander says how far/).count()).toBe(0);
    await one("button", /^(Keep|Kept)$/).click();
    await page.getByText(/is kept in the library/).waitFor();
  });

  test("an instrument is rendered with what was wished, and can be cancelled", async () => {
    const { the, one, see } = controls;
    await page.getByText("Make an instrument of it").click();
    await see();
    const wishes = {
      "Lowest key": "60",
      "Highest key": "60",
      "Keys for each sample": "2",
      "Layers of loudness": "1",
      "Takes in turn": "1",
      "Longest note": "0.5",
    };
    for (const [name, value] of Object.entries(wishes)) await the("slider", name).fill(value);
    await the("button", "Holds as long as a key").click();
    await the("textbox", "Name").fill("Little bells");
    const wish = page.waitForRequest((request) => request.url().endsWith("/instruments"));
    await one("button", /^Render \d+ samples$/).click();
    expect(JSON.parse((await wish).postData() ?? "")).toMatchObject({
      ...{ name: "Little bells", lowKey: 60, highKey: 60, step: 2, velocities: 1 },
      ...{ roundRobins: 1, secondsMax: 0.5, loops: true },
    });
    const cancel = one("button", /^Cancel Little bells$/);
    await cancel.waitFor();
    await see();
    await cancel.click();
    await cancel.waitFor({ state: "detached" });
  });

  test("nothing on the place of playing was left out", async () => {
    // These are tried with their sound, in "the studio".
    for (const name of ["Play live", "Start from a file…", "Make an instrument of it"]) {
      controls.the("button", name);
    }
    controls.the("combobox", "Model");
    await controls.see();
    expect(controls.unused()).toEqual([]);
  });

  test.each(["Play", "Library", "Train", "Sounds"])(
    "Tab alone reaches all of %s, in sight, and leaves it",
    async (place) => {
      const places = page.getByRole("navigation", { name: "Places" });
      await places.getByRole("link", { name: place }).press("Enter");
      await page.getByRole("main").getByRole("button").first().waitFor();
      expect(await walkByTab(page)).toEqual({ missed: [], unseen: [] });
    },
  );

  test("what computes left nothing in the home of who played", async () => {
    const files = await readdir(folder, { recursive: true });
    expect(files.filter((path) => /onnx|microsoft/i.test(path))).toEqual([]);
  });
});

function eventually<T>(look: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(look, { timeout: PATIENCE_MS });
}

/** What lies on the deck by now. */
async function plays(title: string | RegExp): Promise<void> {
  const now = page.locator(".deck .title strong");
  const wanted =
    typeof title === "string"
      ? expect.stringMatching(`^${title.replaceAll("+", "\\+")}$`)
      : expect.stringMatching(title);
  await eventually(() => now.textContent()).toEqual(wanted);
}

function send(...data: readonly number[]): Promise<void> {
  return page.evaluate(`midi.send(${data.join()})`);
}

/** @returns How loud the key sounds. */
async function struck(key: number, velocity: number): Promise<number> {
  // What lies on the deck has begun by then, and is not taken for the key.
  await page.getByText("making…").waitFor({ state: "detached" });
  const before = await page.evaluate<number>("started.length");
  await send(0x90, key, velocity);
  await eventually(() => page.evaluate<number>("started.length")).toBeGreaterThan(before);
  return page.evaluate<number>("started.at(-1).gain.gain.value");
}
