/**
 * One run of a sweep as it is sent to a worker: what to train, and nothing about where.
 *
 * A job comes from outside: from a broker, or a folder that others write into. It is checked before
 * it is used, and holds no path and no program: settings within their ranges, and hashes.
 */

import * as v from "valibot";
import { checkedJson, fields, type Shape, sha256, wholeNumber } from "../checked.ts";
import { orderedJson } from "../json.ts";
import { sha256Of } from "../sha256.ts";
import type { RuntimeKind } from "../sound/tensor/runtime.ts";
import { overridesShape } from "../sound/train/check-record.ts";
import type { SettingOverrides } from "../sound/train/settings.ts";

/** Raised when a worker of before could not do a job rightly. */
const JOB_VERSION = 1;

/** What makes a run what it is: the same work has the same id, wherever and whenever it is done. */
export interface Work {
  /** "etude 0.1.0": another version may round differently, so it does not do this work. */
  readonly program: string;
  /** Identity of the recordings, see `CorpusIdentity`. */
  readonly corpus: string;
  /** The seed and the fold among them. */
  readonly overrides: SettingOverrides;
  /** Passes over the recordings, in stretches: each goes on from where the one before ended. */
  readonly lengths: readonly number[];
  readonly device: RuntimeKind;
  /** Another number of threads rounds differently, so it belongs to the work. */
  readonly threads: number;
}

export interface SweepJob extends Work {
  readonly version: typeof JOB_VERSION;
  /** 16 hexadecimal digits, see `jobId`. */
  readonly id: string;
  /** Of the sweep that it belongs to. */
  readonly sweep: string;
  /** Of the model, for people. */
  readonly name: string;
  /** What the run will take, as estimated; a worker with less leaves it to others. */
  readonly memoryBytes: number;
  /** How often a worker hands over a checkpoint, at least; from 0. */
  readonly checkpointSeconds: number;
}

/** @returns 16 hexadecimal digits: of what the work is, and of nothing else. */
export async function jobId(work: Work): Promise<string> {
  const { program, corpus, overrides, lengths, device, threads } = work;
  const text = orderedJson({ program, corpus, overrides, lengths, device, threads });
  return (await sha256Of(new TextEncoder().encode(text))).slice(0, 16);
}

export function jobOf(
  id: string,
  work: Work,
  about: Pick<SweepJob, "sweep" | "name" | "memoryBytes" | "checkpointSeconds">,
): SweepJob {
  return { version: JOB_VERSION, id, ...about, ...work };
}

/** How often a run is passed over before it counts as one that cannot be done. */
export const FAILURES_MAX = 3;

/** More epochs than any run has. */
export const EPOCHS_MAX = 1_000_000;
const THREADS_MAX = 256;
const STRETCHES_MAX = 64;

/** 16 hexadecimal digits: also safe as a name of a file, and as part of a subject. */
export const shortId: Shape<string> = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

const jobShape: Shape<SweepJob> = fields<SweepJob>({
  version: v.literal(JOB_VERSION),
  id: shortId,
  sweep: shortId,
  name: v.pipe(v.string(), v.maxLength(200)),
  program: v.pipe(v.string(), v.maxLength(100)),
  corpus: sha256,
  overrides: overridesShape,
  lengths: v.pipe(v.array(wholeNumber(1, EPOCHS_MAX)), v.minLength(1), v.maxLength(STRETCHES_MAX)),
  device: v.picklist(["auto", "native", "wasm"]),
  threads: wholeNumber(1, THREADS_MAX),
  memoryBytes: v.pipe(v.number(), v.minValue(0)),
  checkpointSeconds: v.pipe(v.number(), v.minValue(0)),
});

export type ReadJob =
  | { readonly job: SweepJob; readonly problem?: never }
  | { readonly job?: never; readonly problem: string };

/** A job as text, checked: its fields, and that its id is that of its work. */
export async function readJob(text: string): Promise<ReadJob> {
  const { value: job, problem } = checkedJson(jobShape, text);
  if (job === undefined) return { problem };
  return (await jobId(job)) === job.id ? { job } : { problem: "its id is not that of its work" };
}
