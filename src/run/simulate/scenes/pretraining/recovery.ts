/** From a stop to the next step: notice, replace, start again, load, go on. */

import type { Json } from "../../../../events/events.ts";
import { uniform } from "../../../../random.ts";
import { normal } from "../../engine/chance.ts";
import { exp } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import type { Active } from "../../incidents/active.ts";
import { beganTruth, type TimedMessage } from "../../incidents/signs.ts";
import type { Truth } from "../../incidents/truth.ts";
import { checkpointPath, meanwhile } from "./meanwhile.ts";
import { type PretrainingRun, type Progress, placeOf, post } from "./run.ts";

/** Recoveries differ: log-normal around the planned time. */
const SPREAD = 0.35;
const REPAIR_HOURS = [4, 60] as const;
const NO_SPARE_MINUTES = [20, 90] as const;

/** When in a restart the checkpoint is read. */
const READING_SHARE = 0.55;

/** Less lost data than this many steps would not be noticed. */
const REPEATED_STEPS_MIN = 30;
const KNOWN_DATA_LOSS = -0.16;

export function* recover(run: PretrainingRun, stop: Active): Generator<SceneItem> {
  const course = stop.kind.course.stop;
  if (course === undefined) return;
  const stoppedMs = run.nowMs;
  const stoppedStep = run.step;
  const place = placeOf(run, stop);
  run.pending = undefined;
  run.messages = run.messages.filter(({ atMs }) => atMs < stoppedMs);
  yield {
    atMs: run.nowMs,
    news: { type: "run-interrupted", step: run.step, symptom: course.symptom, ...place },
  };
  const text = "Restarting from the newest checkpoint";
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "preparing", text } };

  const [newest, older] = run.saved;
  const isUnreadable = course.restart === "newest-checkpoint-unreadable" && older !== undefined;
  const from = (isUnreadable ? older : newest) as Progress;
  const restartMs = restartDuration(run, { stop, isUnreadable });
  const waits = course.replaces && stop.node !== undefined && run.spares === 0;
  const replaced = course.replaces && stop.node !== undefined ? replace(run, stop.node) : [];
  post(
    run,
    ...messagesOnTheWay(run, {
      place,
      restartMs,
      replaced,
      waits,
      from,
      unreadable: isUnreadable ? newest : undefined,
    }),
  );
  yield* meanwhile(run, stoppedMs + restartMs, "down");

  run.step = from.step;
  run.learned = from.learned;
  run.usefulMs = from.usefulMs;
  run.saved = run.saved.filter(({ step }) => step <= from.step);
  run.restarts += 1;
  run.stepsSinceStart = 0;
  const lostSteps = stoppedStep - from.step;
  const downtimeMs = run.nowMs - stoppedMs;
  yield {
    atMs: run.nowMs,
    news: {
      type: "run-restored",
      step: from.step,
      lostSteps,
      consumedSamples: run.batch.consumed(from.step),
      consumedTokens: run.batch.consumed(from.step) * run.sequence,
      downtimeMs,
      path: from.step === 0 ? "" : checkpointPath(run, from.step),
      restart: run.restarts,
      nodesReplaced: replaced,
    },
  };
  for (const truth of truthsAfter(run, stop, { lostSteps, downtimeMs, isUnreadable }))
    yield { atMs: run.nowMs, truth };
  const training = "Training";
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "training", text: training } };
}

interface Outcome {
  readonly lostSteps: number;
  readonly downtimeMs: number;
  readonly isUnreadable: boolean;
}

const CRASH = { kind: "software-crash", metric: "run-interrupted", alsoIn: [] } as const;

/** The crash without which there is no restart that repeats data is an incident of its own. */
const CRASH_ID_OFFSET = 1_000_000;

function truthsAfter(run: PretrainingRun, stop: Active, outcome: Outcome): Truth[] {
  const over = (id: number): Truth => ({
    type: "incident-over",
    id,
    atMs: run.nowMs,
    step: run.step,
    lostSteps: id === stop.id ? outcome.lostSteps : 0,
    downtimeMs: id === stop.id ? outcome.downtimeMs : 0,
  });
  const cured = run.incidents.cured(stop);
  const restart = stop.kind.course.stop?.restart;
  if (restart === undefined) return cured.map(({ id }) => over(id));
  const stoppedMs = run.nowMs - outcome.downtimeMs;
  const began = beganTruth(stop, placeOf(run, stop), run.nowMs);
  // Without a checkpoint there is none that could be bad.
  if (restart === "newest-checkpoint-unreadable" && !outcome.isUnreadable) {
    return [{ ...began, ...CRASH, seenAtMs: stoppedMs }, ...cured.map(({ id }) => over(id))];
  }
  if (restart === "data-repeated") {
    // What is read again looks easy for as many steps as were lost, and it is over after that.
    const steps = Math.max(REPEATED_STEPS_MIN, outcome.lostSteps);
    const lossAdded = Array<number>(steps).fill(KNOWN_DATA_LOSS);
    run.incidents.reopen(stop, run.step + 1, { lossAdded });
    const crash = { ...began, ...CRASH, id: CRASH_ID_OFFSET + stop.id, seenAtMs: stoppedMs };
    const ended = { ...over(stop.id), id: crash.id };
    const others = cured.filter(({ id }) => id !== stop.id).map(({ id }) => over(id));
    return [crash, ended, began, ...others];
  }
  return [{ ...began, seenAtMs: stoppedMs }, ...cured.map(({ id }) => over(id))];
}

