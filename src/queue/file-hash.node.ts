/** SHA-256 of files, however large. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

const READ_BYTES = 1 << 20;

/** @returns Hexadecimal digits, and how many bytes there were. */
export async function sha256OfFile(
  path: string | Uint8Array,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const place = typeof path === "string" ? path : Buffer.from(path);
  for await (const chunk of createReadStream(place, { highWaterMark: READ_BYTES })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest("hex"), bytes };
}
