/**
 * What an incident shows, and in which metric: a word, a message, or a figure that stands out.
 *
 * A figure stands out where the incident moves it by three of the deviations that it has in a
 * healthy run; several steps that are moved by less add up, as for an observer who knows what to look
 * for. What changes by less than that in one sample is no sign.
 */

import type { ClusterMessage, ClusterStatus, GpuStatus } from "../../events/cluster.ts";
import { RIPPLE_SHARE, WANDER_C } from "../cluster/machines.ts";
import { MEBIBYTE } from "../engine/units.ts";
import type { Active } from "./active-incident.ts";
import type { CourseMessage, IncidentKind } from "./incident.ts";
import type { StepEffects } from "./step-effects.ts";

/** Where an incident is, as messages name it. */
export type IncidentPlace = Pick<ClusterMessage, "node" | "gpu" | "rank">;

export interface TimedMessage {
  readonly atMs: number;
  readonly news: ClusterMessage;
}

/** The messages of an incident, each with its time. */
export function messagesOf(incident: Active, place: IncidentPlace): TimedMessage[] {
  return (incident.course.messages ?? []).map(({ afterSeconds, ...message }) => ({
    atMs: Math.round(incident.onsetMs + afterSeconds * 1000),
    news: { type: "cluster-message", ...message, ...place },
  }));
}

/**
 * All metrics that can show a kind: those it is known by first. The standstill before a restart
 * that reveals something is no sign of that.
 */
export function metricsOf({ metric, alsoIn, place, course }: IncidentKind): readonly string[] {
  const { stop, stallSeconds } = course;
  const standsStill = (stop?.hangs && !stop.restart) || stallSeconds !== undefined;
  return [
    metric,
    ...alsoIn,
    ...(standsStill ? ["cluster.state"] : []),
    ...(place !== "run" && course.messages?.some(isIllness) ? ["cluster.nodesHealthy"] : []),
  ];
}

/** Sources whose report of a broken node is trusted. */
const CHECKED_SOURCES: readonly CourseMessage["source"][] = ["driver", "fabric", "launcher"];

function isIllness({ level, source }: CourseMessage): boolean {
  return level === "error" && CHECKED_SOURCES.includes(source);
}

/**
 * Those whose node is known to be ill: an error of its hardware was reported. Nothing checks a node for
 * being slow or for computing nonsense.
 */
export function illnesses(active: readonly Active[], atMs: number): readonly Active[] {
  return active.filter(
    ({ node, course, onsetMs }) =>
      node !== undefined &&
      course.messages?.some(
        (message) => isIllness(message) && onsetMs + message.afterSeconds * 1000 <= atMs,
      ),
  );
}

/** Deviations that count as significant. */
const DEVIATIONS = 3;

/** Reserved memory does not scatter. */
/** Saving and validation take as much of the mean power as a stall of this share of the time. */
const STALL_SHARE = 0.1;

/** Writing takes e to so many times as long as usual, either way. */
const WRITING_SPREAD = 0.15;

/** Deviations of a step's figures in a healthy run. */
export interface StepScatter {
  /** Relative. */
  readonly duration: number;
  /** Of its logarithm. */
  readonly gradientNorm: number;
  /** In nats. */
  readonly loss: number;
}

export interface SeenStep {
  readonly plainMs: number;
  readonly effects: StepEffects;
  /** What would have been done to it without one of the incidents. */
  readonly effectsWithout: (incident: Active) => StepEffects;
  readonly scatter: StepScatter;
}

/** What steps have shown of an incident so far: the sum of squared deviations by metric. */
export type Evidence = Map<string, number>;

export function stepSigns(incident: Active, step: SeenStep, evidence: Evidence): string[] {
  const { plainMs, effects, scatter } = step;
  const without = step.effectsWithout(incident);
  if (effects.skipped)
    return without.skipped ? durationSign() : ["step.skipped", ...durationSign()];
  return [
    ...durationSign(),
    ...sign(
      "step.gradientNorm",
      (effects.gradientRaised - without.gradientRaised) / scatter.gradientNorm,
    ),
    ...sign("step.loss", (effects.lossAdded - without.lossAdded) / scatter.loss),
  ];

  function durationSign(): string[] {
    const usualMs = plainMs * without.slowdown + without.stallMs;
    const longer = (plainMs * effects.slowdown + effects.stallMs) / usualMs - 1;
    return sign("step.durationMs", longer / scatter.duration);
  }

  function sign(metric: string, deviations: number): string[] {
    const sum = (evidence.get(metric) ?? 0) + deviations * deviations;
    evidence.set(metric, sum);
    return sum >= DEVIATIONS * DEVIATIONS ? [metric] : [];
  }
}

