/**
 * The frame of a TFRecord file around one record.
 *
 *     length, 8 bytes | masked CRC-32C of it, 4 bytes | record | masked CRC-32C of it, 4 bytes
 *
 * All little-endian. Source: TensorFlow, "TFRecord and tf.train.Example".
 */

import { crc32c } from "./crc32c.ts";

const LENGTH_BYTES = 8;
const SUM_BYTES = 4;
const MASK_DELTA = 0xa282ead8;

export function tfRecord(record: Uint8Array): Uint8Array {
  const head = LENGTH_BYTES + SUM_BYTES;
  const framed = new Uint8Array(head + record.length + SUM_BYTES);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(record.length), true);
  view.setUint32(LENGTH_BYTES, masked(crc32c(framed.subarray(0, LENGTH_BYTES))), true);
  framed.set(record, head);
  view.setUint32(head + record.length, masked(crc32c(record)), true);
  return framed;
}

/** A sum of data that holds sums is weak, so sums are stored rotated and shifted. */
function masked(sum: number): number {
  return (((sum >>> 15) | (sum << 17)) + MASK_DELTA) >>> 0;
}
