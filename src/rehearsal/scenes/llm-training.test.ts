import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ofType,
  type RunRecording,
  recordingOf,
  smallRun,
} from "../../../test/support/simulated.ts";
import { findGpu } from "../catalog/gpus.ts";
import type { SceneOptions } from "../engine/scene.ts";
import { INCIDENTS, type IncidentName } from "../incidents/library.ts";
import { companionsOf, outputPath, shardCountOf, shardsOf } from "./export.ts";
import { llmTraining } from "./llm-training.ts";
import { SCENES } from "./scenes.ts";

const runs = [1, 2, 3, 4, 5, 6].map((seed) => told(seed));

describe.each(runs.map((run, i) => ({ seed: i + 1, run })))(
  "a short training, seed $seed",
  ({ run }) => {
    const [model] = ofType(run, "model-described");
    const [cluster] = ofType(run, "cluster-described");
    const [recipe] = ofType(run, "recipe-described");
    const [dataset] = ofType(run, "dataset-described");
    const [plan] = ofType(run, "plan-made");

    test("has one plan, and every number follows from it", () => {
      const name = model?.name ?? "";
      expect(run.news[0]).toMatchObject({
        type: "run-started",
        title: expect.stringContaining(name),
      });
      expect(cluster?.gpuCount).toBe((cluster?.nodeCount ?? 0) * (cluster?.gpusPerNode ?? 0));
      expect(plan?.parameterCount).toBe(model?.parameters);
      expect((dataset?.samples ?? 0) / (recipe?.globalBatchSequences ?? 0)).toBe(
        plan?.stepsPerEpoch,
      );
      expect(run.steps).toHaveLength(plan?.stepsTotal ?? 0);
      expect(plan?.stepsPerEpoch).toBeGreaterThanOrEqual(500);
      expect(plan?.stepsPerEpoch).toBeLessThan(2000);
      const [summary] = ofType(run, "run-summarised");
      expect(summary).toMatchObject({ steps: plan?.stepsTotal, epochs: 3, path: outputPath(name) });
      expect(summary?.bytes).toBe(2 * (model?.parameters ?? 0));
    });

    test("fits the memory of its GPUs", () => {
      const gpu = findGpu(cluster?.gpuName ?? "");
      expect(cluster?.memoryBytesPerGpu).toBe(gpu.memoryGb * 1e9);
      const statuses = ofType(run, "cluster-status");
      expect(new Set(statuses.map(({ memoryBytesTotal }) => memoryBytesTotal))).toEqual(
        new Set([gpu.memoryGb * 1e9]),
      );
      const gpus = statuses.flatMap(({ nodes }) => nodes.flatMap((node) => node.gpus));
      const beyond = gpus.filter(
        ({ memoryBytes, powerWatts }) =>
          memoryBytes > gpu.memoryGb * 1e9 || powerWatts > gpu.powerWatts,
      );
      expect(gpus.length).toBeGreaterThan(0);
      expect(beyond).toEqual([]);
    });

    test("lowers the loss over the whole run, with noise, to between 1.5 and 2.5", () => {
      const losses = run.steps.map(({ loss = 0 }) => loss);
      const parts = Array.from({ length: 5 }, (_, i) => {
        const size = Math.floor(losses.length / 5);
        return mean(losses.slice(i * size, (i + 1) * size));
      });
      for (let i = 1; i < 5; i += 1) expect(parts[i]).toBeLessThan(parts[i - 1] ?? 0);
      expect(mean(losses.slice(-50))).toBeGreaterThan(1.5);
      expect(mean(losses.slice(-50))).toBeLessThan(2.5);
    });

    test("begins at ln V plus 0 to 0.3 nats, and its noise begins at 3 % and shrinks with the loss", () => {
      const losses = run.steps.map(({ loss = 0 }) => loss);
      const above = (losses[0] ?? 0) - Math.log(model?.vocabulary ?? 0);
      expect(above).toBeGreaterThanOrEqual(0);
      expect(above).toBeLessThan(0.3);
      const scatter = (share: number): number => {
        const from = Math.round(share * losses.length);
        const differences = losses
          .slice(from, from + 100)
          .map((loss, i) => (loss - (losses[from + i - 1] ?? 0)) / loss);
        return median(differences.map(Math.abs));
      };
      // Of two steps: of normal noise of 3 % it is 2.9 %, and the loss is falling already.
      expect(scatter(0.01)).toBeGreaterThan(0.02);
      expect(scatter(0.01)).toBeLessThan(0.033);
      expect(scatter(0.9)).toBeLessThan(0.4 * scatter(0.01));
    });

    test("still falls in its last tenth by more than its noise", () => {
      const losses = run.steps.map(({ loss = 0 }) => loss);
      const size = Math.floor(losses.length / 10);
      const parts = [2, 1].map((n) => losses.slice(-n * size, losses.length - (n - 1) * size));
      const [before = 0, last = 0] = parts.map(mean);
      expect(last / before).toBeLessThan(0.99);
    });

    test("says what its export comes to, in times that follow from the bytes", () => {
      const shards = ofType(run, "file-written").filter(({ kind }) => kind === "shard");
      const phases = ofType(run, "phase-started").filter(({ phase }) => phase === "exporting");
      const gigabytes = ((shards[0]?.bytes ?? 0) / 1e9).toFixed(1).replace(/\.0$/, "");
      const writing = phases.at(-1);
      expect(writing?.text).toMatch(
        new RegExp(`^Writing ${shards.length} shards? of ${gigabytes} GB$`),
      );
      const tookMs = (shards[0]?.atMs ?? 0) - (writing?.atMs ?? 0);
      const listingMs = tookMs - (2 * (model?.parameters ?? 0)) / 2e6;
      expect(listingMs).toBeGreaterThan(99);
      expect(listingMs).toBeLessThan(301);
      const complete = ofType(run, "cluster-message").find(
        ({ code }) => code === "export-complete",
      );
      const files = ofType(run, "file-written");
      expect(complete?.values).toEqual({
        shards: shards.length,
        files: files.length,
        bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      });
    });

    test("validates 5 to 15 % above training in 80 to 150 batches, and saves what got better", () => {
      const done = ofType(run, "evaluation-done");
      expect(done.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      for (const { loss, trainLoss, batches, perplexity } of done) {
        expect(loss / trainLoss - 1).toBeGreaterThan(0.04);
        expect(loss / trainLoss - 1).toBeLessThan(0.16);
        expect(batches).toBeGreaterThanOrEqual(80);
        expect(batches).toBeLessThan(150);
        expect(perplexity / Math.exp(loss)).toBeCloseTo(1, 3);
      }
      const saved = ofType(run, "checkpoint-saved");
      expect(saved.map(({ step }) => step)).toEqual(
        done.filter(({ best }) => best).map(({ step }) => step),
      );
      for (const { path, step, bytes } of saved) {
        expect(path).toBe(`./checkpoints/model-step-${step}.safetensors`);
        expect(bytes).toBe(2 * (model?.parameters ?? 0));
      }
    });

    test("writes shards by the rule, which add up, and their companions", () => {
      const files = ofType(run, "file-written");
      const shards = files.filter(({ kind }) => kind === "shard");
      expect(shards).toHaveLength(shardCountOf(model?.parameters ?? 0));
      expect(shards.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * (model?.parameters ?? 0));
      const names = files.filter(({ kind }) => kind === "companion").map(({ path }) => path);
      expect(names.slice(0, 3)).toEqual([
        "config.json",
        "tokenizer.json",
        "generation_config.json",
      ]);
      expect(names.includes("model.safetensors.index.json")).toBe(shards.length > 1);
    });

    test("clips and warns only with a reason, and rarely", () => {
      expect(run.steps.map(({ clipped }) => clipped)).toEqual(
        run.steps.map(({ gradientNorm }) => (gradientNorm ?? 0) > 1),
      );
      const messages = ofType(run, "cluster-message");
      const warnings = messages.filter(({ level }) => level === "warning");
      expect(warnings.length / run.steps.length).toBeLessThan(0.02);
      const collectives = messages.filter(({ code }) =>
        ["allreduce", "broadcast", "barrier"].includes(code),
      );
      expect(collectives.length / run.steps.length).toBeGreaterThan(0.01);
      expect(collectives.length / run.steps.length).toBeLessThan(0.03);
    });

    test("is shown in about five minutes at speed 1, however long it would have taken", () => {
      const shownMs = run.items.reduce((sum, { shownMs: pause = 0 }) => sum + pause, 0);
      expect(shownMs).toBeGreaterThan(2 * 60_000);
      expect(shownMs).toBeLessThan(8 * 60_000);
      expect(
        run.items.every(
          ({ shownMs: pause }, i) => pause !== undefined || "truth" in (run.items[i] ?? {}),
        ),
      ).toBe(true);
    });
  },
);

test("each run has a spike or two that anybody sees, in its truth as well", () => {
  for (const seed of [1, 2, 3, 4]) {
    const run = told(seed, { byChance: true });
    const losses = run.steps.map(({ loss = 0 }) => loss);
    const peaks = losses.filter((loss, i) => loss > 1.2 * (losses[i - 30] ?? loss)).length;
    expect(peaks).toBeGreaterThan(0);
    expect(peaks).toBeLessThan(20);
    const began = run.truths.filter(({ type }) => type === "incident-began");
    expect(began.length).toBeGreaterThan(0);
    expect(began.length).toBeLessThan(3);
    for (const one of began) expect(one).toMatchObject({ kind: "loss-spike", scripted: false });
    expect(Math.min(...losses.slice(-50))).toBeGreaterThan(1.4);
    expect(Math.max(...losses.slice(-50))).toBeLessThan(2.6);
  }
});

test("warnings vary: none makes more than a third of those of a run", () => {
  for (const run of runs) {
    const warnings = ofType(run, "cluster-message").filter(({ level }) => level === "warning");
    const counts = new Map<string, number>();
    for (const { code } of warnings) counts.set(code, 1 + (counts.get(code) ?? 0));
    expect(warnings.length).toBeGreaterThan(3);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(Math.max(2, warnings.length / 3));
  }
});

test("a third of the validations has a warning", () => {
  const many = [...runs, ...Array.from({ length: 14 }, (_, i) => told(100 + i))];
  const validations = many.length * 3;
  const codes = [
    "attention-logits",
    "validation-gap",
    "loader-slow",
    "norm-drift",
    "gradient-clipped",
    "loss-spike",
    "memory-pressure",
  ];
  const warned = many.flatMap((run) => {
    const validatedMs = ofType(run, "evaluation-done").map(({ atMs }) => atMs + 20);
    return ofType(run, "cluster-message").filter(
      ({ code, atMs }) => codes.includes(code) && validatedMs.includes(atMs),
    );
  });
  expect(warned.length / validations).toBeGreaterThan(0.2);
  expect(warned.length / validations).toBeLessThan(0.5);
  expect(new Set(warned.map(({ code }) => code)).size).toBeGreaterThan(4);
});

test("jokes are told when they are asked for, and only then", () => {
  expect(ofType(told(1, { funny: true }), "model-described")[0]?.family).toBe("étude");
  for (const run of runs) expect(ofType(run, "model-described")[0]?.family).not.toBe("étude");
});

test("shards are numbered, even, and complete to the byte", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1e8, max: 1e12 }), (parameters) => {
      const count = shardCountOf(parameters);
      const shards = shardsOf(parameters, count);
      expect(shards.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * parameters);
      expect(Math.max(...shards.map(({ bytes }) => bytes)) - (shards[0]?.bytes ?? 0)).toBeLessThan(
        8,
      );
    }),
  );
  expect(shardCountOf(7e9)).toBe(3);
  expect(shardCountOf(405e9)).toBe(8);
  expect(shardsOf(1e9, 1).map(({ name }) => name)).toEqual(["model.safetensors"]);
  expect(shardsOf(7e9, 3)[1]?.name).toBe("model-00002-of-00003.safetensors");
  expect(companionsOf(32_000, 1, 32)).toHaveLength(3);
});

