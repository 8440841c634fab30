/** Each control of the places beside that of playing does something; none is left out. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import { describeInChromium, openChromium, STILL } from "./support/chromium.ts";
import { furnishedStudio } from "./support/furnished-studio.ts";
import { type Controls, controlsOf, downloaded, sent } from "./support/page-of-controls.ts";
import { ask, type OpenStudio } from "./support/studio.ts";

const PATIENCE_MS = 240_000;
/** A folder's reader gives a hundred at a time. */
const DROPPED = 120;

let folder: string;
let studio: OpenStudio;
let browser: Browser;
let page: Page;
let controls: Controls;

describeInChromium("every place", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "étude places "));
    studio = await furnishedStudio(folder);
    browser = await openChromium();
    page = await browser.newPage(STILL);
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addInitScript({ content: BEGUN });
    await page.goto(`${studio.address}#/sounds/kit`);
    await page.getByText("5 sounds", { exact: true }).waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await studio?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("sounds are brought in, heard, thrown out and put back", async () => {
    controls = controlsOf(page);
    const { the, one, see } = controls;
    await see();
    await one("button", /^(Play|Stop) .*wav/).click();
    await plays(/wav$/);
    await one("button", /^Remove .*wav$/).click();
    await counted(4);
    await page.getByRole("button", { name: "Undo" }).click();
    await counted(5);
    await page.getByText("What became of each of 5 files").click();
    one("button", /^(What became of each of \d+ files|\d+ files? with a remark)$/);
    await see();
    await page.locator(".fates").getByRole("button").first().click();
    await counted(4);
    await one("button", /^Add files$/).setInputFiles(join(folder, "more", "more 1.wav"));
    await counted(5);
    await the("button", "Add a folder").setInputFiles(join(folder, "more"));
    await counted(6);
  });

  test("a folder with more than its reader gives at once comes in whole", async () => {
    const many = join(folder, "many");
    await mkdir(many);
    for (let i = 0; i < DROPPED; i += 1) {
      const samples = Float32Array.from({ length: 1600 }, (_, at) => 0.5 * Math.sin(at * (i + 4)));
      const bytes = writeWav({ sampleRate: 16_000, channels: [samples] });
      await writeFile(join(many, `${i}.wav`), bytes);
    }
    const before = 6;
    const cdp = await page.context().newCDPSession(page);
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      const data = { items: [], files: [many], dragOperationsMask: 1 };
      await cdp.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
    }
    await counted(before + DROPPED);
    await controls.see();
    await controls.one("button", /^Show \d+ more of \d+$/).click();
    await eventually(() => page.locator(".tile").count()).toBe(before + DROPPED);
  });

  test("corpora are named, read where they lie, looked at as a map, and removed", async () => {
    const { the, one, see } = controls;
    await the("button", "New corpus").click();
    await see();
    await the("textbox", "Name of the new corpus").fill("other");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "other" }).waitFor();
    await the("textbox", "Folder on this machine, read where it lies").fill(join(folder, "more"));
    await the("button", "Use it").click();
    await counted(2);
    await the("button", "As a map").click();
    await page.getByRole("button", { name: /^Map of the sounds/ }).waitFor();
    await see();
    await one("button", /^Map of the sounds/).press("ArrowRight");
    await page.getByText(/nearest to/).waitFor();
    await plays(/^more/);
    const picture = (): Promise<string> =>
      page.evaluate("document.querySelector('.map canvas').toDataURL()");
    const before = await picture();
    await page.locator(".map select").selectOption({ index: 1 });
    one("combobox", /^Coloured by/);
    await eventually(picture).not.toBe(before);
    await the("button", "One by one").click();
    await page.locator(".map").waitFor({ state: "detached" });
    await the("button", "Remove").click();
    await see();
    await the("button", "Keep it").click();
    await the("button", "Remove").click();
    await the("button", "Remove it").click();
    await eventually(() => page.getByRole("link", { name: "other" }).count()).toBe(0);
    await the("link", "kit").click();
    await the("link", "Train on these").click();
    await page.getByRole("heading", { name: "Train", exact: true }).waitFor();
    expect(controls.unused()).toEqual(["other"]);
  });

  test("the player stops, goes to a place, and repeats", async () => {
    const deck = page.getByRole("region", { name: "Player" });
    await deck.getByRole("button", { name: "Repeat" }).click();
    await deck.getByRole("button", { name: "Play", exact: true }).click();
    await deck.getByRole("button", { name: "Pause" }).click();
    await deck.getByRole("slider", { name: "Position in seconds" }).fill("0.1");
    await deck.getByRole("button", { name: "Play", exact: true }).click();
    await eventually(() => page.evaluate("begun.at(-1)")).toBeCloseTo(0.1);
    expect(await deck.getByRole("button", { name: "Repeat" }).getAttribute("aria-pressed")).toBe(
      "true",
    );
    await page.getByRole("button", { name: "Light or dark" }).click();
    const shown = await page.evaluate("document.documentElement.dataset.theme");
    await page.getByRole("button", { name: "Light or dark" }).click();
    expect(await page.evaluate("document.documentElement.dataset.theme")).not.toBe(shown);
  });

  test("a training is asked for as it was chosen", async () => {
    controls = controlsOf(page);
    const { the, one, see } = controls;
    await see();
    await the("radio", "kit").check();
    for (const name of [/^Let étude choose/, /^Balanced/, /^Bold/, /^Careful/]) {
      await one("radio", name).check();
    }
    for (const name of ["The faster one", "Graphics (GPU)", "Processor"]) {
      await the("radio", name).check();
    }
    await the("textbox", "Name of the model").fill("Mine");
    await the("slider", "How long").fill("0");
    const id = "done";
    await page.route("**/api/runs", (route) => route.fulfill({ json: { id } }));
    expect(await sent(page, "runs", () => one("button", /^Train/).click())).toEqual({
      ...{ dataset: "kit", name: "Mine", preset: "conservative", minutes: 0.25 },
      device: "processor",
    });
    await page.getByText(/^Finished/).waitFor();
  });

  test("a run is looked at, heard, gone on with and played", async () => {
    const { the, one, see } = controls;
    await see();
    for (const name of ["KL", "Learning rate", "Loss"]) {
      await the("button", name).click();
      await page.getByRole("img", { name: new RegExp(name === "KL" ? "KL" : name, "i") }).waitFor();
    }
    await one("button", /^(Play|Stop) new sound/).click();
    await plays(/^new sound/);
    await one("button", /^(Play|Stop) .*compare with the recording/).click();
    await page.getByRole("button", { name: "B", exact: true }).click();
    await plays(/the recording$/);
    await page.route("**/resume", (route) => route.fulfill({ json: {} }));
    const more = await sent(page, "resume", () => the("button", "5 minutes more").click());
    expect(more["minutes"]).toBeGreaterThan(5);
    await the("link", "done").click();
    await see();
    expect(await sent(page, "resume", () => the("button", "Go on").click())).toEqual({});
    await the("link", "done").click();
    await the("link", "Play it").click();
    await page.getByRole("heading", { name: "done" }).waitFor();
    await page.goBack();
    await the("link", "New training").click();
    await page.getByRole("button", { name: /^Train/ }).waitFor();
    expect(controls.unused()).toEqual([]);
  });

  test("models are found, named, tagged, sorted, played, taken along, deleted and put back", async () => {
    await go("Library");
    controls = controlsOf(page);
    const { the, one, see } = controls;
    await see();
    await the("searchbox", "Look in the library").fill("anv");
    await eventually(names).toEqual(["Anvil"]);
    const name = one("textbox", /^Name of the model /);
    await name.fill("Hammer");
    await name.blur();
    await the("searchbox", "Look in the library").fill("");
    await eventually(async () => (await names()).sort()).toEqual(["Bells", "Hammer"]);
    await the("textbox", "New tag for Hammer").fill("iron");
    await page.keyboard.press("Enter");
    one("textbox", /^New tag for /);
    await the("button", "iron ×").waitFor();
    await see();
    await the("button", "iron ×").click();
    await eventually(() => page.getByRole("button", { name: "iron ×" }).count()).toBe(0);
    await the("button", "Models As a table").click();
    await see();
    for (const title of [
      "Kept",
      "Recordings",
      "Sound",
      "Epochs",
      "Held-out loss",
      "Size",
      "Name",
    ]) {
      await one("button", new RegExp(`^${title} ?[↑↓]?$`)).click();
      await page.locator(`th[aria-sort] button`, { hasText: title }).waitFor();
    }
    const down = await names();
    await one("button", /^Name [↑↓]$/).click();
    expect(await names()).toEqual(down.toReversed());
    await the("button", "Models As cards").click();
    expect(await downloaded(page, () => one("button", /^File of /).click())).toMatch(/\.etude$/);
    await the("button", "Delete Hammer").click();
    one("button", /^Delete (Bells|Anvil)$/);
    await page.getByText(/Hammer.* is in the trash/).waitFor();
    await eventually(names).toEqual(["Bells"]);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await eventually(async () => (await names()).sort()).toEqual(["Bells", "Hammer"]);
    await one("link", /^Play /).click();
    await page.getByRole("heading", { name: "Takes" }).waitFor();
    await go("Library");
  });

  test("so are presets, instruments and sounds", async () => {
    const { the, one, see } = controls;
    await see();
    const name = one("textbox", /^Name of the preset /);
    await name.fill("glassy");
    await name.blur();
    for (const title of ["Preset", "Model", "Changed"]) {
      await one("button", new RegExp(`^${title} ?[↑↓]?$`)).click();
    }
    await page.getByRole("button", { name: "Delete the preset glassy" }).click();
    one("button", /^Delete the preset /);
    await eventually(() => page.getByText("1 preset").count()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await page.getByText("1 preset", { exact: true }).waitFor();
    await one("button", /^Play the preset /).click();
    await eventually(() => page.getByRole("slider", { name: "Brightness" }).inputValue()).toBe("5");
    await go("Library");
    expect(await downloaded(page, () => one("button", /^Zip of /).click())).toMatch(/\.zip$/);
    await one("button", /^Delete the instrument /).click();
    await eventually(() => page.getByText("1 instrument").count()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await page.getByText("1 instrument", { exact: true }).waitFor();
    await one("button", /^(Play|Stop) (Bells 3|Gong)/).click();
    await plays("Bells 3");
    const title = one("textbox", /^Name of the sound /);
    await title.fill("Gong");
    await title.blur();
    await page.getByRole("textbox", { name: "Name of the sound Gong" }).waitFor();
    await one("button", /^A\/B of /).click();
    expect(
      await downloaded(page, () => one("combobox", /^Download /).selectOption("aiff")),
    ).toMatch(/Gong\.aif/);
    await page.getByText(/^AIFF, .*: Gong\.aif.* in the downloads$/).waitFor();
    const tag = the("textbox", "New tag for Gong");
    await tag.fill("#deep ");
    await tag.press("Enter");
    await the("button", "deep ×").waitFor();
    const looked = the("searchbox", "Look in the library");
    for (const [words, count] of [
      ["deeper", 0],
      ["deep", 1],
      ["aif", 1],
      ["", 1],
    ] as const) {
      await looked.fill(words);
      await eventually(() => page.locator(".sounds-kept > li").count()).toBe(count);
    }
    await the("button", "Exported ones").click();
    await the("button", "Sounds As a table").click();
    await see();
    for (const title of ["Sound", "Made", "Model", "Length", "Size", "Exported"]) {
      await one("button", new RegExp(`^${title} ?[↑↓]?$`)).click();
      await page.locator(`th[aria-sort] button`, { hasText: title }).waitFor();
    }
    await one("button", /^(Play|Stop) Gong/).click();
    await the("button", "Sounds As cards").click();
    await the("button", "deep ×").click();
    await eventually(() => page.getByRole("button", { name: "deep ×" }).count()).toBe(0);
    await page.getByText("Where from? Gong").click();
    one("button", /^Where from\?/);
    await page.locator(".ancestors p, .ancestors .trouble").first().waitFor();
    await see();
    await the("button", "Delete Gong").click();
    await eventually(() => page.locator(".sounds-kept > li").count()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await eventually(() => page.locator(".sounds-kept > li").count()).toBe(1);
    one("button", /^Delete Bells 3$/);
    await one("button", /^Play on from /).click();
    await eventually(() => page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("3");
    expect(controls.unused()).toEqual([]);
  });

  test("new weights come while it plays, and the sound never stops", async () => {
    const listening = await browser.newPage({ ...STILL, bypassCSP: true });
    listening.setDefaultTimeout(PATIENCE_MS);
    await listening.addInitScript({ content: TAP });
    await listening.goto(`${studio.address}#/play/run%3Adone`);
    await listening.getByRole("button", { name: "Play live" }).click();
    await listening.getByRole("button", { name: "Live", exact: true }).waitFor();
    const api = `${new URL(studio.address).pathname}api`;
    const stepPlayed = async (): Promise<number> =>
      JSON.parse((await ask(studio.address, `${api}/voices/run%3Adone`)).body).step;
    const before = await stepPlayed();
    const body = JSON.stringify({ minutes: 60 });
    await ask(studio.address, `${api}/runs/done/resume`, { method: "POST", body });
    const meter = listening.locator(".meter");
    await meter.getByText(/learned more/).waitFor();
    expect(await stepPlayed()).toBeGreaterThan(before);
    await ask(studio.address, `${api}/runs/done/cancel`, { method: "POST" });
    const [, missed = "0"] = /([\d,]+) ms missed/.exec((await meter.textContent()) ?? "") ?? [];
    const { silentMs, heardMs } = await listening.evaluate<Heard>("heard()");
    expect(heardMs).toBeGreaterThan(1000);
    // Where the machine was too slow, that was told: nothing beside it.
    expect(silentMs).toBeLessThanOrEqual(Number(missed.replaceAll(",", "")) + 1);
    await listening.close();
  });
});

interface Heard {
  readonly heardMs: number;
  readonly silentMs: number;
}

/** Runs in the page: keeps all that is given to the loudspeakers; a millisecond of zeros is silence. */
const TAP = `
  const module = URL.createObjectURL(new Blob([\`registerProcessor("tap", class extends AudioWorkletProcessor {
    process([input]) {
      if (input[0]) this.port.postMessage(input[0].slice());
      return true;
    }
  })\`], { type: "text/javascript" }));
  const pieces = [];
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (...parts) {
    if (parts[0] instanceof AudioDestinationNode && this instanceof AudioWorkletNode) {
      this.context.audioWorklet.addModule(module).then(() => {
        const tap = new AudioWorkletNode(this.context, "tap", { numberOfOutputs: 0 });
        tap.port.onmessage = ({ data }) => pieces.push(data);
        connect.call(this, tap);
      });
    }
    return connect.apply(this, parts);
  };
  globalThis.heard = () => {
    let [length, run, silent, hasBegun] = [0, 0, 0, false];
    for (const piece of pieces) for (const sample of piece) {
      hasBegun ||= sample !== 0;
      if (!hasBegun) continue;
      length += 1;
      if (sample !== 0 && run >= 48) silent += run;
      run = sample === 0 ? run + 1 : 0;
    }
    return { heardMs: length / 48, silentMs: (silent + run) / 48 };
  };`;

/** Runs in the page: where in its sound each player began. */
const BEGUN = `
  globalThis.begun = [];
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (when, offset, ...rest) {
    begun.push(offset);
    return start.call(this, when, offset, ...rest);
  };`;

function eventually<T>(look: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(look, { timeout: PATIENCE_MS });
}

async function go(place: string): Promise<void> {
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: place }).click();
}

async function counted(sounds: number): Promise<void> {
  await page.locator(".sum").getByText(`${sounds} sounds`, { exact: true }).waitFor();
}

async function plays(title: string | RegExp): Promise<void> {
  await page.locator(".deck .title strong").getByText(title).waitFor();
}

/** Names of the models, as they are shown. */
function names(): Promise<string[]> {
  return page
    .getByRole("textbox", { name: /^Name of the model/ })
    .evaluateAll((inputs) => inputs.map((input) => (input as unknown as { value: string }).value));
}
