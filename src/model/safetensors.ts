/**
 * Tensors in a file: the safetensors format, read and written with care.
 *
 * Eight bytes with the length of a JSON header, the header, the numbers. Nothing in it can
 * run. We add two things to the metadata: the SHA-256 of the numbers and that of the header,
 * so that a damaged file is found before it is used.
 *
 * Source: https://github.com/huggingface/safetensors, README, "Format".
 */

import { UserError } from "../errors.ts";
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
  // A checksum is as long as any other, so the header's length is known before them.
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
  const checksum = await sha256(body);
  const headerChecksum = await checksumOf(described, { ...file.metadata, [CHECKSUM]: checksum });
  bytes.set(headerText(described, file.metadata, { checksum, headerChecksum }), 8);
  return bytes;
}

/**
 * @param name Of the file, for error messages.
 * @throws UserError "tensor-file-damaged" if anything is not as it was written.
 */
export async function readTensorFile(bytes: Uint8Array, name: string): Promise<TensorFile> {
  if (bytes.length < 8) throw damaged(name, `it has ${bytes.length} bytes, need at least 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  // Text or sound read as a length gives a number beyond all sense.
  if (headerBytes > HEADER_BYTES_MAX) {
    throw damaged(name, "it does not begin like a model or checkpoint of étude");
  }
  if (8 + headerBytes > bytes.length) {
    throw damaged(
      name,
      `its header should have ${headerBytes} bytes, the file has ${bytes.length}`,
    );
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes), name);
  // A copy, because the numbers must start at a multiple of four.
  const body = bytes.slice(8 + headerBytes);
  const { [HEADER_CHECKSUM]: headerChecksum, ...described } = header.metadata;
  const found = await checksumOf(Object.fromEntries(header.entries), described);
  if (headerChecksum !== undefined && headerChecksum !== found) {
    throw damaged(name, "its header does not match its checksum");
  }
  const { [CHECKSUM]: checksum, ...metadata } = described;
  if (checksum !== undefined && checksum !== (await sha256(body))) {
    throw damaged(name, "its numbers do not match its checksum");
  }
  const tensors: Record<string, NamedTensor> = {};
  for (const [key, entry] of header.entries) tensors[key] = tensorOf(entry, { body, name, key });
  return { tensors, metadata };
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
  readonly entries: readonly [string, unknown][];
}

function parseHeader(bytes: Uint8Array, name: string): Header {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(name, "its header is not JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw damaged(name, "its header is not a JSON object");
  }
  const { __metadata__: metadata = {}, ...tensors } = value as Record<string, unknown>;
  const texts = Object.entries(metadata as object);
  if (texts.some(([, text]) => typeof text !== "string")) {
    throw damaged(name, "its metadata holds more than text");
  }
  return { metadata: Object.fromEntries(texts), entries: Object.entries(tensors) };
}

function tensorOf(
  entry: unknown,
  { body, name, key }: { readonly body: Uint8Array; readonly name: string; readonly key: string },
): NamedTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== "F32" || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw damaged(name, `its tensor "${key}" is not described as float32 numbers`);
  }
  const [start = 0, end = 0] = offsets;
  if (start > end || end > body.length || end - start !== 4 * elementCount(shape) || start % 4) {
    throw damaged(name, `its tensor "${key}" [${shape}] does not fit bytes ${start} to ${end}`);
  }
  return { shape, data: new Float32Array(body.buffer, body.byteOffset + start, (end - start) / 4) };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Of the header but for this very checksum. */
function checksumOf(
  tensors: { readonly [name: string]: unknown },
  metadata: { readonly [name: string]: string },
): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify({ ...tensors, __metadata__: metadata })));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function damaged(name: string, found: string, cause?: unknown): UserError {
  return new UserError({
    code: "tensor-file-damaged",
    message: `Cannot read "${name}": ${found}`,
    hint: "Use an earlier checkpoint or another copy of the file.",
    cause,
  });
}
