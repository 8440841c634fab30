/**
 * Formats events as permanent lines: above the live view, and without a terminal.
 *
 * `lineSelector` decides which events get a line and how often: a long run must not flood the log, but
 * must show that it is still running.
 */

import type {
  CorpusRead,
  EpochDone,
  PlanMade,
  PreviewMade,
  RunEvent,
  RunStarted,
} from "../../events/events.ts";
import { remainingMs } from "../../events/remaining.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { coloursFor } from "../draw/colours.ts";
import { displayWidth, padEnd, padStart, plainText, truncatePath, wrap } from "../draw/width.ts";
import {
  asciiText,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatLoss,
  formatNumber,
  formatPercent,
  formatProgress,
  formatQuantity,
  formatSeconds,
} from "../numbers.ts";
import type { FrameOptions } from "./frame.ts";
import { endedText, outcomeWord } from "./summary.ts";
import { isSimulated, type View } from "./view.ts";
import { gapText, previewWords, verdictWords } from "./words.ts";

/** One line that stays, in parts. */
export interface LogLine {
  /** One word that says what kind of line this is. */
  readonly subject: string;
  readonly text: string;
  readonly path?: string | undefined;
  readonly hint?: string | undefined;
  readonly tone?: "good" | "warning" | "bad" | undefined;
}

const STEP_EVERY_MS = 10_000;
const PROGRESS_EVERY_MS = 10_000;
const ROUTINE_CHECKPOINT_EVERY_MS = 60_000;
const PLAN_EVERY_MS = 60_000;
const EPOCH_EVERY_MS = 1000;
/** The first epochs are all printed, however fast they come. */
const EPOCHS_ALWAYS = 20;
/** More held-out files than this are in run.json. */
const NAMED_FILES = 8;
const DATE_COLUMNS = 8;
const SUBJECT_COLUMNS = 11;

/** Remembers what was printed when; one per console. */
export interface LineSelector {
  /** @param view The view after the event. @returns undefined for an event not worth a line now. */
  lineFor(event: RunEvent, view: View): LogLine | undefined;
}

/**
 * @param everything True where nothing but these lines is seen: phases, steps, epochs and
 *   checkpoints too. Otherwise only what should stay above a live view.
 */
export function lineSelector({ everything }: { readonly everything: boolean }): LineSelector {
  const writtenAtMs = new Map<string, number>();
  const due = (kind: string, atMs: number, everyMs: number): boolean => {
    if (atMs - (writtenAtMs.get(kind) ?? Number.NEGATIVE_INFINITY) < everyMs) return false;
    writtenAtMs.set(kind, atMs);
    return true;
  };
  return {
    lineFor(event, view) {
      if (event.type === "preview-made" && !due(event.path, event.atMs, Number.POSITIVE_INFINITY)) {
        // The recording that is rebuilt all through the run.
        return undefined;
      }
      if (!everything && event.type === "plan-made") {
        // What was chosen stays in sight once; how long it takes is in the view, and may change.
        const once = due("plan", event.atMs, Number.POSITIVE_INFINITY);
        return once && chosen(event.configuration).length > 0 ? planLine(event) : undefined;
      }
      if (!everything) return lasting(event, view);
      switch (event.type) {
        case "phase-progress":
          return due("progress", event.atMs, PROGRESS_EVERY_MS) ? progressLine(event) : undefined;
        case "step-done":
          return due("step", event.atMs, STEP_EVERY_MS) ? stepLine(view) : undefined;
        case "epoch-done": {
          const worth =
            due("epoch", event.atMs, EPOCH_EVERY_MS) ||
            event.epoch <= EPOCHS_ALWAYS ||
            event.epoch === event.epochsTotal ||
            view.run.epochs.at(-2)?.verdict !== event.verdict;
          if (worth) writtenAtMs.set("step", event.atMs);
          return worth ? epochLine(event, view) : undefined;
        }
        case "plan-made":
          // A run by time plans again after most epochs, whose lines say of how many.
          return due("plan", event.atMs, PLAN_EVERY_MS) ? planLine(event) : undefined;
        case "checkpoint-saved": {
          const routine = event.reason === "time" || event.reason === "best";
          if (routine && !due("checkpoint", event.atMs, ROUTINE_CHECKPOINT_EVERY_MS))
            return undefined;
          return {
            subject: "saved",
            text: `step ${formatCount(event.step)}, ${formatBytes(event.bytes)},`,
            path: event.path,
          };
        }
        case "start-measured":
          return {
            subject: "start",
            text: `before the first step, training ${formatLoss(event.trainTaskLoss)}, validation ${formatLoss(event.validationTaskLoss)}`,
          };
        case "phase-started":
          return { subject: event.phase, text: plainText(event.text) };
        default:
          return lasting(event, view);
      }
    },
  };
}

