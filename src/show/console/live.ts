/**
 * The live view of a run: state -> lines.
 *
 * Pure, and exact: no line is wider than the terminal, no view is taller. The view is a list
 * of blocks; where the terminal is low, the least important blocks are left out. A new kind
 * of run adds a block here and nothing else.
 */

import { remainingMs } from "../../events/remaining.ts";
import { progressBar } from "../draw/bar.ts";
import { displayWidth, flow, padStart, plainText } from "../draw/width.ts";
import { formatBriefDuration, formatCount, formatProgress, formatSeconds } from "../numbers.ts";
import { figureBlocks } from "./figures.ts";
import {
  type Block,
  type Frame,
  type FrameOptions,
  finished,
  frameOf,
  titleLine,
} from "./frame.ts";
import { currentEpoch, isSimulated, type View } from "./view.ts";

export function liveLines(view: View, options: FrameOptions): string[] {
  const frame = frameOf(options);
  const blocks = [
    spacer(4),
    titleBlock(view, frame),
    nowBlock(view, frame),
    spacer(5),
    barBlock(view, frame),
    placeBlock(view, frame),
    spacer(6),
    ...figureBlocks(view, frame),
    spacer(7),
    helpBlock(view, frame),
  ];
  return fitted(blocks, options.height).map((line) => finished(line, options));
}

function titleBlock(view: View, frame: Frame): Block {
  return { importance: 0, lines: [titleLine(view, frame)] };
}

/** What is going on, as the run itself says it. */
function nowBlock({ run }: View, { margin }: Frame): Block {
  const text = plainText(run.phase?.text ?? (run.status === "waiting" ? "Starting" : "Running"));
  const { progress } = run;
  const part =
    progress === undefined || progress.total <= 1 || run.phase?.name === "training"
      ? ""
      : ` · ${formatCount(progress.done)} of ${formatCount(progress.total)}`;
  return { importance: 1, lines: [`${margin}${text}${part}`] };
}

/** With the part that is done of the next item. */
function withShare(
  progress: View["run"]["progress"],
): { readonly done: number; readonly total: number } | undefined {
  return progress && { done: progress.done + (progress.share ?? 0), total: progress.total };
}

/** The whole run; before there is a plan, the phase that is going on. */
function barBlock(view: View, frame: Frame): Block {
  const { run } = view;
  const whole = run.plan && { done: run.stepsDone, total: run.plan.stepsTotal };
  const progress = whole ?? withShare(run.progress);
  if (progress === undefined) return { importance: 0, lines: [] };
  const { content, margin, colours, unicode } = frame;
  const wide = margin !== "";
  const leftMs = whole && remainingMs(run, frame.atMs);
  const time =
    leftMs === undefined ? "" : `${(wide ? formatSeconds : formatBriefDuration)(leftMs)} left`;
  const text = `${padStart(formatProgress(progress.done, progress.total), 6)}  `;
  const bar = progressBar(progress.done / progress.total, {
    width: content - 8 - Math.max(wide ? 16 : 12, displayWidth(time)),
    unicode,
    paint: colours.accent,
  });
  return { importance: 0, lines: [`${margin}${bar}${text}${time}`] };
}

/** Where in the run we are, under the bar. */
function placeBlock(view: View, { margin, content, colours, atMs }: Frame): Block {
  const { plan, stepsDone } = view.run;
  if (plan === undefined) return { importance: 3, lines: [] };
  const epoch = Math.max(1, currentEpoch(view));
  const items = [
    `epoch ${formatCount(epoch)} of ${formatCount(plan.epochsTotal)}`,
    `step ${formatCount(stepsDone)} of ${formatCount(plan.stepsTotal)}`,
    `${formatBriefDuration(atMs)} so far`,
  ];
  const lines = flow(items, { width: content, linesMax: 2 });
  return { importance: 3, lines: lines.map((line) => `${margin}${colours.quiet(line)}`) };
}

function helpBlock(view: View, { margin, colours }: Frame): Block {
  const text = isSimulated(view)
    ? "Ctrl-C stops the simulation"
    : "Ctrl-C stops and keeps everything";
  return { importance: 2, lines: [`${margin}${colours.quiet(text)}`] };
}

function spacer(importance: number): Block {
  return { importance: importance + 10, lines: [""] };
}

/** Leaves out the least important blocks until the rest fits. */
export function fitted(blocks: readonly Block[], height: number): string[] {
  let kept = blocks.filter(({ lines }) => lines.length > 0);
  while (kept.length > 1 && kept.reduce((sum, { lines }) => sum + lines.length, 0) > height) {
    const least = Math.max(...kept.map(({ importance }) => importance));
    const at = kept.findLastIndex(({ importance }) => importance === least);
    kept = kept.filter((_, index) => index !== at);
  }
  return kept
    .flatMap(({ lines }) => lines)
    .filter((line, index, all) => line !== "" || all[index - 1] !== "")
    .slice(0, Math.max(1, height));
}
