/**
 * Instruments that were made in the studio: a folder each, with its samples and the files for
 * samplers, and instrument.json, written last, that says what it is.
 */

import { readdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { checkedJson, count, fields, finite, type Shape } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import { zipStore } from "../audio/instrument/zip-store.ts";

export interface InstrumentManifest {
  readonly format: "etude-instrument";
  readonly version: number;
  readonly name: string;
  readonly modelName: string;
  readonly samples: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly madeWallMs: number;
}

export interface KeptInstrument extends InstrumentManifest {
  /** Name of its folder. */
  readonly id: string;
  /** Absolute path. */
  readonly folder: string;
  /** Of all its files. */
  readonly bytes: number;
}

const VERSION = 1;
const MANIFEST = "instrument.json";
/** An instrument that was deleted; it can be put back. */
const GONE = ".gone-";

const shape: Shape<InstrumentManifest> = fields<InstrumentManifest>({
  format: v.literal("etude-instrument"),
  version: v.pipe(v.number(), v.maxValue(VERSION)),
  name: v.string(),
  modelName: v.string(),
  samples: count,
  madeWallMs: finite,
});

/** The newest first; folders without a readable manifest are passed over. */
export async function readInstruments(shelf: string): Promise<KeptInstrument[]> {
  const names = (await readdir(shelf).catch(() => [])).filter((name) => !name.startsWith("."));
  const found = await Promise.all(names.map((name) => instrumentAt(shelf, name)));
  return found.filter((one) => one !== undefined).sort((a, b) => b.madeWallMs - a.madeWallMs);
}

async function instrumentAt(shelf: string, id: string): Promise<KeptInstrument | undefined> {
  const folder = join(shelf, id);
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => "");
  const { value } = checkedJson(shape, text);
  if (value === undefined) return undefined;
  const sizes = await Promise.all(
    (await filesIn(folder)).map(async (path) => (await stat(join(folder, path))).size),
  );
  return { ...value, id, folder, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Says what an instrument is, once all of it is there. */
export async function writeInstrumentManifest(
  folder: string,
  facts: Omit<InstrumentManifest, "format" | "version">,
): Promise<void> {
  const manifest: InstrumentManifest = { format: "etude-instrument", version: VERSION, ...facts };
  await replaceFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @throws UserError "instrument-not-found". */
export async function findInstrument(shelf: string, id: string): Promise<KeptInstrument> {
  const found = (await readInstruments(shelf)).find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new UserError({
    code: "instrument-not-found",
    message: `Cannot find the instrument "${id}"`,
    hint: "Reload the page: its folder may have been moved or deleted.",
  });
}

/** Takes an instrument off the shelf. @throws UserError "instrument-not-found". */
export async function trashInstrument(shelf: string, id: string): Promise<void> {
  const { folder } = await findInstrument(shelf, id);
  await rename(folder, join(shelf, `${GONE}${id}`));
}

/** Puts it back. @throws UserError "instrument-not-found". */
export async function restoreInstrument(shelf: string, id: string): Promise<void> {
  const names = await readdir(shelf).catch((): string[] => []);
  if (!names.includes(`${GONE}${id}`)) await findInstrument(shelf, id);
  else await rename(join(shelf, `${GONE}${id}`), join(shelf, id));
}

/** All of an instrument as a zip archive, file by file. */
export async function* zippedInstrument({
  id,
  folder,
}: KeptInstrument): AsyncGenerator<Uint8Array> {
  const zip = zipStore();
  for (const path of await filesIn(folder)) {
    yield* zip.add(`${id}/${path}`, await readFile(join(folder, path)));
  }
  yield* zip.end();
}

/** With "/", in order; what is only there to go on with an unfinished one is left out. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/\.(jsonl|tmp)$/.test(entry.name))
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}