interface Stopped {
  readonly stop: Active;
  readonly isUnreadable: boolean;
}

/** Milliseconds from the end of the processes to the first new step. */
function restartDuration(run: PretrainingRun, { stop, isUnreadable }: Stopped): number {
  const { random, plan } = run;
  const spread = exp(SPREAD * normal(random) - (SPREAD * SPREAD) / 2);
  let seconds = plan.setup.recoverySeconds * spread;
  if (isUnreadable) seconds *= 1.4;
  run.repairs = run.repairs.filter((backMs) => {
    if (backMs > run.nowMs) return true;
    run.spares += 1;
    return false;
  });
  const needsNode = stop.kind.course.stop?.replaces === true && stop.node !== undefined;
  if (needsNode && run.spares === 0) {
    seconds += 60 * uniform(random, NO_SPARE_MINUTES[0], NO_SPARE_MINUTES[1]);
  }
  return Math.round(seconds * 1000);
}

/** Another machine takes the slot; the old one is repaired and comes back as a spare. */
function replace(run: PretrainingRun, slot: number): number[] {
  const { random } = run;
  if (run.spares === 0) return [];
  const hours = uniform(random, REPAIR_HOURS[0], REPAIR_HOURS[1]);
  run.repairs.push(run.nowMs + Math.round(hours * 3_600_000));
  run.spares -= 1;
  run.hardware.set(slot, run.nextHardware);
  run.nextHardware += 1;
  return [run.nextHardware - 1];
}

interface Way {
  readonly place: ReturnType<typeof placeOf>;
  readonly restartMs: number;
  readonly replaced: readonly number[];
  /** There is no spare: the job waits for the node to be repaired. */
  readonly waits: boolean;
  readonly from: Progress;
  readonly unreadable: Progress | undefined;
}

function messagesOnTheWay(run: PretrainingRun, way: Way): TimedMessage[] {
  const { place, restartMs, replaced, waits, from, unreadable } = way;
  const at = (share: number) => Math.round(run.nowMs + restartMs * share);
  const { cluster } = run.described;
  const message = (share: number, news: Omit<TimedMessage["news"], "type">): TimedMessage => ({
    atMs: at(share),
    news: { type: "cluster-message", ...news },
  });
  const launcher = { level: "info", source: "launcher" } as const;
  const found: TimedMessage[] = [
    message(0.02, {
      ...launcher,
      level: "error",
      code: "workers-stopped",
      values: { ranks: cluster.gpuCount },
    }),
  ];
  const [replacement] = replaced;
  if (replacement !== undefined) {
    found.push(message(0.12, { ...launcher, code: "node-drained", ...place }));
    found.push(
      message(0.2, {
        ...launcher,
        code: "node-joined",
        node: replacement,
        values: { spares: run.spares },
      }),
    );
  }
  if (waits) {
    found.push(message(0.04, { ...launcher, level: "warning", code: "no-spare-node", ...place }));
    found.push(message(0.26, { ...launcher, code: "node-repaired", ...place }));
  }
  const restart = run.restarts + 1;
  found.push(
    message(0.3, {
      ...launcher,
      code: "rendezvous",
      values: { restart, master: cluster.master, worldSize: cluster.gpuCount },
    }),
    message(0.45, {
      level: "info",
      source: "nccl",
      code: "nccl-ready",
      values: ncclValues(run),
    }),
  );
  if (unreadable !== undefined) {
    const path = checkpointPath(run, unreadable.step);
    found.push(
      message(READING_SHARE, {
        level: "error",
        source: "storage",
        code: "checkpoint-unreadable",
        values: { path },
      }),
    );
  }
  if (from.step > 0) {
    const path = checkpointPath(run, from.step);
    found.push(
      message(0.6, {
        level: "info",
        source: "storage",
        code: "checkpoint-loading",
        values: { path, bytes: run.plan.checkpointBytes },
      }),
    );
  }
  return found;
}

/** How long the ranks take to find each other and connect, in milliseconds. */
export function ncclMs({ described }: PretrainingRun): number {
  return Math.round(2500 + 180 * Math.sqrt(described.cluster.gpuCount));
}

export function ncclValues(run: PretrainingRun): Record<string, Json> {
  const { cluster } = run.described;
  return {
    version: cluster.versions["nccl"] ?? cluster.versions["rccl"] ?? "",
    ranks: cluster.gpuCount,
    nodes: cluster.nodeCount,
    ms: ncclMs(run),
  };
}
