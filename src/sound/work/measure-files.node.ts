/** The second pass of an evaluation: runs every file of a folder through all methods. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import { makeFolder, makePrivateFolder, notWritten } from "../../files.node.ts";
import { type Clarity, clarityOf } from "../audio/clarity/clarity.ts";
import type { DecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { listFiles } from "../audio/corpus/list-files.node.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { StretchSeconds } from "../model/description.ts";
import { type FileRow, type Method, type MethodName, type Note, openJudge } from "./evaluate.ts";
import { flatNames } from "./evaluate-files.ts";
import { partsOfTake } from "./known-recordings.ts";

/** Of longer files only the beginning is measured: their spectra would fill the memory. */
const MEASURED_SECONDS_MAX = 60;

export interface MeasureOptions {
  readonly folder: string;
  /** Paths in the folder. */
  readonly paths: readonly string[];
  /** Of a file that is measured in part, which part. */
  readonly stretches: ReadonlyMap<string, StretchSeconds>;
  /** Where rebuilt sounds are kept, beside what they were made of. @default nowhere */
  readonly keep?: string;
}

export interface MeasureTools {
  readonly pool: DecoderPool;
  readonly signal: AbortSignal;
  /** Called before each file. @param position From 1. */
  onFile(position: number, fileCount: number): void;
}

export interface Measured {
  readonly rows: readonly FileRow[];
  /** How clear the recordings are, and what the model makes of them. */
  readonly clarity: {
    readonly recordings: readonly Clarity[];
    readonly rebuilt: readonly Clarity[];
  };
  /** What was cut or left out. */
  readonly notes: readonly Note[];
}

/**
 * @throws UserError "evaluate-nothing" (exit code 2) where no file can be heard, and those of
 *   writing files; the signal's reason when it aborts.
 */
export async function measureFiles(
  methods: readonly Method[],
  { folder, paths, stretches, keep }: MeasureOptions,
  { pool, signal, onFile }: MeasureTools,
): Promise<Measured> {
  const { judge } = await openJudge(methods);
  const diskPaths = new Map((await listFiles(folder)).map((file) => [file.path, file.diskPath]));
  const names = flatNames(paths);
  const rows: FileRow[] = [];
  const clarity = { recordings: [] as Clarity[], rebuilt: [] as Clarity[] };
  const note = (list: Clarity[], samples: Float32Array): void => {
    const clear = clarityOf(samples);
    if (clear !== undefined) list.push(clear);
  };
  const cut: string[] = [];
  const silent: string[] = [];
  for (const [index, path] of paths.entries()) {
    onFile(index + 1, paths.length);
    const { outcome } = await pool.prepare(diskPaths.get(path) ?? path, MODEL_RATE_HZ);
    if (!outcome.ok) continue;
    const stretch = stretches.get(path);
    const wanted = stretch ? partsOfTake(outcome.mono, stretch).heldOut : outcome.mono;
    const mono = wanted.subarray(0, MEASURED_SECONDS_MAX * MODEL_RATE_HZ);
    const store = keep === undefined ? async () => {} : keeper(keep, names.get(path) ?? path);
    const distances = await judge(mono, async (name, rebuilt) => {
      await store(name, rebuilt);
      if (name === "model") note(clarity.rebuilt, rebuilt);
      // Between methods, so that a signal is heard.
      await nextTurn();
      signal.throwIfAborted();
    });
    if (distances === undefined) {
      silent.push(path);
      continue;
    }
    if (mono.length < wanted.length) cut.push(path);
    await store("reference", mono);
    note(clarity.recordings, mono);
    rows.push({ path, durationSeconds: mono.length / MODEL_RATE_HZ, distances });
  }
  if (rows.length === 0) throw nothingMeasured(folder, paths.length);
  return { rows, clarity, notes: measureNotes(cut.length, silent.length) };
}

function measureNotes(cutCount: number, silentCount: number): Note[] {
  const of = (count: number): string => (count === 1 ? "1 file" : `${count} files`);
  const cut = `of ${of(cutCount)} only the first ${MEASURED_SECONDS_MAX} s were measured`;
  const silent = `${of(silentCount)} left out: silent where the channels are added up`;
  return [
    ...(cutCount > 0 ? [{ code: "cut", text: cut } as const] : []),
    ...(silentCount > 0 ? [{ code: "silent", text: silent } as const] : []),
  ];
}

function nothingMeasured(folder: string, count: number): UserError {
  return new UserError({
    code: "evaluate-nothing",
    message: `Cannot evaluate on "${folder}": found sound in none of ${count} files, need at least 1`,
    hint: "Give a folder whose recordings can be heard in mono.",
    exitCode: 2,
  });
}

/** Writes one file's sounds: DIR/model/NAME.wav, DIR/reference/NAME.wav and so on. */
function keeper(
  folder: string,
  name: string,
): (kind: MethodName | "reference", samples: Float32Array) => Promise<void> {
  return async (kind, samples) => {
    const path = join(folder, kind, `${name}.wav`);
    try {
      await makePrivateFolder(folder);
      await makeFolder(join(folder, kind));
      const sound = { sampleRate: MODEL_RATE_HZ, channels: [samples] };
      await writeFile(path, writeWav(sound, { encoding: "float32", madeHere: true }));
    } catch (cause) {
      throw notWritten(path, cause);
    }
  };
}
