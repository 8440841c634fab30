/** The figures of a pane, a line each; no line where there is nothing to say yet. */

import { remainingMs } from "../../events/remaining.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { progressBar } from "../../show/draw/bar.ts";
import { commonScale, type Scale, sparkline } from "../../show/draw/curve.ts";
import { displayWidth, flow, padEnd, padStart } from "../../show/draw/width.ts";
import {
  formatCount,
  formatDuration,
  formatFixed,
  formatPercent,
  formatProgress,
  formatQuantity,
  formatScientific,
  formatShort,
} from "../../show/numbers.ts";
import { healthOf } from "../console/grid.ts";
import { fallingScale } from "./chart.ts";
import type { JobState } from "./job-state.ts";
import type { PaneFrame } from "./pane-frame.ts";
import { doingOf, fewerReplicas, resultText, shortTitle, signOf, titleOf } from "./state-words.ts";

const LABEL = 8;
const RESULT_WIDTH = 8;

/** "● training", and at the other end how far. */
export function stateLine(state: JobState, { content, colours, unicode }: PaneFrame): string {
  const doing = doingOf(state);
  const left = `${colours[doing.tone](signOf(doing, unicode))} ${doing.text}`;
  const { plan, stepsDone, progress } = state.view.run;
  const counted = plan === undefined ? progress : { done: stepsDone, total: plan.stepsTotal };
  if (counted === undefined) return left;
  const what = plan === undefined ? "" : "step ";
  const long = `${what}${formatCount(counted.done)} of ${formatCount(counted.total)}`;
  const short = formatCount(counted.done);
  const room = content - displayWidth(left) - 1;
  const right = [long, short].find((text) => displayWidth(text) <= room);
  return right === undefined ? left : `${left}${colours.quiet(padStart(right, room + 1))}`;
}

/** The whole run, or what is being done instead of training. */
export function barLine({ view }: JobState, { content, colours, unicode }: PaneFrame): string {
  const { plan, phase, stepsDone, progress, atMs, status } = view.run;
  const isTraining = phase?.name === "training" || progress === undefined;
  const whole = plan && { done: stepsDone, total: plan.stepsTotal };
  const { done, total } = (isTraining ? (whole ?? progress) : progress) ?? { done: 0, total: 1 };
  const leftMs = status === "running" && isTraining ? remainingMs(view.run, atMs) : undefined;
  const time = leftMs === undefined ? "" : `${formatDuration(leftMs)} left`;
  const share = padStart(formatProgress(done, total), 6);
  const width = Math.max(5, content - displayWidth(share) - TIME_WIDTH);
  const bar = progressBar(done / total, { width, unicode, paint: colours.accent });
  return `${bar}${share}${padStart(time, TIME_WIDTH)}`;
}

/** "12 min 05 s left" */
const TIME_WIDTH = 17;

/** What is learned: the loss, or the reward where that is what counts, with its curve. */
export function resultLine(state: JobState, frame: PaneFrame, withCurve: boolean): string[] {
  const step = state.view.run.lastStep;
  if (step === undefined) return [];
  const { content, colours, unicode } = frame;
  const { policy, text } = step;
  const task = taskLoss(step);
  const loss = task === undefined ? "skipped" : formatFixed(task, 4);
  const label = policy === undefined ? "loss" : "reward";
  const value = policy === undefined ? loss : formatFixed(policy.reward, 3);
  const details = [
    policy && `loss ${loss}`,
    policy && `entropy ${formatFixed(policy.entropy, 3)}`,
    text?.perplexity === undefined ? undefined : `perplexity ${formatFixed(text.perplexity, 2)}`,
  ].filter((item) => item !== undefined);
  const room = content - LABEL - RESULT_WIDTH;
  if (!withCurve || room < 5) return [row(label, listed([value, ...details], frame), frame)];
  const { results } = state.history;
  const curve = sparkline(results, { width: room, unicode, scale: scaleOf(state) }).trimEnd();
  return [row(label, `${padEnd(value, RESULT_WIDTH)}${colours.accent(curve)}`, frame)];
}

/** Of the curve of the whole run. */
export function scaleOf({ history, view }: JobState): Scale {
  const { results } = history;
  return view.run.lastStep?.policy === undefined ? fallingScale(results) : commonScale([results]);
}

export function rateLine({ view }: JobState, frame: PaneFrame): string[] {
  const step = view.run.lastStep;
  if (step === undefined) return [];
  const norm = step.gradientNorm;
  const items = [
    formatScientific(step.learningRate),
    norm === undefined
      ? undefined
      : `gradient ${formatFixed(norm, 3)}${step.clipped ? " clipped" : ""}`,
    step.policy && `${formatCount(step.policy.responseTokens)} tokens a response`,
  ].filter((item) => item !== undefined);
  return [row("rate", listed(items, frame), frame)];
}

