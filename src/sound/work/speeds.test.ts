import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunEvent } from "../../events/events.ts";
import { recipeKey } from "../train/known-speed.ts";
import { recipeDescription } from "../train/recipe-choice.ts";
import { completeSettings } from "../train/settings.ts";
import { speedMeter } from "./run-speed.ts";
import { keepSpeed, readSpeeds, speedsFile } from "./speeds.node.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-speeds-"));
});
afterAll(() => rm(folder, { recursive: true }));

const speed = { runtime: "native", recipe: "{}", batchSize: 8, stepMs: 200 };

test("a speed that is kept is read again, and the newest of a kind replaces the one before", async () => {
  const path = speedsFile(join(folder, "new", "etude"));
  expect(await readSpeeds(path)).toEqual([]);
  await keepSpeed(path, speed);
  await keepSpeed(path, { ...speed, batchSize: 4 });
  await keepSpeed(path, { ...speed, stepMs: 210 });
  const known = (await readSpeeds(path)).map(({ batchSize, stepMs }) => [batchSize, stepMs]);
  expect(known).toEqual([
    [8, 210],
    [4, 200],
  ]);
});

test("speeds of another machine are kept and not used", async () => {
  const path = speedsFile(join(folder, "shared"));
  await keepSpeed(path, speed);
  const text = (await readFile(path, "utf8")).replace(/"machine": "[^"]*"/, '"machine": "other"');
  await writeFile(path, text);
  expect(await readSpeeds(path)).toEqual([]);
  await keepSpeed(path, { ...speed, stepMs: 50 });
  expect(JSON.parse(await readFile(path, "utf8")).speeds).toHaveLength(2);
});

test.each(["", "{", "[]", '{"format":"etude-speeds","version":1,"speeds":[{"stepMs":-1}]}'])(
  "a file of %j counts as empty and is written anew",
  async (text) => {
    const path = join(folder, "damaged.json");
    await writeFile(path, text);
    expect(await readSpeeds(path)).toEqual([]);
    await keepSpeed(path, speed);
    expect(await readSpeeds(path)).toMatchObject([speed]);
  },
);

test("speedMeter() gives the median of a run's steps but the first, once there are enough", () => {
  const settings = completeSettings(30, { batchSize: 4 });
  const meter = speedMeter();
  const see = (event: object): void => meter.see(event as RunEvent);
  see({ type: "run-started", device: "native, 2 threads" });
  see({ type: "plan-made", configuration: settings });
  for (const durationMs of [9000, 100, 90, 300, 110]) see({ type: "step-done", durationMs });
  expect(meter.speed()).toBeUndefined();
  see({ type: "step-done", durationMs: 105 });
  const recipe = recipeKey(recipeDescription(settings));
  expect(meter.speed()).toEqual({
    ...{ runtime: "native, 2 threads", recipe, batchSize: 4, stepMs: 105 },
  });
});