/** A line for a log file or a pipe: no colours, no cutting, no line breaks; paths as they are. */
export function plainLine(line: LogLine, event: RunEvent, view: View): string {
  const label = isSimulated(view) ? "[simulated] " : "";
  const path = line.path === undefined ? "" : ` ${plainText(line.path)}`;
  const hint = line.hint === undefined ? "" : ` (${plainText(line.hint)})`;
  const time = padStart(formatClock(event.atMs), DATE_COLUMNS - 2);
  return `${label}${time}  ${line.subject}: ${asciiText(line.text)}${path}${hint}`;
}

/** Lines above a live view, none wider than the terminal. */
export function lastingLines(line: LogLine, options: FrameOptions): string[] {
  const { width, colour, unicode, atMs } = options;
  const colours = coloursFor(colour);
  const paint = line.tone === undefined ? colours.quiet : colours[line.tone];
  const time = colours.quiet(padEnd(padStart(formatClock(atMs), DATE_COLUMNS - 2), DATE_COLUMNS));
  const lead = `${time}${paint(padEnd(line.subject, SUBJECT_COLUMNS))}`;
  const indent = displayWidth(lead);
  const room = width - indent;
  if (room < 16) return narrowLines(line, options);
  const lines = wrap(line.text, room);
  const path = line.path === undefined ? undefined : plainText(line.path);
  if (path !== undefined) {
    const last = lines.pop() ?? "";
    const rest = room - displayWidth(last) - 1;
    if (rest >= Math.min(24, displayWidth(path))) lines.push(`${last} ${truncatePath(path, rest)}`);
    else lines.push(last, truncatePath(path, room));
  }
  if (line.hint !== undefined) lines.push(...wrap(plainText(line.hint), room));
  const out = lines.map((line, index) => (index === 0 ? lead : " ".repeat(indent)) + line);
  return unicode ? out : out.map(asciiText);
}

/** Lines that the user may want to find again by scrolling back. */
function lasting(event: RunEvent, view: View): LogLine | undefined {
  switch (event.type) {
    case "run-started":
      return startLine(event);
    case "corpus-read":
      return corpusLine(event);
    case "preview-made":
      return {
        subject: previewWords[event.kind],
        text: previewText(event),
        path: event.path,
        tone: "good",
      };
    case "notice":
      return {
        subject: event.level === "warning" ? "warning" : "note",
        text: plainText(event.text),
        hint: event.hint,
        tone: event.level === "warning" ? "warning" : undefined,
      };
    case "model-saved":
      return {
        subject: "model",
        text: `${event.step === 0 ? "as before its first step" : `best at step ${formatCount(event.step)}`}, ${formatBytes(event.bytes)},`,
        path: event.path,
        tone: "good",
      };
    case "run-ended":
      return { subject: outcomeWord(event), text: endedText(view) };
    default:
      return undefined;
  }
}

function previewText({ epoch, durationSeconds, recording }: PreviewMade): string {
  const of = recording === undefined ? "" : ` of "${plainText(recording)}"`;
  return `epoch ${formatCount(epoch)}, ${formatDuration(durationSeconds * 1000)}${of},`;
}

function planLine(plan: PlanMade): LogLine {
  const { epochsTotal, stepsTotal, batchSize, parameterCount, configuration, expectedMs } = plan;
  // How much fits into the minutes that were given is an estimate, which may change.
  const about = typeof configuration?.["minutes"] === "number" ? "about " : "";
  const parts = [
    `${about}${formatQuantity(epochsTotal, "epoch")}`,
    formatQuantity(stepsTotal, "step"),
    ...(expectedMs === undefined ? [] : [`about ${formatDuration(expectedMs)}`]),
    `batches of ${formatCount(batchSize)}`,
    `${formatQuantity(parameterCount, "number")} to learn`,
    ...chosen(configuration),
  ];
  return { subject: "plan", text: parts.join(", ") };
}

/** What a person may want to choose otherwise, of the settings of a training of ours. */
function chosen({ preset, model, learningRate }: NonNullable<PlanMade["configuration"]> = {}) {
  if (typeof preset !== "string" || typeof model !== "string") return [];
  const rate =
    typeof learningRate === "number" ? [`learning rate ${formatNumber(learningRate)}`] : [];
  return [`preset ${plainText(preset)}`, `model ${plainText(model)}`, ...rate];
}

