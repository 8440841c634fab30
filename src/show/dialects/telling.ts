/**
 * What all frameworks have in common: which event is told when, and everything around the
 * framework itself, from the launcher to the kernels.
 */

import type {
  ClusterMessage,
  EvaluationDone,
  RunInterrupted,
  RunRestored,
} from "../../events/cluster.ts";
import type {
  CheckpointSaved,
  EpochDone,
  RunEnded,
  RunEvent,
  RunStarted,
  StepDone,
} from "../../events/events.ts";
import { plainText } from "../draw/width.ts";
import type { Dialect, DialectKind } from "./dialect.ts";
import { type Facts, factsOf, learn } from "./facts.ts";
import { failureLines, type Stacked } from "./failures.ts";
import { hostName } from "./hosts.ts";
import { kernelLines } from "./kernel.ts";
import { initLines, remoteErrorLines, watchdogLines } from "./nccl.ts";
import {
  launchLines,
  MAX_RESTARTS,
  rendezvousLines,
  supervisorLine,
  unreachableLines,
} from "./torchrun.ts";

/** A framework: how it is launched, and its own lines. */
export interface Framework extends Stacked {
  readonly name: string;
  readonly summary: string;
  open(facts: Facts): Telling;
}

/** The framework's lines. What a framework says nothing about is left out. */
export interface Telling {
  /** Before the ranks have found each other; again after each restart. */
  starting(): string[];
  /** The model is built, the data is found. */
  built(): string[];
  /** Right before the first step of these processes. */
  training(): string[];
  step(step: StepDone): string[];
  evaluation(done: Evaluation): string[];
  /** Training stands still for a checkpoint of this step. */
  saving(step: number): string[];
  saved(saved: CheckpointSaved): string[];
  /** One is still being written. */
  overlap?(): string[];
  /** A checkpoint is read. */
  loading(step: number): string[];
  restored(restored: RunRestored): string[];
  allocationRetry?(message: ClusterMessage): string[];
  ended(ended: RunEnded): string[];
}

export type Evaluation = Pick<
  EvaluationDone,
  "step" | "epoch" | "batches" | "loss" | "perplexity" | "best" | "durationMs" | "tokensPerSecond"
>;

interface Teller {
  readonly facts: Facts;
  readonly framework: Framework;
  readonly telling: Telling;
  /** The ranks have met, but there was nothing to say yet. */
  hasMet: boolean;
  isTraining: boolean;
  pendingSave: number | undefined;
  isFirst: boolean;
  /** Of the newest interruption. */
  stoppedRank: number | undefined;
}

export function kindOf(framework: Framework): DialectKind {
  const { name, summary } = framework;
  return { name, summary, open: () => openTelling(framework) };
}

function openTelling(framework: Framework): Dialect {
  const facts = factsOf();
  const telling = framework.open(facts);
  const teller: Teller = {
    facts,
    framework,
    telling,
    hasMet: false,
    isTraining: false,
    pendingSave: undefined,
    isFirst: true,
    stoppedRank: undefined,
  };
  return {
    name: framework.name,
    lines(event) {
      learn(facts, event);
      return linesOf(teller, event);
    },
  };
}

function linesOf(teller: Teller, event: RunEvent): string[] {
  const { facts, telling } = teller;
  switch (event.type) {
    case "run-started":
      return opened(teller, event);
    case "cluster-described":
      facts.launches = 1;
      return launchLines(facts);
    case "cluster-message":
      return messageLines(teller, event);
    case "plan-made":
      return teller.isTraining ? [] : startLines(teller);
    case "phase-started":
      if (event.phase === "saving") return savingLines(teller, facts.step);
      return event.phase === "training" ? trainingLines(teller) : [];
    case "step-done":
      return stepLines(teller, event);
    case "evaluation-done":
      return telling.evaluation(event);
    case "epoch-done":
      return telling.evaluation(evaluationOf(event));
    case "checkpoint-saved":
      return savedLines(teller, event);
    case "run-interrupted":
      return interruptedLines(teller, event);
    case "run-restored":
      return restoredLines(teller, event);
    case "run-ended":
      return [...telling.ended(event), ...labelLines(facts, endWords(event))];
    default:
      return [];
  }
}

function opened(teller: Teller, event: RunStarted): string[] {
  if (!teller.isFirst) return [];
  teller.isFirst = false;
  const words = `${event.title}, seed ${event.seed}, told as by ${teller.framework.summary}`;
  return labelLines(teller.facts, words);
}

/** What the run really is. A run that was computed must not be called simulated either. */
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

