/** Events as text: one JSON object per line, the same on disk, over HTTP, and between workers. */

import * as v from "valibot";
import { checked } from "../checked.ts";
import { UserError } from "../errors.ts";
import type { News, Phase, RunEvent } from "./events.ts";
import { fromProtocol1 } from "./protocol-1.ts";

const PHASES: { readonly [P in Phase]: true } = {
  reading: true,
  preparing: true,
  training: true,
  validating: true,
  saving: true,
  generating: true,
  exporting: true,
};

/**
 * Every kind of news, with the allowed words of its fields. Complete by construction: a new kind or
 * word does not compile until it can be parsed.
 */
const WORDS: { readonly [T in News["type"]]: WordsOf<Extract<News, { readonly type: T }>> } = {
  "run-started": { source: { trained: true, simulated: true } },
  "phase-started": { phase: PHASES },
  "phase-progress": { phase: PHASES },
  "corpus-read": {},
  "plan-made": {},
  "start-measured": {},
  "step-done": {},
  "epoch-done": {
    verdict: {
      improving: true,
      undecided: true,
      "good enough": true,
      overfitting: true,
      worse: true,
      unstable: true,
    },
  },
  "preview-made": { kind: { sample: true, original: true, reconstruction: true } },
  "checkpoint-saved": {
    reason: { interval: true, time: true, best: true, cancelled: true, finished: true },
  },
  "device-status": {},
  notice: { level: { info: true, warning: true } },
  "model-saved": {},
  "run-ended": { outcome: { finished: true, cancelled: true, failed: true } },
  "model-described": {},
  "dataset-described": {},
  "cluster-described": {},
  "recipe-described": {
    schedule: { cosine: true, wsd: true },
    recompute: { none: true, selective: true, full: true },
    mfuConvention: { causal: true },
  },
  "cluster-message": {
    level: { info: true, warning: true, error: true },
    source: {
      framework: true,
      nccl: true,
      driver: true,
      launcher: true,
      watchdog: true,
      storage: true,
      fabric: true,
    },
  },
  "cluster-status": {
    state: {
      training: true,
      stalled: true,
      hanging: true,
      down: true,
      saving: true,
      validating: true,
    },
  },
  "evaluation-done": {},
  "run-interrupted": {},
  "run-restored": {},
  "file-written": { kind: { shard: true, companion: true } },
  "run-summarised": {},
};

/** The fields of N that hold one of several words. */
type WordsOf<N> = {
  readonly [F in keyof N as HasWords<F, NonNullable<N[F]>> extends true ? F : never]-?: {
    readonly [W in NonNullable<N[F]> & string]: true;
  };
};

type HasWords<F, V> = F extends "type"
  ? false
  : [V] extends [string]
    ? string extends V
      ? false
      : true
    : false;

/** JSON represents numbers that are not finite as null. */
const number = v.nullable(v.number());
const vae = v.looseObject({ reconstruction: number, kl: number, klWeight: number });
const losses = v.looseObject({ loss: number, vae: v.optional(vae) });
const texts = v.array(v.string());

/**
 * Validates the structured fields that readers access, by kind. Plain numbers are displayed as they
 * are and not checked; words are checked above.
 */
