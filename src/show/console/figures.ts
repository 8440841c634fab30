/** The labelled rows of the live view: verdict, losses, speed, previews, checkpoints. */

import type { EpochDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { commonScale, sparkline } from "../draw/curve.ts";
import { displayWidth, flow, padEnd, plainText, truncatePath } from "../draw/width.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatNumber,
  formatQuantity,
  formatRate,
  formatSeconds,
} from "../numbers.ts";
import { type Block, type Frame, paragraph, row } from "./frame.ts";
import { epochMs, newestPreview, type View } from "./view.ts";
import { gapText, previewWords, verdictWords } from "./words.ts";

const LOSS_WIDTH = 8;
const WARNING_SHOWN_MS = 60_000;

export function figureBlocks(view: View, frame: Frame): Block[] {
  return [
    verdictBlock(view, frame),
    lossBlock(view, frame),
    speedBlock(view, frame),
    listenBlock(view, frame),
    savedBlock(view, frame),
    detailBlock(view, frame),
    warningBlock(view, frame),
  ];
}

/** The verdict in words, its first part painted. */
export function verdictRow(view: View, frame: Frame): string[] {
  const verdict = view.run.epochs.at(-1)?.verdict;
  if (verdict === undefined) return [];
  const { short, advice, tone } = verdictWords[verdict];
  const paint = frame.colours[tone];
  const lines = paragraph(frame.colours.quiet("verdict"), `${short}: ${advice}`, frame);
  return lines.map((line) => line.replace(short, paint(short)));
}

function verdictBlock(view: View, frame: Frame): Block {
  const known = verdictRow(view, frame);
  if (known.length > 0 || view.run.lastStep === undefined) return { importance: 1, lines: known };
  const early = row("verdict", frame.colours.quiet("after the first epoch"), frame);
  return { importance: 4, lines: [early] };
}

/** Training and validation on one scale, so that their divergence is visible. */
export function lossBlock({ run, recentLosses }: View, frame: Frame): Block {
  const { colours, unicode } = frame;
  const width = frame.content - frame.label - LOSS_WIDTH - 2;
  const line = (label: string, values: readonly number[], scale = commonScale([values])) => {
    const value = padEnd(formatLoss(values.at(-1) ?? Number.NaN), LOSS_WIDTH + 2);
    const curve = width < 8 ? "" : sparkline(values, { width, unicode, scale }).trimEnd();
    return row(label, `${value}${colours.accent(curve)}`, frame);
  };
  if (run.epochs.length === 0) {
    if (recentLosses.length === 0) return { importance: 2, lines: [] };
    return {
      importance: 2,
      lines: [
        line(
          "loss",
          recentLosses.map(({ loss }) => loss),
        ),
      ],
    };
  }
  const train = run.epochs.map(({ trainLosses }) => taskLoss(trainLosses));
  const validation = run.epochs.map(({ validationLosses }) => taskLoss(validationLosses));
  const scale = commonScale([train, validation], { logarithmic: true });
  return {
    importance: 2,
    lines: [line("training", train, scale), line("validation", validation, scale)],
  };
}

function speedBlock(view: View, frame: Frame): Block {
  const { audioSecondsPerSecond, stepMs } = view;
  if (stepMs === undefined) return { importance: 5, lines: [] };
  const long =
    audioSecondsPerSecond === undefined
      ? formatRate(1000 / stepMs, "step")
      : `${formatNumber(audioSecondsPerSecond)} s of sound learned per second`;
  const room = frame.content - frame.label;
  const text = displayWidth(long) <= room ? long : long.replace(" learned per second", " a second");
  return { importance: 5, lines: [row("speed", text, frame)] };
}

