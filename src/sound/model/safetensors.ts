/**
 * Reads and writes tensors in the safetensors format, with checksums.
 *
 * Eight bytes with the length of a JSON header, the header, the numbers; no executable content. We
 * add the SHA-256 of the numbers and of the header to the metadata, so that damage is detected
 * before use; our own files are refused without them.
 *
 * Source: https://github.com/huggingface/safetensors, README, "Format".
 */

import * as v from "valibot";
import { checked, type Shape, wholeNumber } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { sha256Of } from "../../sha256.ts";
import { elementCount } from "../tensor/shapes.ts";

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly tensors: { readonly [name: string]: NamedTensor };
  /** Texts by name; ours hold JSON. */
  readonly metadata: { readonly [name: string]: string };
}

const HEADER_BYTES_MAX = 100_000_000;
const ALIGNMENT = 8;
const CHECKSUM = "sha256";
const HEADER_CHECKSUM = "headerSha256";

/** The numbers are copied once, into the result: a checkpoint has 60 MB of them. */
export async function writeTensorFile(file: TensorFile): Promise<Uint8Array<ArrayBuffer>> {
  const { described, bodyBytes } = describedTensors(file);
  // All checksums have the same length, so the header's length is known before them.
  const unsigned = headerText(described, file.metadata, NO_CHECKSUMS);
  const headerBytes = Math.ceil(unsigned.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(8 + headerBytes + bodyBytes).fill(0x20, 8, 8 + headerBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  const body = bytes.subarray(8 + headerBytes);
  let at = 0;
  for (const { data } of Object.values(file.tensors)) {
    body.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  const checksum = await sha256Of(body);
  const headerChecksum = await checksumOf(described, { ...file.metadata, [CHECKSUM]: checksum });
  bytes.set(headerText(described, file.metadata, { checksum, headerChecksum }), 8);
  return bytes;
}

/**
 * @param name Of the file, for error messages.
 * @returns Finite numbers only.
 * @throws UserError "tensor-file-damaged" if the file is damaged.
 */
export async function readTensorFile(bytes: Uint8Array, name: string): Promise<TensorFile> {
  const { header, body } = headerAndBody(bytes, name);
  const { tensors: entries, metadata: signed } = parseHeader(header, name);
  requireWhole(entries, body, name);
  const { [CHECKSUM]: checksum, [HEADER_CHECKSUM]: headerChecksum, ...metadata } = signed;
  if (OURS.test(metadata["format"] ?? "") && !(checksum && headerChecksum)) {
    throw damaged(name, "it has no checksums, which étude always writes");
  }
  const { [HEADER_CHECKSUM]: _, ...described } = signed;
  if (headerChecksum !== undefined) {
    const found = await checksumOf(Object.fromEntries(entries), described);
    if (headerChecksum !== found) throw damaged(name, "its header does not match its checksum");
  }
  if (checksum !== undefined && checksum !== (await sha256Of(body))) {
    throw damaged(name, "its numbers do not match its checksum");
  }
  const tensors = entries.map(([key, entry]): [string, NamedTensor] => {
    const data = new Float32Array(body.buffer, entry.data_offsets[0], elementCount(entry.shape));
    if (!areFinite(data)) throw damaged(name, `its tensor "${key}" holds more than finite numbers`);
    return [key, { shape: entry.shape, data }];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** Formats that we write, always with checksums. */
const OURS = /^etude-/;

function headerAndBody(
  bytes: Uint8Array,
  name: string,
): { readonly header: Uint8Array; readonly body: Uint8Array<ArrayBuffer> } {
  if (bytes.length < 8) throw damaged(name, `it has ${bytes.length} bytes, need at least 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  // Text or sound read as a length gives an absurdly large number.
  if (headerBytes > HEADER_BYTES_MAX) {
    throw new UserError({
      code: "tensor-file-damaged",
      message: `Cannot read "${name}": it does not begin like a model or checkpoint of étude`,
      hint: "Give a file that étude wrote: the model.etude of a run, or the folder of the run.",
    });
  }
  if (8 + headerBytes > bytes.length) {
    throw damaged(
      name,
      `its header should have ${headerBytes} bytes, the file has ${bytes.length}`,
    );
  }
  return {
    header: bytes.subarray(8, 8 + headerBytes),
    // A copy, because the numbers must start at a multiple of four. `slice` of a Buffer copies nothing.
    body: new Uint8Array(bytes.subarray(8 + headerBytes)),
  };
}

interface Checksums {
  readonly checksum: string;
  readonly headerChecksum: string;
}

const NO_CHECKSUMS: Checksums = { checksum: "0".repeat(64), headerChecksum: "0".repeat(64) };

/** What the header says of each tensor, and the bytes that all of them take. */
function describedTensors({ tensors }: TensorFile) {
  const described: Record<string, unknown> = {};
  let at = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (elementCount(shape) !== data.length) {
      throw new TypeError(
        `Cannot write tensor "${name}" of shape [${shape}]: found ${data.length} numbers`,
      );
    }
    described[name] = { dtype: "F32", shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  return { described, bodyBytes: at };
}

function headerText(
  described: Readonly<Record<string, unknown>>,
  metadata: TensorFile["metadata"],
  { checksum, headerChecksum }: Checksums,
): Uint8Array {
  const signed = { ...metadata, [CHECKSUM]: checksum, [HEADER_CHECKSUM]: headerChecksum };
  return new TextEncoder().encode(JSON.stringify({ ...described, __metadata__: signed }));
}

interface Header {
  readonly metadata: { readonly [name: string]: string };
  readonly tensors: readonly [string, TensorEntry][];
}

interface TensorEntry {
  readonly dtype: "F32";
  readonly shape: readonly number[];
  /** First byte, and the one after the last. */
  readonly data_offsets: readonly [number, number];
}

const SIZE_MAX = Number.MAX_SAFE_INTEGER;

/** Nothing else is allowed: unread content could not be distinguished from damage. */
const entryShape: Shape<TensorEntry> = v.strictObject({
  dtype: v.literal("F32"),
  shape: v.array(wholeNumber(0, SIZE_MAX)),
  data_offsets: v.strictTuple([wholeNumber(0, SIZE_MAX), wholeNumber(0, SIZE_MAX)]),
});

function parseHeader(bytes: Uint8Array, name: string): Header {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(name, "its header is not JSON", cause);
  }
  if (!isPlainObject(value)) throw damaged(name, "its header is not a JSON object");
  const { __metadata__: metadata = {}, ...tensors } = value;
  if (!isPlainObject(metadata)) throw damaged(name, "its metadata is not a JSON object");
  const texts = Object.entries(metadata);
  if (!texts.every((pair): pair is [string, string] => typeof pair[1] === "string")) {
    throw damaged(name, "its metadata holds more than text");
  }
  const entries = Object.entries(tensors).map(([key, entry]): [string, TensorEntry] => {
    const { value: described, problem } = checked(entryShape, entry);
    if (described !== undefined) return [key, described];
    throw damaged(name, `its tensor "${key}" is not described as float32 numbers: ${problem}`);
  });
  return { metadata: Object.fromEntries(texts), tensors: entries };
}

function isPlainObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tensors must be contiguous from the first byte to the last, as the format requires. */
function requireWhole(entries: Header["tensors"], body: Uint8Array, name: string): void {
  const inOrder = entries.toSorted(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  let at = 0;
  for (const [key, { shape, data_offsets: place }] of inOrder) {
    const [start, end] = place;
    if (start !== at || end - start !== 4 * elementCount(shape) || end > body.length) {
      throw damaged(name, `its tensor "${key}" [${shape}] does not fit bytes ${start} to ${end}`);
    }
    at = end;
  }
  if (at !== body.length) {
    throw damaged(name, `its tensors have ${at} bytes, the file has ${body.length} for them`);
  }
}

function areFinite(numbers: Float32Array): boolean {
  for (let i = 0; i < numbers.length; i += 1) if (!Number.isFinite(numbers[i])) return false;
  return true;
}

/** Of the header without this checksum. */
function checksumOf(
  tensors: { readonly [name: string]: unknown },
  metadata: { readonly [name: string]: string },
): Promise<string> {
  return sha256Of(new TextEncoder().encode(JSON.stringify({ ...tensors, __metadata__: metadata })));
}

function damaged(name: string, found: string, cause?: unknown): UserError {
  return new UserError({
    code: "tensor-file-damaged",
    message: `Cannot read "${name}": ${found}`,
    hint: "Use an earlier checkpoint or another copy of the file.",
    cause,
  });
}
