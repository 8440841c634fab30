import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { nodeClock } from "../../host.node.ts";
import { readSound } from "../audio/codecs/read-sound.node.ts";
import { describeSound } from "../audio/descriptors/describe.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import { readModel, writeModel } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { analyzeFile, renameInFile } from "./analyze-file.node.ts";
import { sweepControl } from "./sweep-control.node.ts";

const model = tinyModel({ train: [], validation: [], totalSeconds: 1 });
const options = { sounds: 1, positions: [-6, 0, 6] };

let folder: string;
let path: string;
let runtime: Runtime;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-analysis-"));
  path = join(folder, "tiny.etude");
  await writeFile(path, await writeModel(model));
  runtime = await openRuntime({ threads: 1 });
});

afterAll(() => rm(folder, { recursive: true }));

test("analyzeFile() leaves the model as it was when it is stopped", async () => {
  const before = await readFile(path);
  const stop = new AbortController();
  const stopped = analyzeFile(path, options, {
    runtime,
    signal: stop.signal,
    onProgress: (share) => share > 0.2 && stop.abort(new Error("enough")),
  });
  await expect(stopped).rejects.toThrow("enough");
  expect((await readFile(path)).equals(before)).toBe(true);
  expect(await readdir(folder)).toEqual(["tiny.etude"]);
});

test("analyzeFile() again measures the same and changes nothing else, and names stay", async () => {
  const tools = { runtime, signal: new AbortController().signal };
  const first = await analyzeFile(path, options, tools);
  const name = first.controls[0]!.name;
  await renameInFile(path, [{ name, label: "glow" }], tools);
  const before = await readModel(await readFile(path), path);
  const second = await analyzeFile(path, options, tools);
  expect(second.controls[0]).toEqual({ ...first.controls[0], label: "glow" });
  expect({ ...second, labels: {}, controls: [] }).toEqual({ ...first, controls: [] });
  const after = await readModel(await readFile(path), path);
  expect({ ...after, recipe: 0, layout: 0 }).toEqual({ ...before, recipe: 0, layout: 0 });
});

test("sweepControl() writes nine sounds that rise, and a picture of them", async () => {
  const brightness = {
    ...{ name: "brightness", label: "brightness", unit: "octaves", step: 0.1 },
    range: { low: -1, middle: 0, high: 1 },
    safe: { least: -10, most: 10 },
    evidence: { spearman: 1, spearmanLowest: 1, effect: 2, leakage: 0, leaksInto: null },
  };
  const analysis: ModelAnalysis = {
    version: 1,
    measured: { sounds: 1, positions: [0], files: 3, phases: "sketch" },
    controls: [brightness],
    declined: [],
    characters: [],
    labels: {},
  };
  const swept = await sweepControl(
    { ...model, analysis },
    {
      control: "brightness",
      folder: join(folder, "sweep"),
      request: { version: 1, seed: 1, sampleRate: 48_000, quality: "draft" },
    },
    { runtime, clock: nodeClock, signal: new AbortController().signal },
  );
  expect(swept.files.map(({ position }) => position)).toEqual([-10, -8, -5, -3, 0, 3, 5, 8, 10]);
  const bright = await Promise.all(
    swept.files.map(async (file) => {
      const { channels, sampleRate } = await readSound(file.path);
      return describeSound(channels[0]!, sampleRate)!.brightness;
    }),
  );
  for (const [i, value] of bright.entries()) {
    if (i > 0) expect(value).toBeGreaterThan(bright[i - 1]!);
  }
  const png = await readFile(swept.sheet);
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect(png.readUInt32BE(16)).toBeGreaterThan(9 * 20);
});