/** The newest previews with their paths; the file name stays whole. */
function listenBlock(view: View, frame: Frame): Block {
  const [sample, original, reconstruction] = (
    ["sample", "original", "reconstruction"] as const
  ).map((kind) => newestPreview(view, kind));
  const pair =
    original !== undefined && original.step === reconstruction?.step ? original : undefined;
  const made = [sample, pair, reconstruction].filter((preview) => preview !== undefined);
  const wide = frame.content >= 70;
  const lines = made.map((preview, index) => {
    const kind = wide ? padEnd(previewWords[preview.kind], 10) : "";
    const room = frame.content - frame.label - displayWidth(kind);
    const path = truncatePath(plainText(preview.path), Math.max(1, room));
    return row(index === 0 ? "listen" : "", `${frame.colours.quiet(kind)}${path}`, frame);
  });
  return { importance: 3, lines };
}

function savedBlock({ run: { checkpoint } }: View, frame: Frame): Block {
  if (checkpoint === undefined) return { importance: 6, lines: [] };
  const agoMs = Math.max(0, frame.atMs - checkpoint.atMs);
  const ago = agoMs < 1500 ? "just now" : `${formatSeconds(agoMs)} ago`;
  const items = [`step ${formatCount(checkpoint.step)}, ${ago}`, formatBytes(checkpoint.bytes)];
  const [line] = flow(items, { width: frame.content - frame.label, linesMax: 1 });
  return { importance: 6, lines: line === undefined ? [] : [row("saved", line, frame)] };
}

/** Details for engineers; dimmed, and the first to be left out. */
function detailBlock(view: View, frame: Frame): Block {
  const { run, stepMs, audioSecondsPerSecond } = view;
  const step = run.lastStep;
  const epoch = run.epochs.at(-1);
  if (step === undefined) return { importance: 8, lines: [] };
  const items = [
    epoch && gapText(epoch),
    run.bestEpoch
      ? `best in epoch ${formatCount(run.bestEpoch.epoch)}`
      : epoch && run.start && "best before the first step",
    ...(epoch ? latentItems(epoch) : []),
    `learning rate ${formatNumber(step.learningRate)}`,
    step.gradientNorm === undefined ? undefined : `gradient ${formatNumber(step.gradientNorm)}`,
    stepMs === undefined || audioSecondsPerSecond === undefined
      ? undefined
      : formatRate(1000 / stepMs, "step"),
    epoch && `${formatDuration(epochMs(view) ?? Number.NaN)} an epoch`,
    run.memoryBytes === undefined ? undefined : `${formatBytes(run.memoryBytes)} of memory`,
    run.warnings.length > 0 ? formatQuantity(run.warnings.length, "warning") : undefined,
    run.skippedSteps > 0 ? `${formatQuantity(run.skippedSteps, "step")} skipped` : undefined,
  ].filter((item) => item !== undefined);
  const lines = flow(items, { width: frame.content - frame.label, linesMax: 3 });
  const quiet = lines.map((line, index) =>
    row(index === 0 ? "details" : "", frame.colours.quiet(line), frame),
  );
  return { importance: 8, lines: quiet };
}

/** For a variational autoencoder: how much information its latents carry. */
function latentItems({ latents, validationLosses: { vae } }: EpochDone): string[] {
  if (latents === undefined) return [];
  const { klDivergence, activeUnits, dimensions } = latents;
  const times = vae === undefined ? "" : ` × ${formatNumber(vae.klWeight)}`;
  return [
    `KL ${formatNumber(klDivergence)}${times}`,
    `${activeUnits} of ${dimensions} dimensions in use`,
  ];
}

/** The newest warning stays visible for a while after its own line has scrolled away. */
function warningBlock({ run }: View, frame: Frame): Block {
  const warning = run.warnings.at(-1);
  if (warning === undefined || frame.atMs - warning.atMs > WARNING_SHOWN_MS) {
    return { importance: 2, lines: [] };
  }
  const label = frame.colours.warning("warning");
  const text = paragraph(label, plainText(warning.text), frame).slice(0, 3);
  const hint = paragraph("", plainText(warning.hint ?? ""), frame).slice(0, 2);
  return { importance: 2, lines: [...text, ...hint] };
}
