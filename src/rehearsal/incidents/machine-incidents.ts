/**
 * Incidents of one machine: GPUs, their memory and links, the node around them.
 *
 * Xid numbers are those of NVIDIA's catalogue. A hang looks busy until the watchdog's ten minutes
 * are over, and the one in which it dumps what it knows.
 */

import { HOUR_SECONDS, MINUTE_SECONDS } from "../engine/units.ts";
import { type CourseMessage, FAST_STOP, type IncidentKind } from "./incident.ts";

export type MachineIncidentName =
  | "ecc-error"
  | "gpu-lost"
  | "gsp-timeout"
  | "host-failure"
  | "link-flap"
  | "memory-fragmentation"
  | "nccl-hang"
  | "nic-failure"
  | "nvlink-errors"
  | "row-remap"
  | "silent-corruption"
  | "straggler"
  | "thermal-throttle";

/** The process group gives up after this long without progress, in seconds: the default of torch. */
export const WATCHDOG_SECONDS = 600;

/** After which it waits as long for all ranks to write down what they did, in seconds. */
const DUMP_SECONDS = 60;

export const MACHINE_INCIDENTS: { readonly [N in MachineIncidentName]: IncidentKind } = {
  "ecc-error": {
    summary: "a GPU's memory has an error that cannot be corrected",
    metric: "message.xid",
    alsoIn: ["run-interrupted"],
    action: "Reset the GPU so that the row is remapped; replace it if it comes again",
    place: "gpu",
    course: {
      messages: [xid(48, 0), xid(94, 1), xid(63, 2)],
      stop: { ...FAST_STOP, symptom: "cuda-ecc-error" },
    },
  },
  "gpu-lost": {
    summary: "a GPU falls off the bus",
    metric: "message.xid",
    alsoIn: ["run-interrupted"],
    action: "Take the node out, power-cycle it, replace the GPU if it comes again",
    place: "gpu",
    course: {
      messages: [xid(79, 0)],
      stop: { ...FAST_STOP, symptom: "gpu-unreachable" },
    },
  },
  "gsp-timeout": {
    summary: "a GPU's own controller stops answering",
    metric: "message.xid",
    alsoIn: ["run-interrupted"],
    action: "Reset the GPU; update its firmware if it comes again",
    place: "gpu",
    course: {
      messages: [xid(119, 6, { seconds: 6 })],
      stop: { ...FAST_STOP, afterSeconds: [45, 70], symptom: "gpu-unreachable" },
    },
  },
  "host-failure": {
    summary: "a node goes silent",
    metric: "message.node-unreachable",
    alsoIn: ["run-interrupted"],
    action: "Take the node out and look at its console",
    place: "node",
    course: {
      messages: [
        { afterSeconds: 30, level: "error", source: "launcher", code: "node-unreachable" },
      ],
      stop: { ...FAST_STOP, afterSeconds: [31, 60], symptom: "heartbeat-lost" },
    },
  },
  "link-flap": {
    summary: "a network port goes down and comes back",
    metric: "message.link-down",
    alsoIn: ["step.durationMs"],
    action: "Clean or replace the cable before it fails for good",
    place: "gpu",
    chance: { perNodeDay: 4e-4 },
    course: {
      stallSeconds: [4, 30],
      messages: [
        { afterSeconds: 0, level: "warning", source: "fabric", code: "link-down" },
        { afterSeconds: 4, level: "info", source: "fabric", code: "link-up" },
      ],
    },
  },
  "memory-fragmentation": {
    summary: "a GPU's free memory falls into pieces until an allocation fails",
    metric: "cluster.gpu.memoryBytes",
    alsoIn: ["message.allocation-retry", "run-interrupted"],
    action: "Use expandable segments, or free the cache every so often",
    place: "gpu",
    course: {
      machine: { memory: 1.09 },
      messages: [
        {
          afterSeconds: 18 * MINUTE_SECONDS,
          level: "warning",
          source: "framework",
          code: "allocation-retry",
        },
        {
          afterSeconds: 26 * MINUTE_SECONDS,
          level: "warning",
          source: "framework",
          code: "allocation-retry",
        },
      ],
      stop: {
        afterSeconds: [28 * MINUTE_SECONDS, 34 * MINUTE_SECONDS],
        hangs: false,
        symptom: "out-of-memory",
        replaces: false,
      },
    },
  },
  "nccl-hang": {
    summary: "a collective never completes, while every GPU looks busy",
    metric: "cluster.powerWatts",
    alsoIn: ["step.durationMs", "message.watchdog-timeout", "run-interrupted"],
    action: "Find the rank whose sequence number lags, and take its node out",
    place: "gpu",
    course: {
      messages: [
        {
          afterSeconds: WATCHDOG_SECONDS,
          level: "error",
          source: "watchdog",
          code: "watchdog-timeout",
          values: { timeoutMs: WATCHDOG_SECONDS * 1000 },
        },
      ],
      stop: {
        afterSeconds: [WATCHDOG_SECONDS + DUMP_SECONDS + 0.6, WATCHDOG_SECONDS + DUMP_SECONDS + 2],
        hangs: true,
        symptom: "collective-timeout",
        replaces: true,
      },
    },
  },
  "nic-failure": {
    summary: "a network card stops working",
    metric: "message.link-down",
    alsoIn: ["run-interrupted"],
    action: "Take the node out and replace the card",
    place: "gpu",
    course: {
      messages: [
        { afterSeconds: 0, level: "error", source: "fabric", code: "link-down" },
        { afterSeconds: 9, level: "error", source: "nccl", code: "nccl-remote-error" },
      ],
      stop: { ...FAST_STOP, afterSeconds: [10, 30], symptom: "nccl-error" },
    },
  },
  "nvlink-errors": {
    summary: "a link between GPUs gathers errors, slows everybody down, then fails",
    metric: "message.nvlink-crc",
    alsoIn: ["step.durationMs", "message.xid", "run-interrupted"],
    action: "Take the node out at the first errors, before the link fails",
    place: "gpu",
    course: {
      slowdown: [1.03, 1.12],
      messages: [
        {
          afterSeconds: 0,
          level: "warning",
          source: "driver",
          code: "nvlink-crc",
          values: { count: 12 },
        },
        {
          afterSeconds: 4 * MINUTE_SECONDS,
          level: "warning",
          source: "driver",
          code: "nvlink-crc",
          values: { count: 311 },
        },
        {
          afterSeconds: 9 * MINUTE_SECONDS,
          level: "warning",
          source: "driver",
          code: "nvlink-crc",
          values: { count: 4096 },
        },
        xid(74, 12 * MINUTE_SECONDS),
      ],
      stop: {
        afterSeconds: [12 * MINUTE_SECONDS + 2, 12 * MINUTE_SECONDS + 20],
        hangs: false,
        symptom: "nccl-error",
        replaces: true,
      },
    },
  },
  "row-remap": {
    summary: "a GPU sets a row of its memory aside, for the next reset",
    metric: "message.xid",
    alsoIn: [],
    action: "Reset the GPU at the next stop",
    place: "gpu",
    chance: { perNodeDay: 3e-4 },
    course: { messages: [{ ...xid(63, 0), level: "warning" }] },
  },
  "silent-corruption": {
    summary: "a GPU computes wrong numbers and says nothing",
    metric: "step.gradientNorm",
    alsoIn: ["step.loss", "run-interrupted"],
    action: "Rewind to before it, and find the GPU by computing the same on each",
    place: "gpu",
    course: {
      corrupts: true,
      gradientRaised: Array.from({ length: 400 }, (_, i) => Math.min(1.8, 0.2 + i * 0.02)),
      lossAdded: Array.from({ length: 400 }, (_, i) => Math.min(0.5, 0.002 * i)),
      stop: {
        afterSeconds: [20 * MINUTE_SECONDS, 50 * MINUTE_SECONDS],
        hangs: false,
        symptom: "stopped-by-operator",
        replaces: true,
      },
    },
  },
  straggler: {
    summary: "one GPU runs slower than the others, and everybody waits for it",
    metric: "step.durationMs",
    alsoIn: ["cluster.powerWatts", "cluster.gpu.powerWatts"],
    action: "Find the slow GPU by a benchmark on each node, and take its node out",
    place: "gpu",
    chance: { perNodeDay: 2e-4 },
    course: {
      lastsSeconds: [HOUR_SECONDS, 8 * HOUR_SECONDS],
      slowdown: [1.03, 1.18],
      machine: { power: 0.8 },
    },
  },
  "thermal-throttle": {
    summary: "a GPU gets too hot and lowers its clock",
    metric: "cluster.gpu.temperatureC",
    alsoIn: ["message.thermal-slowdown", "step.durationMs", "cluster.gpu.powerWatts"],
    action: "Look at the node's fans and the filter before them",
    place: "gpu",
    chance: { perNodeDay: 2e-4 },
    course: {
      lastsSeconds: [20 * MINUTE_SECONDS, 3 * HOUR_SECONDS],
      slowdown: [1.04, 1.25],
      // It stays near its limit, although it draws less.
      machine: { heatC: 33, power: 0.72 },
      messages: [
        { afterSeconds: 120, level: "warning", source: "driver", code: "thermal-slowdown" },
      ],
    },
  },
};

function xid(number: number, afterSeconds: number, more: object = {}): CourseMessage {
  const values = { xid: number, ...more };
  return { afterSeconds, level: "error", source: "driver", code: "xid", values };
}