test("scenes stand in alphabetical order, by names that differ", () => {
  const names = SCENES.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)].sort());
});

function told(seed: number, options: Partial<SceneOptions> = {}): RunRecording {
  return recordingOf(llmTraining.start({ ...smallRun, wanted: {}, seed, ...options }).items);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

describe("a short training in which something goes wrong", () => {
  const QUIET_SEED = 3;
  const ONSET = 700;
  const quiet = runs[QUIET_SEED - 1] ?? told(QUIET_SEED);
  const dense = llmTraining.incidents.filter((kind) => !INCIDENTS[kind].needsExperts);
  const disturbed = new Map(
    dense.map((kind) => [kind, told(QUIET_SEED, { incidents: [{ kind, step: ONSET }] })]),
  );
  const withIncident = (kind: IncidentName): RunRecording => {
    const run = disturbed.get(kind);
    if (run === undefined) throw new RangeError(`Found no run with ${kind}`);
    return run;
  };

  test.each(dense)("%s: tells the truth, and comes to its end", (kind) => {
    const run = withIncident(kind);
    const began = run.truths.filter(({ type }) => type === "incident-began");
    expect(began).toMatchObject([{ kind, step: ONSET, scripted: true, fatal: false }]);
    expect(run.steps).toHaveLength(quiet.steps.length);
    expect(run.news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
    expect(ofType(run, "run-summarised")[0]?.tokens).toBe(
      ofType(quiet, "run-summarised")[0]?.tokens,
    );
    expect(run.steps.slice(0, ONSET - 1)).toEqual(quiet.steps.slice(0, ONSET - 1));
    const times = run.items.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("has steps without a loss, and goes on from the one before", () => {
    const run = withIncident("nan-loss");
    const skipped = run.steps.filter((step) => step.skipped);
    expect(skipped.map(({ step }) => step)).toEqual([ONSET, ONSET + 1, ONSET + 2]);
    for (const step of skipped) expect(step.loss ?? step.gradientNorm).toBeUndefined();
  });

  test("has a spike that the gradient norm tells first", () => {
    const run = withIncident("loss-spike");
    const rise = (i: number): number => (run.steps[i]?.loss ?? 0) - (quiet.steps[i]?.loss ?? 0);
    expect(rise(ONSET - 1)).toBeLessThan(0.1);
    expect(rise(ONSET + 3)).toBeGreaterThan(1);
    expect(run.steps[ONSET + 1]?.gradientNorm ?? 0).toBeGreaterThan(
      3 * (quiet.steps[ONSET + 1]?.gradientNorm ?? 0),
    );
  });

  test("has a hot GPU in its grid, and a step that takes longer for all", () => {
    const run = withIncident("thermal-throttle");
    const hottest = (of: RunRecording): number =>
      Math.max(
        ...ofType(of, "cluster-status").flatMap(({ nodes }) =>
          nodes.flatMap(({ gpus }) => gpus.map(({ temperatureC }) => temperatureC)),
        ),
      );
    expect(hottest(run)).toBeGreaterThan(hottest(quiet) + 8);
    const ratio =
      (run.steps[ONSET + 5]?.durationMs ?? 0) / (quiet.steps[ONSET + 5]?.durationMs ?? 1);
    expect(ratio).toBeGreaterThan(1.03);
    expect(ofType(run, "cluster-message").map(({ code }) => code)).toContain("thermal-slowdown");
  });
});
