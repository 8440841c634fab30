/** Reads the body of a request, up to a limit. */

import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../errors.ts";
import { notWritten } from "../../files.node.ts";
import { formatBytes } from "../../show/numbers.ts";

const JSON_BYTES_MAX = 1_000_000;

/** @throws UserError "body-too-large" or "body-not-json". */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request, JSON_BYTES_MAX);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new UserError({
      code: "body-not-json",
      message: "Cannot read the request: it is not JSON",
      hint: "Reload the page: it may be older than the program.",
      cause,
    });
  }
}

/** @throws UserError "body-too-large". */
export async function readBytes(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes <= bytesMax) parts.push(part);
  }
  if (bytes > bytesMax) throw tooLarge("request", bytesMax);
  return Buffer.concat(parts);
}

/**
 * Writes what is sent into a new file, which is gone again where it does not arrive whole.
 *
 * @throws UserError "file-too-large", "file-not-written" or "disk-full".
 */
export async function writeBody(
  request: IncomingMessage,
  path: string,
  bytesMax: number,
): Promise<number> {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) throw tooLarge("file", bytesMax);
  let bytes = 0;
  // Read to its end all the same: the client reads the answer only then.
  const counted = new Transform({
    transform(part: Buffer, _, done) {
      bytes += part.length;
      done(null, bytes > bytesMax ? undefined : part);
    },
  });
  try {
    await pipeline(request, counted, createWriteStream(path, { flags: "wx" }));
    if (bytes > bytesMax) throw tooLarge("file", bytesMax);
    return bytes;
  } catch (cause) {
    await rm(path, { force: true });
    throw cause instanceof UserError ? cause : notWritten(path, cause);
  }
}

function tooLarge(what: "request" | "file", bytesMax: number): UserError {
  return new UserError({
    code: `${what === "file" ? "file" : "body"}-too-large`,
    message: `Cannot take this ${what}: it is larger than ${formatBytes(bytesMax)}`,
    hint: "Name its folder instead: étude then reads it where it lies.",
  });
}