function startLines(teller: Teller): string[] {
  const { facts, telling } = teller;
  teller.hasMet = true;
  // Of a run on nobody's cluster there is nothing to say that would be true.
  if (facts.cluster === undefined) return [];
  return [...telling.starting(), ...initLines(facts), ...telling.built()];
}

function trainingLines(teller: Teller): string[] {
  if (teller.isTraining) return [];
  teller.isTraining = true;
  teller.facts.trainingSinceMs = teller.facts.atMs;
  teller.facts.trainingSinceStep = teller.facts.step;
  return teller.telling.training();
}

function stepLines(teller: Teller, step: StepDone): string[] {
  const { telling, facts } = teller;
  const lines = telling.step(step);
  const every = facts.recipe?.stepsPerCheckpoint;
  if (every === undefined || step.step % every !== 0 || step.step === facts.plan?.stepsTotal)
    return lines;
  return [...lines, ...savingLines(teller, step.step)];
}

function savingLines(teller: Teller, step: number): string[] {
  // While one is written the next is not begun; what is said then comes with the message of it.
  if (teller.pendingSave !== undefined) return [];
  teller.pendingSave = step;
  return teller.telling.saving(step);
}

function savedLines(teller: Teller, event: CheckpointSaved): string[] {
  const before = teller.pendingSave === undefined ? teller.telling.saving(event.step) : [];
  teller.pendingSave = undefined;
  return [...before, ...teller.telling.saved(event)];
}

function interruptedLines(teller: Teller, event: RunInterrupted): string[] {
  const { facts, framework } = teller;
  teller.stoppedRank = event.rank;
  teller.isTraining = false;
  teller.hasMet = false;
  teller.pendingSave = undefined;
  return failureLines(facts, framework, event);
}

function restoredLines(teller: Teller, event: RunRestored): string[] {
  return teller.telling.restored(event);
}

function messageLines(teller: Teller, message: ClusterMessage): string[] {
  const { facts, telling, framework } = teller;
  const { values = {} } = message;
  switch (message.code) {
    case "rendezvous":
      return joiningLines(teller);
    case "nccl-ready":
      return facts.plan === undefined || teller.hasMet ? [] : startLines(teller);
    case "watchdog-timeout":
      return watchdogLines(facts, message);
    case "nccl-remote-error":
      return remoteErrorLines(facts, message);
    case "node-unreachable":
      return message.node === undefined ? [] : unreachableLines(facts, message.node);
    case "node-joined":
      replaceHost(teller, message.node);
      return [supervisorLine(facts, supervised(message))];
    case "node-drained":
    case "maintenance":
      return [supervisorLine(facts, supervised(message))];
    case "allocation-retry":
      return telling.allocationRetry?.(message) ?? [];
    case "checkpoint-overlap":
      return telling.overlap?.() ?? [];
    case "checkpoint-loading":
      return telling.loading(stepOfPath(values["path"]));
    case "checkpoint-unreadable":
      return [
        ...telling.loading(stepOfPath(values["path"])),
        ...unreadableLines(facts, framework, stepOfPath(values["path"])),
      ];
    default:
      return kernelLines(facts, message);
  }
}

function joiningLines({ facts, framework }: Teller): string[] {
  // Beyond its attempts the launcher is gone, and the scheduler begins with a new one.
  if (facts.launches > 0 && facts.attempts <= MAX_RESTARTS)
    return rendezvousLines(facts, framework, facts.attempts);
  facts.launches += 1;
  facts.attempts = 0;
  return [...launchLines(facts), ...rendezvousLines(facts, framework, 0)];
}

function replaceHost({ facts, stoppedRank }: Teller, node: number | undefined): void {
  if (stoppedRank === undefined || node === undefined) return;
  facts.hosts.set(Math.floor(stoppedRank / (facts.cluster?.gpusPerNode ?? 1)), node);
}

function supervised({ code, node, values = {} }: ClusterMessage): string {
  const host = node === undefined ? "a node" : hostName(node);
  if (code === "node-drained") return `drain ${host}`;
  if (code === "node-joined")
    return `replace by ${host}, ${Number(values["spares"] ?? 0)} spares left`;
  return `maintenance on ${host} in ${Number(values["minutes"] ?? 0)} min, job will be requeued`;
}

function unreadableLines(facts: Facts, { stack }: Framework, step: number): string[] {
  const rank = facts.step % (facts.cluster?.gpuCount ?? 1);
  const [file = "train.py", line = 1] = stack[0] ?? [];
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
  const loss = validationLosses.reconstruction;
  const perplexity = Math.exp(Math.min(20, loss));
  return { step, epoch, batches: 1, loss, perplexity, best, durationMs: 0, tokensPerSecond: 0 };
}
