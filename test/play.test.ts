/** Playing in a browser: Chromium with no window, and what its graph gave to the loudspeakers. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../src/random.ts";
import { writeModel } from "../src/sound/model/model-file.ts";
import { describeInChromium, openChromium } from "./support/chromium.ts";
import { tinyModel } from "./support/tiny-model.ts";

const player = join(
  import.meta.dirname,
  "..",
  "src",
  "studio",
  "page",
  "live",
  "player.browser.ts",
);

/** As strict as the studio's. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; base-uri 'none'";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

let folder: string;
let server: Server;
let browser: Browser;
let page: Page;
const asked: string[] = [];
const complaints: string[] = [];

/** Where there is no Chromium, these tests say so in their names and are left out. */

describeInChromium("in Chromium", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "etude play "));
    await writeFile(join(folder, "index.html"), '<script type="module" src="./main.js"></script>');
    const source = `import { openPlayer } from ${JSON.stringify(player)};\nglobalThis.openPlayer = openPlayer;\n`;
    await writeFile(join(folder, "main.js"), source);
    await build({
      configFile: false,
      root: folder,
      base: "./",
      logLevel: "error",
      worker: { format: "es" },
      build: { outDir: "built", target: "es2022", assetsInlineLimit: 0, modulePreload: false },
    });
    for (const seed of [5, 6]) {
      await writeFile(join(folder, "built", `${seed}.etude`), await writeModel(wild(seed)));
    }
    const files = new Set(await readdir(join(folder, "built"), { recursive: true }));
    server = createServer((request, response) => {
      const name = (request.url ?? "/").slice(1) || "index.html";
      asked.push(name);
      response.setHeader("Content-Security-Policy", POLICY);
      response.setHeader("Content-Type", TYPES[extname(name)] ?? "application/octet-stream");
      if (!files.has(name)) response.writeHead(404).end();
      else void readFile(join(folder, "built", name)).then((bytes) => response.end(bytes));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    browser = await openChromium();
    page = await browser.newPage();
    page.on("console", (message) => complaints.push(`${message.text()} ${message.location().url}`));
    page.on("pageerror", ({ message }) => complaints.push(message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("globalThis.openPlayer !== undefined");
    await inPage(`
      globalThis.player = await openPlayer();
      player.onTrouble((message) => console.error(message));
    `);
  });

  afterAll(async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  });

  test("opens a model, and says what there is to play", async () => {
    const voice = await inPage(`return await player.use({ url: "5.etude" })`);
    expect(voice).toEqual({
      name: "tiny",
      isKeyboard: false,
      soundKeys: [36, 37, 38],
      controls: [],
    });
    const refused = await inPage(
      `return await player.use({ url: "none.etude" }).catch(({ message }) => message)`,
    );
    expect(refused).toContain("404");
  });

  test("is silent before it is asked for sound, and sounds then", async () => {
    await inPage("await player.start()");
    expect(peak(await captured(300))).toBe(0);
    await inPage(`player.stream({ kind: "sustain", seed: 3 })`);
    const sound = await whenHeard((part) => level(part) > -50);
    expect(peak(sound)).toBeLessThanOrEqual(0.892);
  });

  test("follows what is moved", async () => {
    const before = crossings(await captured(500));
    await inPage("player.setMoves({ ...noMoves, brightness: -1.5 })");
    await whenHeard((part) => level(part) > -60 && crossings(part) < 0.7 * before);
    await inPage("player.setMoves(noMoves)");
  });

  test("sounds by keys, until they are let go", async () => {
    await inPage("player.quiet()");
    await whenHeard((part) => peak(part) === 0);
    await inPage("player.noteOn(60, 1)");
    await whenHeard((part) => level(part) > -50);
    await inPage("player.noteOff(60)");
    await whenHeard((part) => peak(part) === 0);
  });

  test("plays on while a model learns", async () => {
    await inPage(`await player.use({ url: "5.etude" }, { learns: true })`);
    await inPage(`player.stream({ kind: "sustain" })`);
    await whenHeard((part) => level(part) > -50);
    await inPage(`
      player.captureStart();
      await player.use({ url: "6.etude" }, { learns: true });
      await player.use({ url: "5.etude" }, { learns: true });
    `);
    await pause(300);
    const sound = await ended();
    expect(sound.length).toBeGreaterThan(9600);
    // Other work on this machine may leave holes; a program compiled anew would leave little else.
    expect(longestZeros(sound)).toBeLessThan(sound.length / 2);
    await whenHeard((part) => level(part) > -50);
  });

  test("asks nobody but its own server, and breaks no rule of its page", async () => {
    expect(complaints.filter((text) => !/404.*(favicon.ico|none.etude)/.test(text))).toEqual([]);
    expect(asked.some((name) => name.endsWith(".wasm"))).toBe(true);
    const { queueDepth, load } = (await inPage("return player.status")) as Record<string, number>;
    expect(queueDepth).toBeGreaterThanOrEqual(2);
    expect(load).toBeLessThanOrEqual(1);
  });
});

function wild(seed: number) {
  const model = tinyModel({ train: [], validation: [], totalSeconds: 0 });
  const noise = fillNormal(seededRandom(seed), new Float32Array(model.layout.size));
  return { ...model, weights: model.weights.map((value, i) => value + 0.1 * (noise[i] ?? 0)) };
}

const NO_MOVES =
  "{ brightness: 0, width: 0, body: 0, noisiness: 0, attack: 0, decay: 0, length: 0, contour: 0, modulation: 0, roughness: 0, loudness: 0 }";

function inPage(code: string): Promise<unknown> {
  return page.evaluate(`(async () => { const noMoves = ${NO_MOVES}; ${code} })()`);
}

/** The browser plays in its own time. */
function pause(ms: number): Promise<unknown> {
  return page.evaluate(`new Promise((done) => setTimeout(done, ${ms}))`);
}

async function captured(ms: number): Promise<Float32Array> {
  await inPage("player.captureStart()");
  await pause(ms);
  return ended();
}

/** Listens until it is so; a machine that is busy takes longer. */
async function whenHeard(isSo: (part: Float32Array) => boolean): Promise<Float32Array> {
  for (let i = 0; i < 1000; i += 1) {
    const part = await captured(250);
    if (part.length > 0 && isSo(part)) return part;
  }
  throw new Error("It was not heard");
}

async function ended(): Promise<Float32Array> {
  return Float32Array.from(
    (await inPage("return Array.from(await player.captureStop())")) as number[],
  );
}

const peak = (samples: Float32Array): number =>
  samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

function level(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 1e-12) / samples.length);
}

function longestZeros(samples: Float32Array): number {
  let longest = 0;
  let run = 0;
  for (const sample of samples) {
    run = sample === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** Changes of sign a sample: more where there is more that is high. */
function crossings(samples: Float32Array): number {
  let count = 0;
  for (let i = 1; i < samples.length; i += 1) {
    if ((samples[i] ?? 0) > 0 !== (samples[i - 1] ?? 0) > 0) count += 1;
  }
  return count / samples.length;
}
