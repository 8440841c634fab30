import { describe, expect, test } from "vitest";
import {
  type RunRecording,
  recordingOf,
  smallRun,
  type Timed,
  wantedRun,
} from "../../../test/support/simulated.ts";
import type { ClusterMessage, ClusterStatus, GpuStatus } from "../../events/cluster.ts";
import type { News, StepDone } from "../../events/events.ts";
import type { Scene, SceneOptions } from "../engine/scene.ts";
import { llmPretraining } from "../scenes/llm-pretraining.ts";
import { llmTraining } from "../scenes/llm-training.ts";
import { gradientSpread, STEP_SPREAD } from "../scenes/pretraining/noise.ts";
import { readTruth } from "../score/read-truth.ts";
import { scoreAlerts } from "../score/score.ts";
import { INCIDENT_NAMES, INCIDENTS, type IncidentName } from "./library.ts";
import type { IncidentBegan } from "./truth.ts";

/** Where it looks, and what the figures there scatter by. */
interface Setting {
  readonly scene: Scene;
  readonly onset: number;
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly kinds: readonly IncidentName[];
  readonly scatter: (step: Timed<StepDone>) => { readonly duration: number; readonly norm: number };
}

const OPTIONS: SceneOptions = {
  ...smallRun,
  // Checkpoints are taken as often as anybody takes them.
  wanted: { ...wantedRun("Llama-3.1-8B", "H100:32", 2e9), failuresPerNodeDay: 0.5 },
};

// A step of 15 seconds, so that much happens within one.
const PRETRAINING: Setting = {
  scene: llmPretraining,
  onset: 160,
  steps: 260,
  seeds: [3, 4, 5, 6, 56],
  kinds: INCIDENT_NAMES,
  scatter: ({ text }) => ({ duration: STEP_SPREAD, norm: gradientSpread(text?.tokens ?? 0) }),
};

const TRAINING: Setting = {
  scene: llmTraining,
  onset: 295,
  steps: 500,
  seeds: [3, 4],
  kinds: llmTraining.incidents,
  scatter: () => ({ duration: 0.012, norm: 0.18 }),
};

const DEVIATIONS = 3;
/** How well the deviation of the loss is known here, either way; all others are exact. */
const LOSS_TIMES = 1.5;

describe.each([PRETRAINING, TRAINING])("in $scene.name", (setting) => {
  const quietRuns = new Map<string, RunRecording>();
  const quietRun = (seed: number, kind: IncidentName): RunRecording => {
    const key = `${seed} ${INCIDENTS[kind].needsExperts ?? false}`;
    const told = quietRuns.get(key) ?? tell(setting, { seed, like: kind });
    quietRuns.set(key, told);
    return told;
  };

  describe.each(setting.kinds)("%s", (kind) => {
    test.each(setting.seeds)("is seen when the events first show it, with the seed %i", (seed) => {
      const told = tell(setting, { seed, like: kind, kind });
      for (const { atMs } of told.items) expect(Number.isInteger(atMs)).toBe(true);
      const all = told.truths.filter(({ type }) => type === "incident-began") as IncidentBegan[];
      const isRevealed = INCIDENTS[kind].course.stop?.restart !== undefined;
      expect(all.map((one) => one.kind)).toEqual([...(isRevealed ? ["software-crash"] : []), kind]);
      for (const began of all) {
        // What a restart reveals differs from what a crash alone would have been.
        const usual =
          isRevealed && began.kind === kind
            ? tell(setting, { seed, like: kind, kind: "software-crash" })
            : quietRun(seed, kind);
        const signs = signsIn(told, usual, setting);
        const firstMs = Math.min(...signs.flatMap(({ atMs, isSure }) => (isSure ? [atMs] : [])));
        expect(began.seenAtMs).toBeLessThanOrEqual(firstMs);
        const there = signs.filter(({ atMs }) => atMs === began.seenAtMs);
        expect(there.map(({ metric }) => metric)).toContain(began.metric);
        expect(began.alsoIn).not.toContain(began.metric);
        expect(began.seenAtMs).toBeGreaterThanOrEqual(began.atMs);
        expect(Number.isInteger(began.seenAtMs) && Number.isInteger(began.atMs)).toBe(true);
        expectHit(told, began, began.seenAtMs);
        expectHit(told, began, Math.max(firstMs, began.seenAtMs));
      }
    });
  });
});