export function speedLine({ view }: JobState, frame: PaneFrame): string[] {
  const { lastStep } = view.run;
  const text = lastStep?.text;
  if (lastStep === undefined || text === undefined) return [];
  const items = [
    `${formatShort(text.tokensPerSecond)} tokens/s`,
    `MFU ${formatFixed(text.mfu * 100, 1)} %`,
    `${formatFixed(text.tflopsPerGpu, 0)} TFLOP/s a GPU`,
    `${formatFixed(lastStep.durationMs / 1000, 2)} s a step`,
  ];
  return [row("speed", listed(items, frame), frame)];
}

export function goodputLine({ view }: JobState, frame: PaneFrame): string[] {
  const { clusterStatus: status, restarts, evaluation } = view.run;
  if (status === undefined) return [];
  const items = [
    formatPercent(status.goodput),
    restarts === 0 ? "no restart" : formatQuantity(restarts, "restart"),
    evaluation && `validation ${formatFixed(evaluation.loss, 4)}`,
    `${formatQuantity(status.spareNodes, "spare node")}`,
  ].filter((item) => item !== undefined);
  return [row("goodput", listed(items, frame), frame)];
}

/**
 * "1 016 ok · 6 warm · 2 hot · 8 lost": of all GPUs. Those that no sample shows count as well, for
 * a node that something is wrong with is in every sample. Where the job goes on with fewer,
 * "112 of 128 · 7 of 8 replicas · 1 node in repair".
 */
export function gpusLine(state: JobState, frame: PaneFrame): string[] {
  const { clusterStatus: status, described } = state.view.run;
  const machines = described.cluster;
  if (machines === undefined) return [];
  const { good, warning, bad } = frame.colours;
  const { warm, hot, lost } = troubledGpus(state);
  const well = Math.max(0, machines.gpuCount - warm - hot - lost);
  const { worldSize } = status ?? {};
  const items = [
    worldSize === undefined
      ? good(`${formatCount(well)} ok`)
      : warning(`${formatCount(worldSize)} of ${formatCount(machines.gpuCount)}`),
    warm > 0 ? warning(`${formatCount(warm)} warm`) : undefined,
    hot > 0 ? bad(`${formatCount(hot)} hot`) : undefined,
    lost > 0 ? bad(`${formatCount(lost)} lost`) : undefined,
    ...missingItems(state).map(warning),
    status && `${Math.round(status.temperatureC)}${frame.unicode ? "°" : " C"} on average`,
  ].filter((item) => item !== undefined);
  return [row("GPUs", listed(items, frame), frame)];
}

function troubledGpus({ view, lost }: JobState) {
  const { clusterStatus: status, described } = view.run;
  const counts = { warm: 0, hot: 0, lost: 0 };
  for (const one of lost)
    counts.lost += one.endsWith(":*") ? (described.cluster?.gpusPerNode ?? 0) : 1;
  for (const { node, gpus } of status?.nodes ?? []) {
    for (const [index, gpu] of gpus.entries()) {
      if (lost.has(`${node}:${index}`) || lost.has(`${node}:*`)) continue;
      const health = healthOf(gpu, status?.memoryBytesTotal ?? 1);
      if (health === "warning") counts.warm += 1;
      if (health === "bad") counts.hot += 1;
    }
  }
  return counts;
}

/** Of a job on fewer machines than it was made for. */
function missingItems(state: JobState): string[] {
  const replicas = fewerReplicas(state);
  const away = state.view.run.clusterStatus?.nodesInRepair?.length ?? 0;
  const repair = away === 0 ? [] : [`${formatQuantity(away, "node")} in repair`];
  return replicas === undefined ? repair : [replicas, ...repair];
}

/** A job that has no pane: what matters of it, as much as fits. */
export function jobLine(state: JobState, { content, colours, unicode }: PaneFrame): string {
  const { job, view } = state;
  const { plan, stepsDone, lastStep } = view.run;
  const doing = doingOf(state);
  const sign = colours[doing.tone](signOf(doing, unicode));
  const items = [
    `${colours.strong(String(job))} ${sign} ${shortTitle(titleOf(state))}`,
    plan && formatProgress(stepsDone, plan.stepsTotal),
    lastStep && resultText(lastStep),
    doing.text,
  ].filter((item) => item !== undefined);
  return flow(items, { width: content, linesMax: 1 })[0] ?? String(job);
}

function row(label: string, text: string, { colours }: PaneFrame): string {
  return `${colours.quiet(padEnd(label, LABEL))}${text}`;
}

/** As many items as fit beside a label. */
function listed(items: readonly string[], { content }: PaneFrame): string {
  return flow(items, { width: Math.max(1, content - LABEL), linesMax: 1 })[0] ?? "";
}