function startLine({ source, title, device, seed, resumedAtStep }: RunStarted): LogLine {
  const what =
    source === "simulated" ? "simulated run, nothing here is measured" : plainText(device);
  const name = plainText(title);
  return resumedAtStep > 0
    ? { subject: "resumed", text: `${name} from step ${formatCount(resumedAtStep)}, ${what}` }
    : { subject: "started", text: `${name}, ${what}, seed ${seed}` };
}

function corpusLine(corpus: CorpusRead): LogLine {
  const { filesUsed, filesLeftOut, totalSeconds, trainFiles, validationFiles, folder } = corpus;
  const left = filesLeftOut === 0 ? "" : `, ${formatQuantity(filesLeftOut, "file")} left out`;
  const split =
    stretchText(corpus) ??
    `${formatCount(trainFiles.length)} to learn from, ${formatCount(validationFiles.length)} to check with${heldOut(corpus)}`;
  const sound = formatDuration(totalSeconds * 1000);
  return {
    subject: "recordings",
    text: `${formatQuantity(filesUsed, "file")}, ${sound} of sound${left}: ${split};`,
    path: folder,
  };
}

/** "0:41 to 0:53 of it to check with, the rest to learn from but for 2.0 s on each side" */
function stretchText({ heldOutStretch: stretch }: CorpusRead): string | undefined {
  if (stretch === undefined) return undefined;
  const [from, to] = [stretch.startSeconds, stretch.endSeconds].map((seconds) =>
    formatClock(seconds * 1000),
  );
  const guard = formatDuration(stretch.guardSeconds * 1000);
  return `${from} to ${to} of it to check with, the rest to learn from but for ${guard} on each side`;
}

/** By name: the listener wants to know which recordings were held out. */
function heldOut({ trainFiles, validationFiles }: CorpusRead): string {
  const learned = new Set(trainFiles);
  const held = validationFiles.filter((path) => !learned.has(path));
  if (held.length === 0) return "";
  const named = held.slice(0, NAMED_FILES).map((path) => `"${plainText(path)}"`);
  const more =
    held.length > named.length ? ` and ${formatCount(held.length - named.length)} more` : "";
  return ` (${named.join(", ")}${more})`;
}

function progressLine(event: Extract<RunEvent, { type: "phase-progress" }>): LogLine {
  const { phase, done, total, share } = event;
  if (share === undefined) {
    return { subject: phase, text: `${formatCount(done)} of ${formatCount(total)}` };
  }
  const next = `${formatCount(done + 1)} of ${formatCount(total)}`;
  return { subject: phase, text: `${next}: ${formatPercent(share)}` };
}

function stepLine(view: View): LogLine | undefined {
  const { lastStep: step, plan, atMs } = view.run;
  if (step === undefined) return undefined;
  const total = plan === undefined ? "" : ` of ${formatCount(plan.stepsTotal)}`;
  const share = plan === undefined ? undefined : formatProgress(step.step, plan.stepsTotal);
  const speed = view.audioSecondsPerSecond;
  const loss = taskLoss(step);
  const text = [
    `${formatCount(step.step)}${total}${share === undefined ? "" : ` (${share})`}`,
    loss === undefined ? "skipped" : `loss ${formatLoss(loss)}`,
    speed === undefined ? undefined : `${formatNumber(speed)} s of sound per second`,
    leftText(view, atMs),
  ].filter((part) => part !== undefined);
  return { subject: "step", text: text.join(", ") };
}

function epochLine(event: EpochDone, view: View): LogLine {
  const { short, advice } = verdictWords[event.verdict];
  const text = [
    `${formatCount(event.epoch)} of ${formatCount(event.epochsTotal)}`,
    `training ${formatLoss(taskLoss(event.trainLosses))}`,
    `validation ${formatLoss(taskLoss(event.validationLosses))}${event.best ? " (best)" : ""}`,
    gapText(event),
    event.verdict === "improving" ? short : `${short}: ${advice}`,
    leftText(view, view.run.atMs),
  ].filter((part) => part !== undefined);
  return { subject: "epoch", text: text.join(", ") };
}

function leftText(view: View, atMs: number): string | undefined {
  const leftMs = remainingMs(view.run, atMs);
  return leftMs === undefined ? undefined : `${formatSeconds(leftMs)} left`;
}

/** Below about 36 columns: no time, the text under its subject. */
function narrowLines(line: LogLine, { width, unicode }: FrameOptions): string[] {
  const texts = [`${line.subject}: ${line.text}`, line.path ?? "", line.hint ?? ""];
  const lines = texts.flatMap((text) => wrap(plainText(text), Math.max(1, width)));
  return unicode ? lines : lines.map(asciiText);
}
