/** The live view of a simulated run, block by block. */

import { remainingMs } from "../../events/remaining.ts";
import type { RunState } from "../../events/run-state.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { type Block, type Frame, row, titleLine } from "../../show/console/frame.ts";
import type { View } from "../../show/console/view.ts";
import { progressBar } from "../../show/draw/bar.ts";
import { commonScale, sparkline } from "../../show/draw/curve.ts";
import { displayWidth, flow, padEnd, padStart, plainText, wrap } from "../../show/draw/width.ts";
import {
  formatBriefDuration,
  formatBytes,
  formatCount,
  formatEnergy,
  formatFixed,
  formatPercent,
  formatProgress,
  formatQuantity,
  formatScientific,
  formatSeconds,
  formatShort,
  formatWatts,
} from "../../show/numbers.ts";
import { gridLines } from "./grid.ts";
import type { History } from "./history.ts";
import { samplesText } from "./samples.ts";

const VALUE_WIDTH = 10;
const EPOCH_BAR_WIDTH = 25;
/** Its cells, and the ends. */
const EXPORT_BAR_WIDTH = 30 + 2;

export function simulatedBlocks(view: View, history: History, frame: Frame): Block[] {
  const spacer = (importance: number): Block => ({ importance: importance + 10, lines: [""] });
  return [
    spacer(4),
    { importance: 0, lines: titleLines(view, frame) },
    nowBlock(view, frame),
    spacer(5),
    epochBlock(view, frame),
    barBlock(view, frame),
    placeBlock(view, frame),
    spacer(6),
    ...curveBlocks(view, history, frame),
    speedBlock(view, frame),
    ...clusterBlocks(view, frame),
    spacer(7),
    gridBlock(view, frame),
  ];
}

/** How the run is stopped, where that is done with a key. */
export function helpBlocks(help: string, { margin, colours }: Frame): Block[] {
  const spacer = { importance: 18, lines: [""] };
  return help === "" ? [] : [spacer, { importance: 3, lines: [`${margin}${colours.quiet(help)}`] }];
}

/** The run's name below the badge's end where it is too long to stand beside it in one row. */
export function titleLines(view: View, frame: Frame): string[] {
  const { colours, content, margin } = frame;
  const badge = colours.badge(" SIMULATED ");
  const indent = displayWidth(badge) + 1;
  const room = Math.max(1, content - indent);
  const [first = "", ...rest] = wrap(plainText(view.run.started?.title ?? ""), room);
  if (rest.length === 0) return [titleLine(view, frame)];
  return [
    `${margin}${badge} ${colours.strong(first)}`,
    ...rest.map((row) => `${margin}${" ".repeat(indent)}${colours.strong(row)}`),
  ];
}

function nowBlock({ run }: View, { margin, content }: Frame): Block {
  const rows = wrap(plainText(run.phase?.text ?? "Starting"), content);
  return { importance: 1, lines: rows.map((row) => `${margin}${row}`) };
}

/** The epoch that is going on; the bar is full when it is done. */
function epochBlock({ run }: View, { margin, colours, unicode, content }: Frame): Block {
  const { plan } = run;
  if (plan === undefined || plan.epochsTotal === 1) return { importance: 4, lines: [] };
  const { stepsPerEpoch, epochsTotal } = plan;
  const epoch = Math.max(1, Math.ceil(run.stepsDone / stepsPerEpoch));
  const done = run.stepsDone - (epoch - 1) * stepsPerEpoch;
  const width = Math.min(EPOCH_BAR_WIDTH, Math.max(5, content - 24));
  const bar = progressBar(done / stepsPerEpoch, { width, unicode, paint: colours.accent });
  const share = padStart(formatProgress(done, stepsPerEpoch), 6);
  return { importance: 4, lines: [`${margin}${bar}${share}  epoch ${epoch}/${epochsTotal}`] };
}

/** The whole run; while something else is going on (saving, validating, exporting), that. */
function barBlock(view: View, frame: Frame): Block {
  const { run } = view;
  const isTraining = run.phase?.name === "training" || run.progress === undefined;
  const whole = run.plan && { done: run.stepsDone, total: run.plan.stepsTotal };
  const progress = isTraining ? whole : run.progress;
  if (progress === undefined) return { importance: 0, lines: [] };
  const { content, margin, colours, unicode } = frame;
  const wide = margin !== "";
  const leftMs = isTraining ? remainingMs(run, frame.atMs) : undefined;
  const time =
    leftMs === undefined ? "" : `${(wide ? formatSeconds : formatBriefDuration)(leftMs)} left`;
  const room = content - 8 - Math.max(wide ? 16 : 12, displayWidth(time));
  const bar = progressBar(progress.done / progress.total, {
    width: run.phase?.name === "exporting" ? Math.min(EXPORT_BAR_WIDTH, room) : room,
    unicode,
    paint: colours.accent,
  });
  const share = padStart(formatProgress(progress.done, progress.total), 6);
  return { importance: 0, lines: [`${margin}${bar}${share}  ${time}`] };
}

function placeBlock({ run }: View, { margin, content, colours, atMs }: Frame): Block {
  const { plan, stepsDone, lastStep } = run;
  if (plan === undefined) return { importance: 3, lines: [] };
  const { tokens = 0, consumedTokens = 0 } = lastStep?.text ?? {};
  const tokensTotal = plan.tokensTotal ?? plan.stepsTotal * tokens;
  const items = [
    `step ${formatCount(stepsDone)} of ${formatCount(plan.stepsTotal)}`,
    `${formatShort(consumedTokens)} of ${formatShort(tokensTotal)} tokens`,
    `${formatBriefDuration(atMs)} so far`,
  ].filter((_, index) => index !== 1 || tokens > 0);
  const lines = flow(items, { width: content, linesMax: 2 });
  return { importance: 3, lines: lines.map((line) => `${margin}${colours.quiet(line)}`) };
}

