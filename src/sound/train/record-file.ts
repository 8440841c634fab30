/** run.json: written with its seal, and read back only as written. */

import { checkedJson } from "../../checked.ts";
import { messageOf, UserError } from "../../errors.ts";
import { outdated } from "../model/kinds.ts";
import { recordHead, recordShape, type StoredRecord, sealOf } from "./check-record.ts";
import { RUN_VERSION, type RunRecord } from "./job.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";
import { type TrainSettings, usualChunkSeconds } from "./settings.ts";

/** @returns The record with its seal, as written. */
export async function writeRecord(store: RunStore, record: RunRecord): Promise<RunRecord> {
  const sealed = { ...record, sha256: await sealOf(record) };
  const text = `${JSON.stringify(sealed, null, 2)}\n`;
  await store.write(RUN_FILES.record, new TextEncoder().encode(text));
  return sealed;
}

/**
 * @returns The record with its seal, computed where an earlier étude wrote none.
 * @throws UserError "run-not-found", "run-damaged", "run-outdated" or "run-newer-than-program".
 */
export async function readRecord(store: RunStore): Promise<RunRecord> {
  const bytes = await store.read(RUN_FILES.record).catch((cause: unknown) => {
    throw runNotFound(store.place, messageOf(cause), cause);
  });
  if (bytes === undefined) {
    throw runNotFound(store.place, "it holds no run.json, need a run folder");
  }
  const record = await parsedRecord(new TextDecoder().decode(bytes), store.place);
  return { ...record, settings: sinceThen(record.settings, store.place) };
}

export function runNotFound(place: string, found: string, cause?: unknown): UserError {
  return new UserError({
    code: "run-not-found",
    message: `Cannot open "${place}": ${found}`,
    hint: "Give the folder that `etude train` wrote, with run.json in it. A run that was ended before it wrote that has learned nothing: train again.",
    exitCode: 2,
    cause,
  });
}

/** Settings of a run from before examples could have any length. */
function sinceThen(settings: StoredRecord["settings"], place: string): TrainSettings {
  const { chunkSeconds } = settings;
  if (chunkSeconds !== undefined) return { ...settings, chunkSeconds };
  const change = outdated(settings.model, settings);
  if (change !== undefined) {
    throw new UserError({
      code: "run-outdated",
      message: `Cannot open "${place}": ${change}`,
      hint: "Train anew.",
      exitCode: 2,
    });
  }
  return { ...settings, chunkSeconds: usualChunkSeconds(settings.model) };
}

async function parsedRecord(text: string, place: string): Promise<StoredRecord> {
  const head = checkedJson(recordHead, text);
  if (head.value === undefined) throw damagedRecord(place, "does not describe a run");
  const { version } = head.value;
  if (version > RUN_VERSION) {
    throw new UserError({
      code: "run-newer-than-program",
      message: `Cannot open "${place}": its run.json has version ${version}, this program knows up to ${RUN_VERSION}`,
      hint: "Update etude.",
      exitCode: 2,
    });
  }
  const { value: record, problem } = checkedJson(recordShape, text);
  if (record === undefined) throw damagedRecord(place, `is damaged: ${problem}`);
  const sha256 = await sealOf(record);
  if (record.sha256 !== undefined && record.sha256 !== sha256) {
    throw damagedRecord(place, "was changed since étude wrote it");
  }
  return { ...record, sha256 };
}

function damagedRecord(place: string, what: string): UserError {
  return new UserError({
    code: "run-damaged",
    message: `Cannot open "${place}": its run.json ${what}`,
    hint: "The checkpoints are untouched; restore run.json from a copy.",
  });
}
