/**
 * Which samples of an instrument are finished, and of what they were made, so that a run that was
 * stopped goes on: a line of JSON each, only appended to, in `samples/finished.jsonl`.
 */

import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { checked, count, fields, type Shape } from "../../../checked.ts";
import { notWritten } from "../../../files.node.ts";
import type { SampleLoop } from "../../audio/codecs/wav-music-chunks.ts";

export interface FinishedSample {
  readonly file: string;
  /** Of what it was made. */
  readonly key: string;
  /** Of the file. */
  readonly bytes: number;
  /** In samples. */
  readonly length: number;
  readonly loop?: SampleLoop;
}

const loopShape: Shape<SampleLoop> = fields<SampleLoop>({ start: count, end: count });

const finishedShape: Shape<FinishedSample> = fields<FinishedSample>({
  file: v.string(),
  key: v.string(),
  bytes: count,
  length: count,
  loop: v.exactOptional(loopShape),
});

export interface FinishedSamples {
  /** A sample that was made of the same, whose file is still there as it was. */
  get(file: string, key: string): FinishedSample | undefined;
  add(sample: FinishedSample): Promise<void>;
  close(): Promise<void>;
}

/** @throws UserError of writing files. */
export async function finishedSamples(folder: string): Promise<FinishedSamples> {
  const path = join(folder, "finished.jsonl");
  const known = new Map<string, FinishedSample>();
  for (const line of (await readFile(path, "utf8").catch(() => "")).split("\n")) {
    const sample = sampleOf(line);
    if (sample === undefined) continue;
    const found = await stat(join(folder, sample.file)).catch(() => undefined);
    if (found?.size === sample.bytes) known.set(sample.file, sample);
    else known.delete(sample.file);
  }
  const log = await open(path, "a").catch((cause: unknown) => {
    throw notWritten(path, cause);
  });
  return {
    get: (file, key) => {
      const sample = known.get(file);
      return sample?.key === key ? sample : undefined;
    },
    add: async (sample) => {
      await log.appendFile(`${JSON.stringify(sample)}\n`).catch((cause: unknown) => {
        throw notWritten(path, cause);
      });
    },
    close: () => log.close(),
  };
}

/** A crash may have cut a line short: it is passed over. */
function sampleOf(line: string): FinishedSample | undefined {
  try {
    return checked(finishedShape, JSON.parse(line)).value;
  } catch {
    return undefined;
  }
}
