/** From a stop to the next step: notice, replace, start again, load, go on. */

import { uniform } from "../../../../random.ts";
import { normal } from "../../engine/chance.ts";
import { exp } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import type { Active } from "../../incidents/active.ts";
import { beganTruth } from "../../incidents/signs.ts";
import type { Truth } from "../../incidents/truth.ts";
import { replaceIn, resizeTo, returnedNodes, worldAfter } from "./elastic.ts";
import { meanwhile } from "./meanwhile.ts";
import { goOn, restartMessages } from "./restart.ts";
import { type PretrainingRun, type Progress, placeOf, post } from "./run.ts";

/** Recoveries differ: log-normal around the planned time. */
const SPREAD = 0.35;
const REPAIR_HOURS = [4, 60] as const;
/** Until a node is back that everybody waits for. */
const NO_SPARE_MINUTES = [20, 90] as const;

/** The checkpoint before has to be found and read as well. */
const UNREADABLE_TIMES = 1.4;
/** Each rank reads parts of what several others wrote. */
const RESHARDING_TIMES = 1.15;

/** Less lost data than this many steps would not be noticed. */
const REPEATED_STEPS_MIN = 30;
const KNOWN_DATA_LOSS = -0.16;

export function* recover(run: PretrainingRun, stop: Active): Generator<SceneItem> {
  const course = stop.course.stop;
  if (course === undefined) return;
  const { nowMs: stoppedMs, step: stoppedStep } = run;
  const place = placeOf(run, stop);
  run.pending = undefined;
  run.messages = run.messages.filter(({ atMs }) => atMs < stoppedMs);
  yield* returnedNodes(run);
  const lost = course.replaces ? stop.node : undefined;
  const world = worldAfter(run, lost);
  const isElastic = world !== undefined && world !== run.world;
  const { symptom } = course;
  const elastic = isElastic ? ({ elastic: true } as const) : {};
  yield {
    atMs: run.nowMs,
    news: { type: "run-interrupted", step: run.step, symptom, ...place, ...elastic },
  };
  const text = "Restarting from the newest checkpoint";
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "preparing", text } };

  const [newest, older] = run.saved;
  const isUnreadable = course.restart === "newest-checkpoint-unreadable" && older !== undefined;
  const from = (isUnreadable ? older : newest) as Progress;
  const waits = world === undefined;
  const restartMs = restartDuration(run, { isUnreadable, isElastic, waits });
  const resize = isElastic ? resizeTo(run, world, lost) : undefined;
  const isReplaced = lost !== undefined && !waits && !isElastic;
  const replaced = isReplaced ? [replaceIn(run, lost, repairHours(run))] : [];
  const unreadable = isUnreadable ? newest : undefined;
  post(
    run,
    ...restartMessages(run, {
      restartMs,
      from,
      unreadable,
      replaced,
      waits,
      resize,
      ...(lost !== undefined && { place }),
    }),
  );
  yield* meanwhile(run, stoppedMs + restartMs, "down");

  yield* goOn(run, { from, stoppedMs, stoppedStep, replaced, resize });
  const lostSteps = stoppedStep - from.step;
  const downtimeMs = run.nowMs - stoppedMs;
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
  const restart = stop.course.stop?.restart;
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
    // The crash without which there is no restart that repeats data is an incident of its own.
    const crash = { ...began, ...CRASH, id: run.incidents.nextId(), seenAtMs: stoppedMs };
    const ended = { ...over(stop.id), id: crash.id };
    const others = cured.filter(({ id }) => id !== stop.id).map(({ id }) => over(id));
    return [crash, ended, began, ...others];
  }
  return [{ ...began, seenAtMs: stoppedMs }, ...cured.map(({ id }) => over(id))];
}

interface Restart {
  readonly isUnreadable: boolean;
  readonly isElastic: boolean;
  readonly waits: boolean;
}

/** Milliseconds from the end of the processes to the first new step. */
function restartDuration(
  { random, plan }: PretrainingRun,
  { isUnreadable, isElastic, waits }: Restart,
): number {
  const spread = exp(SPREAD * normal(random) - (SPREAD * SPREAD) / 2);
  let seconds = plan.setup.recoverySeconds * spread;
  if (isUnreadable) seconds *= UNREADABLE_TIMES;
  if (isElastic) seconds *= RESHARDING_TIMES;
  if (waits) seconds += 60 * uniform(random, NO_SPARE_MINUTES[0], NO_SPARE_MINUTES[1]);
  return Math.round(seconds * 1000);
}

function repairHours({ random }: PretrainingRun): number {
  return uniform(random, REPAIR_HOURS[0], REPAIR_HOURS[1]);
}
