/**
 * Which worker holds a job, and how far it is: one entry per job, changed by compare-and-set alone.
 *
 * Taking a job increments its epoch. A worker that was slow, cut off or suspended finds that its
 * entry has changed, and can hand over neither a checkpoint nor a result any more.
 */

import * as v from "valibot";
import { count, fields, type Shape, sha256 } from "../checked.ts";
import { FAILURES_MAX } from "./job.ts";

/** A file of a run, by content. */
export interface KeptFile {
  /** Its name in the run folder, with "/". */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What is needed to go on with a run elsewhere. */
export interface Handover {
  readonly step: number;
  readonly files: readonly KeptFile[];
  /** Where the log of events stood. */
  readonly log: { readonly seq: number; readonly atMs: number };
}

/** A process, as `ProcessIdentity` has it. */
interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  readonly started?: string;
  readonly boot?: string;
  readonly pidNamespace?: string;
}

export interface Holder {
  /** Of a worker from its start to its end; names may be given twice, this is not. */
  readonly session: string;
  /** For people. */
  readonly name: string;
  /** By which processes of the same machine can see whether it is alive. */
  readonly process?: ProcessMark;
}

/** What a run came to. Everything but `work` is the same whoever did it, on the same runtime. */
export interface RunResult {
  readonly step: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  /** Reconstruction losses on held-out files: before the first step, and of the best model. */
  readonly startLoss: number | null;
  readonly validationLoss: number | null;
  /** Of the numbers of the model, see `modelIdentity`. */
  readonly model: string;
  readonly work: {
    readonly worker: string;
    /** What computed, each once, in order: more than one where a run went on elsewhere. */
    readonly runtimes: readonly string[];
    readonly elapsedMs: number;
    /** How often the run was taken up. */
    readonly epoch: number;
  };
}

export interface Failure {
  readonly worker: string;
  readonly reason: string;
}

export interface Lease {
  readonly state: "open" | "held" | "done" | "aside";
  /** How often the job was taken. */
  readonly epoch: number;
  readonly holder?: Holder;
  readonly failures: readonly Failure[];
  /** Where the run goes on from, if not from its beginning. */
  readonly checkpoint?: Handover;
  /** The step at which the holder took it up. */
  readonly takenAtStep?: number;
  /** Where it goes on from after a failure: a rung of a halving begins with a trained model. */
  readonly base?: Handover;
  /** What has computed so far. */
  readonly runtimes: readonly string[];
  /** Once it is done. */
  readonly result?: RunResult;
  readonly files?: readonly KeptFile[];
}

/** @param base What the run begins with, if it goes on from another. */
export function openLease(base?: Handover, epoch = 0): Lease {
  return {
    state: "open",
    epoch,
    failures: [],
    runtimes: [],
    ...(base && { base, checkpoint: base }),
  };
}

/**
 * The entry of a worker that takes the job now.
 *
 * A holder before that ended without having brought the run further counts as a failure: what kills
 * a job that ends its workers must not go round for ever.
 */
export function taken(lease: Lease, holder: Holder): Lease {
  const before = lease.state === "held" ? lost(lease) : lease;
  if (before.state !== "open") return before;
  return {
    ...before,
    state: "held",
    epoch: before.epoch + 1,
    holder,
    takenAtStep: before.checkpoint?.step ?? 0,
  };
}

/** The entry after its holder has ended without a word. */
function lost(lease: Lease): Lease {
  const isFurther = (lease.checkpoint?.step ?? 0) > (lease.takenAtStep ?? 0);
  if (isFurther) return released(lease);
  return failed(lease, "it ended without a word before it had saved anything");
}

/** The entry after its holder gave it back, with what it has handed over. */
export function released({ holder: _, takenAtStep: __, ...lease }: Lease): Lease {
  return { ...lease, state: "open" };
}

export function handedOver(lease: Lease, checkpoint: Handover, runtime: string): Lease {
  return { ...lease, checkpoint, runtimes: withRuntime(lease.runtimes, runtime) };
}

/** After a failure the run begins anew: its checkpoint may be what makes it fail. */
export function failed({ checkpoint: _, ...lease }: Lease, reason: string): Lease {
  const failures = [...lease.failures, { worker: lease.holder?.name ?? "?", reason }];
  const { base } = lease;
  const open = released({ ...lease, failures, runtimes: [], ...(base && { checkpoint: base }) });
  return failures.length >= FAILURES_MAX ? { ...open, state: "aside" } : open;
}

export function finished(
  { checkpoint: _, ...lease }: Lease,
  result: RunResult,
  files: readonly KeptFile[],
): Lease {
  return { ...lease, state: "done", result, files };
}

export function withRuntime(runtimes: readonly string[], runtime: string): string[] {
  return runtimes.includes(runtime) ? [...runtimes] : [...runtimes, runtime];
}

/** Whether a worker may still write what it has done under this epoch. */
export function isHeldBy(lease: Lease, session: string, epoch: number): boolean {
  return lease.state === "held" && lease.holder?.session === session && lease.epoch === epoch;
}

const FILES_MAX = 64;
const TEXT_MAX = 2000;

const text = v.pipe(v.string(), v.maxLength(TEXT_MAX));
const texts = v.pipe(v.array(text), v.maxLength(FILES_MAX));

/**
 * Names that a run has: none leaves its folder, whatever the system takes for a separator. What
 * a worker may hand over is this, and nothing else.
 */
const RUN_FILE =
  /^(?:run\.json|(?:foundation|checkpoints\/step-\d{8})\.safetensors|(?:model|origin|checkpoints\/best)\.etude)$/;

const kept: Shape<KeptFile> = fields<KeptFile>({
  name: v.pipe(
    v.string(),
    v.check((name) => RUN_FILE.test(name), "a file of a run"),
  ),
  sha256,
  bytes: count,
});

const files = v.pipe(v.array(kept), v.maxLength(FILES_MAX));
const loss = v.nullable(v.number());

const handover: Shape<Handover> = fields<Handover>({
  step: count,
  files,
  log: fields({ seq: count, atMs: v.pipe(v.number(), v.minValue(0)) }),
});

export const resultShape: Shape<RunResult> = fields<RunResult>({
  step: count,
  epochs: count,
  bestEpoch: count,
  startLoss: loss,
  validationLoss: loss,
  model: sha256,
  work: fields({ worker: text, runtimes: texts, elapsedMs: v.number(), epoch: count }),
});

const processShape: Shape<ProcessMark> = fields<ProcessMark>({
  pid: count,
  host: text,
  started: v.exactOptional(text),
  boot: v.exactOptional(text),
  pidNamespace: v.exactOptional(text),
});

/** An entry comes from outside like a job: checked before it is used. */
export const leaseShape: Shape<Lease> = fields<Lease>({
  state: v.picklist(["open", "held", "done", "aside"]),
  epoch: count,
  holder: v.exactOptional(
    fields<Holder>({ session: text, name: text, process: v.exactOptional(processShape) }),
  ),
  failures: v.array(fields({ worker: text, reason: text })),
  checkpoint: v.exactOptional(handover),
  takenAtStep: v.exactOptional(count),
  base: v.exactOptional(handover),
  runtimes: texts,
  result: v.exactOptional(resultShape),
  files: v.exactOptional(files),
});