describe("what nobody could see", () => {
  test("is in no truth, as where a spike begins in a step that is never done", () => {
    const incidents = [
      { kind: "nccl-hang", step: 160 },
      { kind: "loss-spike", step: 160 },
    ] as const;
    const { truths } = recordingOf(
      llmPretraining.start({ ...OPTIONS, seed: 4, incidents }).items,
      260,
    );
    const kinds = truths.flatMap((one) => (one.type === "incident-began" ? [one.kind] : []));
    expect(kinds).toEqual(["nccl-hang"]);
    expect(truths.filter(({ type }) => type === "incident-over")).toHaveLength(1);
  });
});

test.each([
  ["data-loader-stall", 56, "cluster.powerWatts"],
  ["data-loader-stall", 4, "cluster.state"],
  ["memory-fragmentation", 4, "cluster.gpu.memoryBytes"],
  ["expert-imbalance", 4, "step.durationMs"],
] as const)("%s with the seed %i shows first in %s", (kind, seed, metric) => {
  const { truths } = tell(PRETRAINING, { seed, like: kind, kind });
  expect(truths).toContainEqual(expect.objectContaining({ kind, metric }));
});

test.each([1, 3, 4])("a storage that everybody waits for shows in the wait, seed %i", (seed) => {
  const step = 100;
  const waits = { ...OPTIONS, seed, stack: "nanotron" } as const;
  const incidents = [{ kind: "storage-stall", step }] as const;
  const quiet = recordingOf(llmPretraining.start(waits).items, step + 1);
  const told = recordingOf(llmPretraining.start({ ...waits, incidents }).items, step + 1);
  const [usual] = ofKind(quiet, "checkpoint-saved");
  const { atMs = 0, durationMs = 0 } = usual ?? {};
  expect(usual?.step).toBe(step);
  const tooLong = ofKind(told, "cluster-status").find(
    (one) => one.state === "saving" && one.atMs > atMs + 0.45 * durationMs,
  );
  expect(told.truths).toMatchObject([{ metric: "cluster.state", seenAtMs: tooLong?.atMs }]);
});

interface Asked {
  readonly seed: number;
  /** Has what this kind needs. */
  readonly like: IncidentName;
  readonly kind?: IncidentName;
}

function tell({ scene, onset, steps }: Setting, { seed, like, kind }: Asked): RunRecording {
  const incidents = kind === undefined ? [] : [{ kind, step: onset }];
  const experts = { wanted: wantedRun("Mixtral-8x7B", "H100:32", 2e9) };
  const wanted = INCIDENTS[like].needsExperts ? experts : {};
  return recordingOf(scene.start({ ...OPTIONS, ...wanted, seed, incidents }).items, steps);
}

interface Sign {
  readonly atMs: number;
  readonly metric: string;
  /** Also where the deviation is somewhat larger than is known. */
  readonly isSure: boolean;
}

/** All that the run tells otherwise than the usual one of the same seed, whatever the truth says. */
function signsIn(told: RunRecording, usual: RunRecording, setting: Setting): Sign[] {
  const at = (one: Timed<News>, ...metrics: string[]): Sign[] =>
    metrics.map((metric) => ({ atMs: one.atMs, metric, isSure: true }));
  const statuses = new Map(
    usual.news.flatMap((one) => (one.type === "cluster-status" ? [[one.atMs, one] as const] : [])),
  );
  const messages = new Set(
    usual.news.flatMap((one) => (one.type === "cluster-message" ? [wordsOf(one)] : [])),
  );
  const saved = ofKind(usual, "checkpoint-saved");
  let stops = ofKind(usual, "run-interrupted").length;
  return [
    ...stepSigns(told, usual, setting),
    ...told.news.flatMap((one) => {
      if (one.type === "cluster-message")
        return messages.has(wordsOf(one)) ? [] : at(one, `message.${one.code}`);
      if (one.type === "run-interrupted") {
        stops -= 1;
        return stops < 0 ? at(one, "run-interrupted") : [];
      }
      if (one.type === "cluster-status")
        return at(one, ...statusSigns(one, statuses.get(one.atMs)));
      if (one.type !== "checkpoint-saved") return [];
      const same = saved.find(({ step }) => step === one.step);
      const isLong = same !== undefined && one.durationMs > 1.45 * same.durationMs;
      return isLong ? at(one, "checkpoint-saved.durationMs") : [];
    }),
  ];
}

function ofKind<T extends News["type"]>({ news }: RunRecording, type: T) {
  return news.filter((one): one is Timed<Extract<News, { type: T }>> => one.type === type);
}

function wordsOf({ code, node, gpu }: ClusterMessage): string {
  return [code, node, gpu].join(" ");
}

