/** Recovery from a failure: detect, replace, restart, load, continue. */

import { uniform } from "../../../random.ts";
import { normal } from "../../engine/chance.ts";
import { exp } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import type { Active } from "../../incidents/active-incident.ts";
import type { IncidentOver } from "../../incidents/truth.ts";
import { elapse, seen } from "./elapse.ts";
import { jobSizeAfter, replaceIn, resizeTo, returnedNodes } from "./elastic.ts";
import { type PretrainingRun, type Progress, placeOf, post } from "./pretraining-run.ts";
import { goOn, restartMessages } from "./restart.ts";

/** Recoveries differ: log-normal around the planned time. Assumed, as all times here. */
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
/** In nats, of text that was learned shortly before. */
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
  const jobSize = jobSizeAfter(run, lost);
  const isElastic = jobSize !== undefined && jobSize !== run.jobSize;
  const { symptom } = course;
  const elastic = isElastic ? ({ elastic: true } as const) : {};
  yield* seen(run, ({ incident }) => (incident.id === stop.id ? ["run-interrupted"] : []));
  yield {
    atMs: run.nowMs,
    news: { type: "run-interrupted", step: run.step, symptom, ...place, ...elastic },
  };
  const [newest, older] = run.saved;
  const isUnreadable = course.restart === "newest-checkpoint-unreadable" && older !== undefined;
  const from = (isUnreadable ? older : newestWhole(run, stop)) as Progress;
  const which = isUnreadable || from === newest ? "the newest checkpoint" : "an older checkpoint";
  const text = `Restarting from ${which}`;
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "preparing", text } };

  const waits = jobSize === undefined;
  const restartMs = restartDuration(run, { isUnreadable, isElastic, waits });
  const resize = isElastic ? resizeTo(run, jobSize, lost) : undefined;
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
  const bad = isUnreadable ? badCheckpoint(run, stop) : undefined;
  yield* elapse(run, stoppedMs + restartMs, "down");

  yield* goOn(run, { from, stoppedMs, stoppedStep, replaced, resize });
  const cost = { lostSteps: stoppedStep - from.step, downtimeMs: run.nowMs - stoppedMs };
  for (const truth of truthsAfter(run, stop, { cost, bad, newest: newest as Progress }))
    yield { atMs: run.nowMs, truth };
  const training = "Training";
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "training", text: training } };
}

/** Of the checkpoints that are kept, one is from before what took an hour to be found. */
function newestWhole({ saved }: PretrainingRun, stop: Active): Progress | undefined {
  return stop.course.corrupts ? saved.find(({ step }) => step < stop.onsetStep) : saved[0];
}

/** A crash that found its newest checkpoint unreadable. */
interface BadCheckpoint {
  readonly incident: Active;
  /** When that was noticed. */
  readonly foundMs: number;
}

/** The crash is an incident of its own, and another comes to light on the way back. */
function badCheckpoint(run: PretrainingRun, stop: Active): BadCheckpoint {
  const incident = { ...stop, id: run.incidents.nextId(), stopMs: undefined, course: {} };
  run.watch.add(incident, placeOf(run, stop));
  const found = run.messages.find(({ news }) => news.code === "checkpoint-unreadable");
  return { incident, foundMs: found?.atMs ?? run.nowMs };
}

type Cost = Pick<IncidentOver, "lostSteps" | "downtimeMs">;

interface Outcome {
  readonly cost: Cost;
  readonly bad: BadCheckpoint | undefined;
  readonly newest: Progress;
}

/** Ground truth of the incidents that the restart ended. */
function truthsAfter(run: PretrainingRun, stop: Active, outcome: Outcome): IncidentOver[] {
  const { cost, bad, newest } = outcome;
  const { nowMs, step } = run;
  const nothing: Cost = { lostSteps: 0, downtimeMs: 0 };
  // What had to be done again beyond the newest checkpoint is what that one cost.
  const ofBad: Cost =
    bad === undefined
      ? nothing
      : { lostSteps: newest.step - step, downtimeMs: nowMs - bad.foundMs };
  const ofStop: Cost = {
    lostSteps: cost.lostSteps - ofBad.lostSteps,
    downtimeMs: cost.downtimeMs - ofBad.downtimeMs,
  };
  const cured = run.incidents.cured(stop, { step, downtimeMs: cost.downtimeMs });
  const over = run.watch.forget(bad === undefined ? cured : [...cured, bad.incident]);
  if (stop.course.stop?.restart === "data-repeated") repeatData(run, stop, cost.lostSteps);
  return over.map(({ id }) => {
    const own = id === stop.id ? ofStop : id === bad?.incident.id ? ofBad : nothing;
    return { type: "incident-over", id, atMs: nowMs, step, ...own };
  });
}

/** Repeated data looks easy for as many steps as were lost, then the incident is over. */
function repeatData(run: PretrainingRun, stop: Active, lostSteps: number): void {
  const steps = Math.max(REPEATED_STEPS_MIN, lostSteps);
  const lossAdded = Array<number>(steps).fill(KNOWN_DATA_LOSS);
  const repeated = run.incidents.reopen(stop, run.step + 1, { lossAdded });
  run.watch.add(repeated, placeOf(run, stop), stop.onsetStep);
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