function curveBlocks(view: View, history: History, frame: Frame): Block[] {
  const { lastStep: step, evaluation } = view.run;
  if (step === undefined) return [];
  const loss = taskLoss(step);
  const ppl = step.text?.perplexity;
  const norm = step.gradientNorm;
  const details = [
    step.policy && `reward ${formatFixed(step.policy.reward, 3)}`,
    step.policy && `${formatCount(step.policy.responseTokens)} tokens a response`,
    ppl === undefined ? undefined : `perplexity ${formatFixed(ppl, 2)}`,
    norm === undefined
      ? undefined
      : `gradient ${formatFixed(norm, 3)}${step.clipped ? ", clipped" : ""}`,
    evaluation && `validation ${formatFixed(evaluation.loss, 4)}`,
  ].filter((item) => item !== undefined);
  const [detail = ""] = flow(details, { width: frame.content - frame.label, linesMax: 1 });
  return [
    {
      importance: 2,
      lines: [
        curve("loss", loss === undefined ? "skipped" : formatFixed(loss, 4), {
          values: view.recentLosses.map((one) => one.loss),
          frame,
        }),
      ],
    },
    { importance: 6, lines: [row("", frame.colours.quiet(detail), frame)] },
    {
      importance: 5,
      lines: [curve("rate", formatScientific(step.learningRate), { values: history.rates, frame })],
    },
  ];
}

function curve(
  label: string,
  value: string,
  { values, frame }: { readonly values: readonly number[]; readonly frame: Frame },
): string {
  const { colours, unicode } = frame;
  const width = frame.content - frame.label - VALUE_WIDTH;
  const scale = commonScale([values]);
  const line = width < 8 ? "" : sparkline(values, { width, unicode, scale }).trimEnd();
  return row(label, `${padEnd(value, VALUE_WIDTH)}${colours.accent(line)}`, frame);
}

function speedBlock({ run, stepMs }: View, frame: Frame): Block {
  const step = run.lastStep;
  // While something else is read, what training made of its time says nothing.
  const readRate = run.progress?.tokensPerSecond;
  if (readRate !== undefined) {
    const text = `${formatShort(readRate)} tok/s, ${run.progress?.phase ?? ""}`;
    return { importance: 5, lines: [row("speed", text, frame)] };
  }
  if (step?.text === undefined || stepMs === undefined) return { importance: 5, lines: [] };
  const { tokensPerSecond, mfu, tflopsPerGpu } = step.text;
  const items = [
    `${formatShort(tokensPerSecond)} tok/s`,
    samplesText(step),
    `MFU ${formatFixed(mfu * 100, 1)} % (causal)`,
    `${formatFixed(stepMs / 1000, 2)} s a step`,
    `${formatFixed(tflopsPerGpu, 0)} TFLOP/s/GPU`,
  ].filter((item) => item !== undefined);
  const [line = ""] = flow(items, { width: frame.content - frame.label, linesMax: 1 });
  return { importance: 5, lines: [row("speed", line, frame)] };
}

function clusterBlocks({ run }: View, frame: Frame): Block[] {
  const { clusterStatus: status, restarts } = run;
  if (status === undefined) return [];
  const width = frame.content - frame.label;
  const [machines = ""] = flow(
    [
      `${formatQuantity(status.nodesHealthy, "node")} well`,
      `${formatCount(status.spareNodes)} spare`,
      `goodput ${formatPercent(status.goodput)}`,
      restarts === 0 ? "no restart" : formatQuantity(restarts, "restart"),
    ],
    { width, linesMax: 1 },
  );
  const [power = ""] = flow(
    [
      formatWatts(status.powerWatts),
      `${formatEnergy(status.energyJoules)} so far`,
      `${Math.round(status.temperatureC)} C on average`,
      `${formatBytes(status.memoryBytesTotal)} a GPU`,
    ],
    { width, linesMax: 1 },
  );
  return [
    { importance: 6, lines: [row("nodes", machines, frame)] },
    ...replicaBlocks(run, frame),
    { importance: 7, lines: [row("power", power, frame)] },
  ];
}

/** Only while some of them are missing. */
function replicaBlocks({ clusterStatus, described }: RunState, frame: Frame): Block[] {
  const { dataParallel, worldSize, nodesInRepair = [] } = clusterStatus ?? {};
  if (dataParallel === undefined || worldSize === undefined) return [];
  const of =
    described.cluster === undefined ? "" : ` of ${formatCount(described.cluster.dataParallel)}`;
  const away = nodesInRepair.length;
  const items = [
    `${formatCount(dataParallel)}${of} replicas`,
    `world size ${formatCount(worldSize)}`,
    ...(away === 0 ? [] : [`${formatQuantity(away, "node")} in repair`]),
  ];
  const [text = ""] = flow(items, { width: frame.content - frame.label, linesMax: 1 });
  return [{ importance: 4, lines: [row("job", frame.colours.warning(text), frame)] }];
}

function gridBlock({ run: { clusterStatus: status } }: View, frame: Frame): Block {
  if (status === undefined) return { importance: 4, lines: [] };
  const { margin, colours, unicode, width, height } = frame;
  const room = width - margin.length;
  const lines = gridLines(status, { width: room, colours, unicode });
  // A grid that would push everything else off the screen is drawn compact.
  const compact =
    lines.length > Math.max(4, height - 16)
      ? gridLines(status, { width: Math.min(room, 99), colours, unicode })
      : lines;
  return { importance: 4, lines: compact.map((line) => `${margin}${line}`) };
}