export interface SeenStatus {
  readonly atMs: number;
  readonly news: ClusterStatus;
  /** Since the status before. */
  readonly passedMs: number;
  /** What has made nodes ill by now. */
  readonly ill: readonly Active[];
  /** The nodes it shows as they would be without one of the incidents. */
  readonly nodesWithout: (incident: Active) => ClusterStatus["nodes"];
  /** A checkpoint for which training waits. */
  readonly writing?: Writing | undefined;
}

export interface Writing {
  readonly startedMs: number;
  readonly doneMs: number;
}

export function statusSigns(incident: Active, status: SeenStatus): string[] {
  const { atMs, news, passedMs, ill, writing } = status;
  const { course, onsetMs, node, id, slowdown } = incident;
  if (atMs < onsetMs) return [];
  const stallMs = stallOf(incident);
  const isStill =
    (news.state === "hanging" && course.stop?.hangs === true) ||
    (news.state === "stalled" && stallMs > 0);
  const isPast = stallMs > 0 && atMs >= onsetMs + stallMs;
  const isAlone = !ill.some((other) => other.id !== id && other.node === node);
  const isIll = ill.some((one) => one.id === id) && isAlone;
  return [
    ...(isStill || isWaitedFor(incident, writing, atMs) ? ["cluster.state"] : []),
    ...(isPast && stallMs >= STALL_SHARE * passedMs ? ["cluster.powerWatts"] : []),
    ...(course.machine || slowdown > 1 ? gpuSigns(news.nodes, status.nodesWithout(incident)) : []),
    ...(isIll ? ["cluster.nodesHealthy"] : []),
  ];
}

function stallOf({ course }: Active): number {
  return Math.round((course.stallSeconds?.[0] ?? 0) * 1000);
}

/** Everybody waits for a checkpoint for longer than they would for a slow one of a healthy run. */
function isWaitedFor(incident: Active, writing: Writing | undefined, atMs: number): boolean {
  const times = incident.course.slowWriting;
  if (times === undefined || writing === undefined) return false;
  const { startedMs, doneMs } = writing;
  const usualMs = (doneMs - startedMs) / times;
  return (
    startedMs >= incident.onsetMs && atMs - startedMs > usualMs * (1 + DEVIATIONS * WRITING_SPREAD)
  );
}

function gpuSigns(seen: ClusterStatus["nodes"], usual: ClusterStatus["nodes"]): string[] {
  const differs = (is: (one: GpuStatus, other: GpuStatus) => boolean): boolean =>
    seen.some(({ gpus }, n) =>
      gpus.some((one, g) => {
        const other = usual[n]?.gpus[g];
        return other !== undefined && is(one, other);
      }),
    );
  const isHotter = (one: GpuStatus, other: GpuStatus) =>
    Math.abs(one.temperatureC - other.temperatureC) >= DEVIATIONS * WANDER_C;
  const isFuller = (one: GpuStatus, other: GpuStatus) =>
    Math.abs(one.memoryBytes - other.memoryBytes) >= MEBIBYTE;
  const drawsOther = (one: GpuStatus, other: GpuStatus) =>
    Math.abs(one.powerWatts - other.powerWatts) >= DEVIATIONS * RIPPLE_SHARE * other.powerWatts;
  return [
    ...(differs(isHotter) ? ["cluster.gpu.temperatureC"] : []),
    ...(differs(isFuller) ? ["cluster.gpu.memoryBytes"] : []),
    ...(differs(drawsOther) ? ["cluster.gpu.powerWatts"] : []),
  ];
}

/** @param own Where the incident is, as its messages name it. */
export function messageSigns(own: IncidentPlace, { code, node, gpu }: ClusterMessage): string[] {
  return own.node === node && own.gpu === gpu ? [`message.${code}`] : [];
}

/** @param metric Where it would be reported that a checkpoint took long. */
export function writingSigns(incident: Active, { startedMs }: Writing, metric: string): string[] {
  const isSlow = incident.course.slowWriting !== undefined && startedMs >= incident.onsetMs;
  return isSlow ? [metric] : [];
}
