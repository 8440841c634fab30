import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import type { News } from "../../events/events.ts";
import { readModel, writeModel } from "../model/model-file.ts";
import { type ModelFrame, modelAt, readBest, withBest } from "./best-model.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { saveCheckpoint } from "./checkpoints.ts";
import { folderStore } from "./folder-store.node.ts";
import { progressAtStart } from "./progress.ts";
import { type RunPaths, runPaths } from "./run-folder.node.ts";
import type { RunStore } from "./run-store.ts";
import { spareFiles } from "./spare-files.ts";

const tiny = tinyModel({ train: [], validation: [], totalSeconds: 0 });

const frame: ModelFrame = {
  layout: tiny.layout,
  foundation: tiny.foundation,
  describe: ({ step, epoch, best }) => ({
    ...tiny.description,
    step,
    epoch,
    validationReconstruction: best?.value ?? null,
  }),
};

let paths: RunPaths;
let folder: string;
let store: RunStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude best 🎻 "));
  paths = runPaths(folder);
  store = folderStore(folder);
  await mkdir(paths.checkpoints);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** After two epochs, of which the first was better. */
function checkpointAt(step: number): Checkpoint {
  const numbers = (value: number): Float32Array => new Float32Array(tiny.layout.size).fill(value);
  return {
    learner: {
      weights: numbers(step),
      moment: numbers(2),
      variance: numbers(3),
      average: numbers(step / 2),
      statistics: tiny.statistics,
    },
    data: { random: 4, deck: [] },
    progress: {
      ...progressAtStart(9),
      step,
      epoch: 2,
      history: [0.1, 0.2],
      best: { epoch: 1, step: 8, value: 0.1 },
    },
  };
}

const atBest = { ...progressAtStart(9), step: 8, epoch: 1 };

async function keepBest(path = paths.best): Promise<void> {
  await writeFile(path, await writeModel(modelAt(frame, checkpointAt(8).learner, atBest)));
}

async function seeToIt(
  checkpoint: Checkpoint,
): Promise<{ readonly notices: News[]; readonly result: Checkpoint }> {
  const seeing = withBest(checkpoint, store, frame);
  const notices: News[] = [];
  let next = await seeing.next();
  for (; !next.done; next = await seeing.next()) notices.push(next.value);
  return { notices, result: next.value };
}

describe("withBest()", () => {
  test("leaves a best model that is whole", async () => {
    await keepBest();
    const before = await readFile(paths.best);
    const checkpoint = checkpointAt(16);
    expect(await seeToIt(checkpoint)).toEqual({ notices: [], result: checkpoint });
    expect(await readFile(paths.best)).toEqual(before);
  });

  test("is content with the model of a finished run", async () => {
    await keepBest(paths.model);
    expect((await seeToIt(checkpointAt(16))).notices).toEqual([]);
    expect((await readBest(store))?.description.step).toBe(8);
  });

  test("is content with one that a crash has left newer than its checkpoint", async () => {
    await keepBest();
    const earlier = checkpointAt(16);
    const { progress } = earlier;
    const best = { epoch: 0, step: 4, value: 0.3 };
    expect((await seeToIt({ ...earlier, progress: { ...progress, best } })).notices).toEqual([]);
  });

  test("does nothing where there never was one", async () => {
    const checkpoint = { ...checkpointAt(16), progress: progressAtStart(9) };
    expect(await seeToIt(checkpoint)).toEqual({ notices: [], result: checkpoint });
    expect(await readdir(paths.checkpoints)).toEqual([]);
    expect(await readBest(store)).toBeUndefined();
  });

  test.each([
    { loss: "is gone", says: "its file is missing", harm: () => rm(paths.best) },
    { loss: "is cut", says: "best.etude", harm: () => truncate(paths.best, 900) },
    { loss: "is empty", says: "best.etude", harm: () => truncate(paths.best, 0) },
    {
      loss: "is gone, and the finished one is from before it",
      says: "an earlier one is in its place",
      harm: async () => {
        await rm(paths.best);
        const earlier = modelAt(frame, checkpointAt(4).learner, { ...atBest, step: 4 });
        await writeFile(paths.model, await writeModel(earlier));
      },
    },
  ])("puts the newest checkpoint's in its place where it $loss", async ({ says, harm }) => {
    await keepBest();
    await harm();
    const { notices, result } = await seeToIt(checkpointAt(16));
    expect(notices).toEqual([
      expect.objectContaining({
        level: "warning",
        code: "best-model-lost",
        text: expect.stringContaining(says),
      }),
    ]);
    // Later epochs are compared with it, not with the one that is lost.
    expect(result.progress.best).toEqual({ epoch: 2, step: 16, value: 0.2 });
    const made = await readModel(await readFile(paths.best), "best");
    expect(made.description).toMatchObject({ step: 16, epoch: 2, validationReconstruction: 0.2 });
    expect(made.weights.every((weight) => weight === 8)).toBe(true);
    expect((await seeToIt(result)).notices).toEqual([]);
  });
});

describe("spareFiles()", () => {
  const names = async (): Promise<string[]> =>
    (await spareFiles(store)).map((name) => name.slice("checkpoints/".length));

  beforeEach(async () => {
    for (const step of [4, 8, 16]) await saveCheckpoint(store, checkpointAt(step));
    await keepBest();
  });

  test("are the checkpoints before the newest in a run that goes on", async () => {
    expect(await names()).toEqual(["step-00000008.safetensors", "step-00000004.safetensors"]);
  });

  test("are also the best model once it is in the finished one", async () => {
    await keepBest(paths.model);
    const spare = await spareFiles(store);
    expect(spare).toContain("checkpoints/best.etude");
    for (const name of spare) await store.remove(name);
    expect(await readdir(paths.checkpoints)).toEqual(["step-00000016.safetensors"]);
    expect(await spareFiles(store)).toEqual([]);
  });

  test("are not the best model while the finished one is damaged or from before it", async () => {
    await writeFile(paths.model, "half");
    expect(await names()).not.toContain("best.etude");
    const earlier = modelAt(frame, checkpointAt(4).learner, { ...atBest, step: 4 });
    await writeFile(paths.model, await writeModel(earlier));
    expect(await names()).not.toContain("best.etude");
  });

  test("leave the newest that is whole, not a damaged one after it", async () => {
    await truncate(join(paths.checkpoints, "step-00000016.safetensors"), 900);
    expect(await names()).toEqual(["step-00000016.safetensors", "step-00000004.safetensors"]);
  });

  test("are none where no checkpoint is whole", async () => {
    for (const name of await readdir(paths.checkpoints)) {
      await truncate(join(paths.checkpoints, name), 9);
    }
    await expect(spareFiles(store)).rejects.toMatchObject({ code: "checkpoint-missing" });
  });
});
