/** Files as an enemy makes them: anything may stand in them, and yet their checksums are right. */

import { createHash } from "node:crypto";
import fc from "fast-check";
import { UserError } from "../../src/errors.ts";

export interface TensorParts {
  /** The header as JSON, with `__metadata__`. */
  // biome-ignore lint/suspicious/noExplicitAny: a forger writes whatever they like
  readonly header: any;
  /** The numbers. */
  readonly body: Uint8Array;
}

export function partsOfTensorFile(bytes: Uint8Array): TensorParts {
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
  return { header, body: bytes.slice(8 + headerBytes) };
}

/** A file of these parts, signed as docs/formats.md has it where its metadata can be signed. */
export function forgedTensorFile({ header, body }: TensorParts): Buffer {
  const { __metadata__: metadata, ...tensors } = header;
  if (typeof metadata !== "object" || metadata === null) return tensorFile(header, body);
  const { sha256: _, headerSha256: __, ...rest } = metadata;
  const described = { ...rest, sha256: hashOf(body) };
  const headerSha256 = hashOf(JSON.stringify({ ...tensors, __metadata__: described }));
  return tensorFile({ ...tensors, __metadata__: { ...described, headerSha256 } }, body);
}

/** The same with no regard for checksums, and none for where the numbers begin. */
export function tensorFile(header: unknown, body: Uint8Array): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, body]);
}

function hashOf(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** JSON with one of its values taken away or replaced by another, at any depth. */
export function spoiled(json: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(json);
  const instead = fc.oneof(fc.constant(undefined), fc.constantFrom(...NASTY), fc.jsonValue());
  return fc
    .tuple(fc.constantFrom(...places), instead)
    .map(([place, value]) => replaced(json, place, value));
}

const NASTY = [null, -1, 0, 0.5, 1e9, 1e300, "", "1", true, [], {}, [null], "__proto__"] as const;

type Place = readonly (string | number)[];

function placesIn(json: unknown, at: Place = []): Place[] {
  if (typeof json !== "object" || json === null) return [at];
  const inner = Object.entries(json).flatMap(([key, value]) => placesIn(value, [...at, key]));
  return [at, ...inner];
}

function replaced(json: unknown, [key, ...rest]: Place, value: unknown): unknown {
  if (key === undefined) return value;
  const copy = Array.isArray(json) ? [...json] : { ...(json as object) };
  const inside = copy as Record<string, unknown>;
  inside[key] = replaced(inside[key], rest, value);
  return copy;
}

/** What reading gave, or the words by which it was refused; anything else is our bug. */
export async function readOrRefused<T>(reading: Promise<T>): Promise<T | UserError> {
  return reading.catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
}
