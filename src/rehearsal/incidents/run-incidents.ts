/**
 * Incidents of the whole run: data, numerics, storage, software, the building.
 *
 * The spike has the shape of BLOOM's of April 2022, where the gradient norm shows it four steps
 * before the loss.
 */

import { HOUR_SECONDS, MINUTE_SECONDS } from "../engine/units.ts";
import { FAST_STOP, type IncidentKind } from "./incident.ts";

export type RunIncidentName =
  | "bad-checkpoint"
  | "data-loader-stall"
  | "expert-imbalance"
  | "loss-spike"
  | "nan-loss"
  | "planned-maintenance"
  | "power-cap"
  | "repeated-data"
  | "software-crash"
  | "storage-stall";

export const RUN_INCIDENTS: { readonly [N in RunIncidentName]: IncidentKind } = {
  "bad-checkpoint": {
    summary: "the run crashes and its newest checkpoint cannot be read",
    metric: "message.checkpoint-unreadable",
    alsoIn: ["run-restored.lostSteps"],
    action: "Restore the checkpoint before, and verify checkpoints after writing",
    place: "run",
    course: {
      stop: {
        ...FAST_STOP,
        symptom: "worker-exited",
        replaces: false,
        restart: "newest-checkpoint-unreadable",
      },
    },
  },
  "data-loader-stall": {
    summary: "a step waits for its data",
    metric: "step.durationMs",
    alsoIn: ["cluster.powerWatts"],
    action: "Add loader workers or prefetch further ahead",
    place: "run",
    chance: { perDay: 0.4 },
    course: { stallSeconds: [20, 150] },
  },
  "expert-imbalance": {
    summary: "a few experts get most of the tokens, and their GPUs hold everybody up",
    metric: "step.durationMs",
    alsoIn: ["step.loss", "cluster.gpu.powerWatts"],
    action: "Raise the balancing loss or its bias rate",
    place: "run",
    chance: { perDay: 0.05 },
    needsExperts: true,
    course: {
      lastsSeconds: [HOUR_SECONDS, 5 * HOUR_SECONDS],
      slowdown: [1.08, 1.22],
      lossAdded: Array<number>(400).fill(0.012),
    },
  },
  "loss-spike": {
    summary: "the loss jumps, four steps after the gradient norm",
    metric: "step.gradientNorm",
    alsoIn: ["step.loss"],
    action: "Wait some tens of steps; if it does not come back, rewind and skip the data",
    place: "run",
    chance: { perDay: 0.08 },
    course: {
      // ln of 4, 10, 66, 600, 4000, 1470, 1580, 2700 times the usual norm.
      gradientRaised: [1.39, 2.3, 4.19, 6.4, 8.29, 7.29, 7.37, 7.9, ...falling(7, 0.82, 22)],
      lossAdded: [0.01, 0.03, 0.05, 0.15, 2.9, 1.29, 1.01, 0.61, ...falling(0.5, 0.84, 22)],
    },
  },
  "nan-loss": {
    summary: "the loss is not a number: skipped in fp16, the end of the weights in bf16",
    metric: "step.skipped",
    alsoIn: ["step.gradientNorm", "run-interrupted"],
    action: "Look for a bad batch or an overflow; rewind, and skip the data",
    place: "run",
    chance: { perDay: 0.03 },
    // Nothing holds a step back in bf16: the weights are lost until a guard or a person notices.
    course: {
      stepsSkipped: Number.POSITIVE_INFINITY,
      stop: { afterSeconds: [15, 240], hangs: false, symptom: "loss-not-finite", replaces: false },
    },
    whereScaled: { stepsSkipped: 3, gradientRaised: [0, 0, 0, 1.6, 1.2, 0.8, 0.4] },
  },
  "planned-maintenance": {
    summary: "the operator stops the run to work on a machine",
    metric: "message.maintenance",
    alsoIn: ["run-interrupted"],
    action: "Nothing: it was announced",
    place: "node",
    course: {
      messages: [
        {
          afterSeconds: 0,
          level: "info",
          source: "launcher",
          code: "maintenance",
          values: { minutes: 10 },
        },
      ],
      stop: {
        afterSeconds: [10 * MINUTE_SECONDS, 10 * MINUTE_SECONDS + 5],
        hangs: false,
        symptom: "stopped-by-operator",
        announced: true,
        replaces: true,
      },
    },
  },
  "power-cap": {
    summary: "the building lowers the power limit of every GPU",
    metric: "cluster.powerWatts",
    alsoIn: ["step.durationMs", "cluster.gpu.powerWatts"],
    action: "Ask the facility; wait",
    place: "run",
    chance: { perDay: 0.02 },
    course: {
      lastsSeconds: [HOUR_SECONDS, 4 * HOUR_SECONDS],
      slowdown: [1.06, 1.15],
      slowsAll: true,
      machine: { power: 0.82 },
    },
  },
  "repeated-data": {
    summary: "after a restart the loader begins again, and the model sees what it knows",
    metric: "step.loss",
    alsoIn: [],
    action: "Restore the loader's position with the checkpoint",
    place: "run",
    course: {
      stop: { ...FAST_STOP, symptom: "worker-exited", replaces: false, restart: "data-repeated" },
    },
  },
  "software-crash": {
    summary: "a process ends with an error",
    metric: "run-interrupted",
    alsoIn: [],
    action: "Restart, and read the traceback of the first rank that failed",
    place: "gpu",
    course: { stop: { ...FAST_STOP, symptom: "worker-exited", replaces: false } },
  },
  "storage-stall": {
    summary: "the shared storage takes many times as long to take a checkpoint",
    metric: "message.storage-slow",
    alsoIn: ["checkpoint-saved.durationMs", "message.checkpoint-overlap", "cluster.state"],
    action: "Look at the storage's own clients and metadata servers",
    place: "run",
    chance: { perDay: 0.1 },
    course: {
      lastsSeconds: [20 * MINUTE_SECONDS, 2 * HOUR_SECONDS],
      slowWriting: 14,
      messages: [{ afterSeconds: 90, level: "warning", source: "storage", code: "storage-slow" }],
    },
  },
};

/** A step of decline for a value that falls back to usual. */
function falling(from: number, by: number, steps: number): number[] {
  const values: number[] = [];
  for (let value = from; values.length < steps; value *= by) values.push(value);
  return values;
}
