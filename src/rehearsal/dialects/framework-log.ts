/**
 * The common part of all dialects: which event is logged when, and everything around the framework,
 * from the launcher to the kernels.
 */

import type {
  ClusterMessage,
  EvaluationDone,
  RunInterrupted,
  RunRestored,
} from "../../events/cluster.ts";
import type { EpochDone, RunEnded, RunEvent, RunStarted, StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { plainText } from "../../show/draw/width.ts";
import type { Dialect, DialectKind } from "./dialect.ts";
import { type Facts, factsOf, learn, quickSteps } from "./facts.ts";
import { failureLines } from "./failures.ts";
import { kernelLines } from "./kernel.ts";
import { initLines } from "./nccl.ts";
import { remoteErrorLines } from "./nccl-errors.ts";
import type { Joining } from "./nccl-groups.ts";
import {
  dueLines,
  forgetSaves,
  isSaveDue,
  type Saves,
  type SaveWords,
  savedLines,
  savesOf,
  savingLines,
  writtenLines,
} from "./saves.ts";
import type { FrameworkProcess } from "./stack-ends.ts";
import { at, during, startOf } from "./start-times.ts";
import { supervised } from "./supervised.ts";
import {
  finishedLines,
  launchLines,
  leftGroupLine,
  passedOn,
  rendezvousLines,
  supervisorLine,
  unreachableLines,
} from "./torchrun.ts";
import { watchdogLines } from "./watchdog.ts";

/** A framework: how it is launched, and its own lines. */
export interface Framework extends FrameworkProcess, Joining {
  readonly name: string;
  readonly summary: string;
  /** A checkpoint is taken after the evaluation of the same step. */
  readonly savesAfterEvaluation?: true;
  /** Its script ends without taking torch's process groups down, which torch warns of. */
  readonly leavesGroups?: true;
  open(facts: Facts): FrameworkLines;
}

/** The framework's own lines; optional where not every framework has them. */
export interface FrameworkLines extends SaveWords {
  /** Before the ranks have found each other; again after each restart. */
  starting(): string[];
  /** The model is built, the data is found. */
  built(): string[];
  /** Right before the first step of these processes. */
  training(): string[];
  step(step: StepDone): string[];
  evaluation(done: Evaluation): string[];
  /** One is still being written. */
  overlap?(): string[];
  /** A checkpoint is read. */
  loading(step: number): string[];
  /** It was written by another number of ranks. */
  resharding?(): string[];
  restored(restored: RunRestored): string[];
  /** The current processes have stopped working. */
  interrupted?(): string[];
  allocationRetry?(message: ClusterMessage): string[];
  ended(ended: RunEnded): string[];
}

export type Evaluation = Pick<
  EvaluationDone,
  "step" | "epoch" | "batches" | "loss" | "perplexity" | "best" | "durationMs" | "tokensPerSecond"
>;

interface LogWriter {
  readonly facts: Facts;
  readonly framework: Framework;
  readonly own: FrameworkLines;
  readonly saves: Saves;
  /** The ranks are connected, but nothing has been logged since. */
  hasMet: boolean;
  isTraining: boolean;
  /** When the newest step was done, since the start of the run. */
  stepDoneMs: number;
  isFirst: boolean;
  /** Of the newest interruption. */
  stoppedRank: number | undefined;
}

export function kindOf(framework: Framework): DialectKind {
  const { name, summary } = framework;
  return { name, summary, open: () => openFrameworkLog(framework) };
}

function openFrameworkLog(framework: Framework): Dialect {
  const facts = factsOf();
  const own = framework.open(facts);
  const writer: LogWriter = {
    facts,
    framework,
    own,
    saves: savesOf(facts, own),
    hasMet: false,
    isTraining: false,
    stepDoneMs: 0,
    isFirst: true,
    stoppedRank: undefined,
  };
  return {
    name: framework.name,
    lines(event) {
      learn(facts, event);
      return linesOf(writer, event);
    },
  };
}

function linesOf(writer: LogWriter, event: RunEvent): string[] {
  const { facts, own } = writer;
  switch (event.type) {
    case "run-started":
      return opened(writer, event);
    case "cluster-described":
      facts.launches = 1;
      return launchLines(facts, writer.framework);
    case "cluster-message":
      return messageLines(writer, event);
    case "plan-made":
      return writer.isTraining ? [] : startLines(writer);
    case "phase-started":
      if (event.phase === "saving") return savingLines(writer.saves, facts.step);
      return event.phase === "training" ? trainingLines(writer) : [];
    case "step-done":
      return stepLines(writer, event);
    case "evaluation-done":
      return evaluationLines(writer, event);
    case "epoch-done":
      return own.evaluation(evaluationOf(event));
    case "checkpoint-saved":
      return savedLines(writer.saves, event);
    case "run-interrupted":
      return interruptedLines(writer, event);
    case "run-restored":
      return restoredLines(writer, event);
    case "notice":
      // A requested incident that will not happen is announced, so that its
      // absence is explained.
      return event.code.startsWith("incident-") ? labelLines(facts, event.text) : [];
    case "run-ended":
      return [
        ...own.ended(event),
        ...leftLines(writer, event),
        ...labelLines(facts, endWords(event)),
      ];
    default:
      return [];
  }
}

function opened(writer: LogWriter, event: RunStarted): string[] {
  if (!writer.isFirst) return [];
  writer.isFirst = false;
  const words = `${event.title}, seed ${event.seed}, in the manner of ${writer.framework.summary}`;
  return labelLines(writer.facts, words);
}

/** A comment that says whether the run is simulated or trained. */
function labelLines({ started }: Facts, words: string): string[] {
  if (started === undefined) return [];
  const isSimulated = started.source === "simulated";
  const label = isSimulated ? "simulated by etude, nothing here is measured" : "trained by etude";
  return [`# ${label}: ${plainText(words)}`];
}

function endWords({ outcome, step }: RunEnded): string {
  const words = { finished: "finished", cancelled: "stopped", failed: "failed" };
  return `run ${words[outcome]} after step ${step}`;
}

/** Lines around the framework when the processes end by themselves. */
function leftLines({ facts, framework }: LogWriter, { outcome }: RunEnded): string[] {
  if (outcome !== "finished" || facts.cluster === undefined) return [];
  const left = framework.leavesGroups ? passedOn(framework, 0, [leftGroupLine(facts)]) : [];
  return [...left, ...finishedLines(facts, framework)];
}

function startLines(writer: LogWriter): string[] {
  const { facts, own, framework } = writer;
  writer.hasMet = true;
  // A run without a described cluster has nothing true to log here.
  if (facts.cluster === undefined) return [];
  const { beginMs, connectMs, connectedMs } = startOf(facts);
  const { atMs } = facts;
  return [
    ...during(facts, { fromMs: beginMs, untilMs: connectMs, gapMs: 90 }, own.starting),
    ...initLines(facts, framework),
    ...during(facts, { fromMs: connectedMs, untilMs: atMs, gapMs: 140 }, own.built),
  ];
}

function trainingLines(writer: LogWriter): string[] {
  if (writer.isTraining) return [];
  writer.isTraining = true;
  writer.facts.trainingSinceMs = writer.facts.atMs;
  writer.facts.trainingSinceStep = writer.facts.step;
  return writer.own.training();
}

function stepLines(writer: LogWriter, step: StepDone): string[] {
  const { own, facts, framework, saves } = writer;
  // No evaluation has come: it was saved as soon as the step before was done.
  const begunMs = facts.atMs - step.durationMs;
  const left = at(facts, writer.stepDoneMs, () => dueLines(saves, begunMs));
  // Whatever the machines were doing: for this framework the step began when it was written.
  const written = at(facts, begunMs, () => writtenLines(saves));
  writer.stepDoneMs = facts.atMs;
  const lines = [...left, ...written, ...own.step(step)];
  if (!isSaveDue(facts, step)) return lines;
  const evaluated = (facts.recipe?.stepsPerEvaluation ?? 0) * quickSteps(facts, step);
  if (framework.savesAfterEvaluation && step.step % evaluated === 0) {
    saves.due = step.step;
    return lines;
  }
  return [...lines, ...savingLines(saves, step.step)];
}

/**
 * The machines stood still for the checkpoint before they evaluated; a framework that evaluates
 * first is written as if the times had been the other way round.
 */
function evaluationLines(writer: LogWriter, done: EvaluationDone): string[] {
  const { facts, own, saves } = writer;
  if (saves.due === undefined) return own.evaluation(done);
  const overMs = Math.min(facts.atMs, writer.stepDoneMs + done.durationMs);
  const { atMs } = facts;
  return at(facts, overMs, () => [...own.evaluation(done), ...dueLines(saves, atMs)]);
}

function interruptedLines(writer: LogWriter, event: RunInterrupted): string[] {
  const { facts, framework, own } = writer;
  writer.stoppedRank = event.rank;
  writer.isTraining = false;
  writer.hasMet = false;
  forgetSaves(writer.saves);
  return [...(own.interrupted?.() ?? []), ...failureLines(facts, framework, event)];
}

function restoredLines(writer: LogWriter, event: RunRestored): string[] {
  return writer.own.restored(event);
}

function messageLines(writer: LogWriter, message: ClusterMessage): string[] {
  const { facts, own, framework } = writer;
  const { values = {} } = message;
  switch (message.code) {
    case "rendezvous":
      return joiningLines(writer);
    case "nccl-ready":
      return facts.plan === undefined || writer.hasMet ? [] : startLines(writer);
    case "watchdog-timeout":
      return watchdogLines(facts, framework, message);
    case "nccl-remote-error":
      return remoteErrorLines(facts, framework, message);
    case "node-unreachable":
      return message.node === undefined ? [] : unreachableLines(facts, message.node);
    case "node-joined":
      replaceHost(writer, message.node);
      return [supervisorLine(facts, supervised(message))];
    case "node-drained":
    case "maintenance":
    case "node-returned":
    case "resharding":
    case "spares-exhausted":
      return [supervisorLine(facts, supervised(message))];
    case "allocation-retry":
      return own.allocationRetry?.(message) ?? [];
    case "checkpoint-overlap":
      return own.overlap?.() ?? [];
    case "checkpoint-loading":
      return loadingLines(writer, stepOfPath(values["path"]));
    case "checkpoint-unreadable":
      return [
        ...own.loading(stepOfPath(values["path"])),
        ...unreadableLines(facts, framework, stepOfPath(values["path"])),
      ];
    default:
      return kernelLines(facts, message);
  }
}

function loadingLines({ facts, own }: LogWriter, step: number): string[] {
  const isResharded = facts.writtenByRanks !== undefined;
  return [...own.loading(step), ...(isResharded ? (own.resharding?.() ?? []) : [])];
}

function joiningLines({ facts, framework }: LogWriter): string[] {
  if (facts.launches > 0 && !facts.isOver) return rendezvousLines(facts, framework, facts.attempts);
  facts.launches += 1;
  facts.attempts = 0;
  facts.isOver = false;
  facts.regroups = 0;
  return [...launchLines(facts, framework), ...rendezvousLines(facts, framework, 0)];
}

function replaceHost({ facts, stoppedRank }: LogWriter, node: number | undefined): void {
  if (stoppedRank === undefined || node === undefined) return;
  facts.hosts.set(Math.floor(stoppedRank / (facts.cluster?.gpusPerNode ?? 1)), node);
}

function unreadableLines(facts: Facts, { stack }: Framework, step: number): string[] {
  const rank = facts.step % (facts.cluster?.gpuCount ?? 1);
  const [file = "train.py", line = 1] = stack.find(([, , name]) => name === "<module>") ?? [];
  return [
    `[rank${rank}]: Traceback (most recent call last):`,
    `[rank${rank}]:   File "${file}", line ${line}, in <module>`,
    `[rank${rank}]: RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory`,
    supervisorLine(facts, `checkpoint of step ${step} cannot be read, retry with the one before`),
  ];
}

/** "checkpoints/name-4/step-00002000" -> 2000 */
function stepOfPath(path: unknown): number {
  const digits = /step-(\d+)/.exec(String(path ?? ""))?.[1];
  return digits === undefined ? 0 : Number(digits);
}

function evaluationOf({ step, epoch, validationLosses, best }: EpochDone): Evaluation {
  const loss = taskLoss(validationLosses);
  const perplexity = Math.exp(Math.min(20, loss));
  return { step, epoch, batches: 1, loss, perplexity, best, durationMs: 0, tokensPerSecond: 0 };
}