function statusSigns(one: ClusterStatus, usual: ClusterStatus | undefined): string[] {
  const isStill = (state: string | undefined) => state === "stalled" || state === "hanging";
  const state = isStill(one.state) && !isStill(usual?.state) ? ["cluster.state"] : [];
  if (usual === undefined) return state;
  const usualGpus = new Map(usual.nodes.map(({ node, gpus }) => [node, gpus]));
  const someGpu = (is: (mine: GpuStatus, other: GpuStatus) => boolean) =>
    one.nodes.some(({ node, gpus }) =>
      gpus.some((gpu, g) => {
        const other = usualGpus.get(node)?.[g];
        return other !== undefined && is(gpu, other);
      }),
    );
  const found: { readonly [metric: string]: boolean } = {
    "cluster.nodesHealthy": one.nodesHealthy < usual.nodesHealthy,
    "cluster.powerWatts": Math.abs(one.powerWatts / usual.powerWatts - 1) > 0.03,
    "cluster.gpu.powerWatts": someGpu(
      (a, b) => Math.abs(a.powerWatts - b.powerWatts) >= 0.036 * b.powerWatts,
    ),
    "cluster.gpu.temperatureC": someGpu((a, b) => Math.abs(a.temperatureC - b.temperatureC) >= 1.5),
    "cluster.gpu.memoryBytes": someGpu((a, b) => a.memoryBytes !== b.memoryBytes),
  };
  return [...state, ...Object.keys(found).filter((metric) => found[metric])];
}

function stepSigns(
  { steps }: RunRecording,
  { steps: usual }: RunRecording,
  { scatter }: Setting,
): Sign[] {
  const lossSpread = lossSpreadOf(usual);
  const evidence = new Map<string, number>();
  return steps.flatMap((one, i) => {
    const same = usual[i];
    if (same === undefined || same.step !== one.step) return [];
    if (one.skipped !== same.skipped)
      return [{ atMs: one.atMs, metric: "step.skipped", isSure: true }];
    const { duration, norm } = scatter(one);
    const moved: { readonly [metric: string]: number } = {
      "step.durationMs": (one.durationMs / same.durationMs - 1) / duration,
      "step.gradientNorm": Math.log((one.gradientNorm ?? 1) / (same.gradientNorm ?? 1)) / norm,
      "step.loss": ((one.loss ?? 0) - (same.loss ?? 0)) / lossSpread,
    };
    return Object.keys(moved).flatMap((metric) => {
      const sum = (evidence.get(metric) ?? 0) + (moved[metric] ?? 0) ** 2;
      evidence.set(metric, sum);
      const times = metric === "step.loss" ? LOSS_TIMES : 1.02;
      if (Math.sqrt(sum) < DEVIATIONS / times) return [];
      return [{ atMs: one.atMs, metric, isSure: Math.sqrt(sum) >= DEVIATIONS * times }];
    });
  });
}

/** Of the loss, against the mean of its neighbours, where the incidents begin. */
function lossSpreadOf(steps: RunRecording["steps"]): number {
  const losses = steps.map(({ loss = 0 }) => loss);
  const squares = losses.slice(100, 250).flatMap((loss, i) => {
    const near = losses.slice(100 + i - 8, 100 + i + 9);
    const mean = near.reduce((sum, one) => sum + one, 0) / near.length;
    return near.includes(0) ? [] : [(loss - mean) ** 2];
  });
  return Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / squares.length);
}

/** An alert at that moment finds the incident at once, without any tolerance. */
function expectHit(told: RunRecording, began: IncidentBegan, atMs: number): void {
  const header = { type: "truth", version: 2, wallMs: 0, seed: 1 };
  const last = {
    type: "run-over",
    atMs: told.items.at(-1)?.atMs ?? 0,
    step: 1,
    outcome: "finished",
  };
  const lines = [header, ...told.truths, last].map((one) => JSON.stringify(one));
  const { kind, node, gpu, rank } = began;
  const none = { metric: undefined, run: undefined, seed: undefined, identity: undefined };
  const alert = { line: 1, startMs: atMs, isWallTime: false, kind, node, gpu, rank, ...none };
  const slack = { toleranceMs: 0, graceMs: 0 };
  const score = scoreAlerts([alert], readTruth(lines.join("\n"), "truth.jsonl"), slack);
  expect(score).toMatchObject({ detected: 1, falseAlarms: 0 });
  const found = score.list.find(({ id }) => id === began.id);
  expect(found?.timeToDetectMs).toBe(atMs - began.seenAtMs);
}