const TAKEN_APART: { readonly [T in News["type"]]?: v.GenericSchema } = {
  "run-started": v.looseObject({
    source: v.string(),
    title: v.string(),
    program: v.string(),
    device: v.string(),
    configuration: v.looseObject({}),
  }),
  "phase-started": v.looseObject({ phase: v.string(), text: v.string() }),
  "device-status": v.looseObject({
    device: v.optional(v.string()),
    measured: v.optional(
      v.array(
        v.looseObject({
          runtime: v.string(),
          recipe: v.string(),
          batchSize: number,
          stepMs: number,
        }),
      ),
    ),
  }),
  "phase-progress": v.looseObject({ phase: v.string(), share: v.optional(number) }),
  "corpus-read": v.looseObject({
    folder: v.string(),
    trainFiles: texts,
    validationFiles: texts,
    heldOutStretch: v.optional(
      v.looseObject({ startSeconds: number, endSeconds: number, guardSeconds: number }),
    ),
  }),
  "plan-made": v.looseObject({
    expectedMs: v.optional(number),
    configuration: v.optional(v.looseObject({})),
  }),
  "step-done": v.looseObject({
    loss: v.optional(number),
    vae: v.optional(vae),
    text: v.optional(v.looseObject({})),
    policy: v.optional(v.looseObject({})),
  }),
  "epoch-done": v.looseObject({
    latents: v.optional(v.looseObject({})),
    stepLosses: losses,
    trainLosses: losses,
    validationLosses: losses,
    verdict: v.string(),
  }),
  "preview-made": v.looseObject({ kind: v.string(), path: v.string() }),
  "checkpoint-saved": v.looseObject({ path: v.string(), reason: v.string() }),
  notice: v.looseObject({
    level: v.string(),
    code: v.string(),
    text: v.string(),
    hint: v.optional(v.string()),
  }),
  "model-saved": v.looseObject({ path: v.string() }),
  "run-ended": v.looseObject({
    outcome: v.string(),
    reason: v.optional(v.string()),
  }),
};

/**
 * An event as one line of JSON, with its line break, as events.jsonl keeps it. UTF-8.
 *
 * @example
 * process.stdout.write(eventToLine(event));
 */
export function eventToLine(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * Parses one line, also of an older protocol.
 *
 * @returns The event, or undefined where its kind or one of its words is of a newer program.
 * @throws UserError "event-log-corrupt" if the line is not an event at all.
 * @example
 * for (const line of text.trimEnd().split("\n")) console.log(lineToEvent(line)?.type);
 */
export function lineToEvent(line: string): RunEvent | undefined {
  return readLine(line).event;
}

export type LineRead =
  | { readonly event: RunEvent; readonly newer?: never }
  /** The part that only a newer program understands: 'verdict "splendid"'. */
  | { readonly event?: never; readonly newer: string };

/** The same, with the reason why a line is skipped. */
export function readLine(line: string): LineRead {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw corrupt(line, cause);
  }
  if (!isRecord(value) || typeof value["type"] !== "string" || typeof value["seq"] !== "number") {
    throw corrupt(line);
  }
  if (!isJob(value["job"])) throw corrupt(line);
  const { type } = value;
  if (!isKnown(type)) return { newer: `event ${JSON.stringify(type)}` };
  try {
    const event = fromProtocol1(value);
    const newer = newerWord(WORDS[type], event);
    if (newer !== undefined) return { newer };
    requireShape(type, event);
    return { event: event as unknown as RunEvent };
  } catch (cause) {
    throw corrupt(line, cause);
  }
}

function isKnown(type: string): type is News["type"] {
  return Object.hasOwn(WORDS, type);
}

/** @throws TypeError if a field that readers take apart is damaged. */
function requireShape(type: News["type"], event: Fields): void {
  const shape = TAKEN_APART[type];
  const problem = shape && checked(shape, event).problem;
  if (problem !== undefined) throw new TypeError(problem);
}

/** The first of its words that is not known; a field that holds no text has none. */
function newerWord(words: FieldWords, event: Fields): string | undefined {
  for (const field of Object.keys(words)) {
    const word = event[field];
    if (typeof word === "string" && !Object.hasOwn(words[field] ?? {}, word)) {
      return `${field} ${JSON.stringify(word)}`;
    }
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

type FieldWords = { readonly [field: string]: { readonly [word: string]: true } };

/** Used in file names, so only known words are accepted. */
function isJob(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function corrupt(line: string, cause?: unknown): UserError {
  return new UserError({
    code: "event-log-corrupt",
    message: `Cannot read event "${line.slice(0, 60)}": it is not one JSON object with "type" and "seq"`,
    hint: "Open the log and delete its last line; a crash can cut it short.",
    cause,
  });
}
