/** Identifies a model by its content, whatever its name and path. */

import { sha256Of } from "../../sha256.ts";
import type { Model } from "./model-file.ts";

/**
 * SHA-256 of what a model has learned: weights, statistics, and the latents of its recordings.
 *
 * The name, the date and whatever is measured of it later do not count: a model that was renamed is
 * the same.
 */
export function modelIdentity(
  model: Pick<Model, "weights" | "statistics" | "latents">,
): Promise<string> {
  const { weights, statistics, latents } = model;
  const parts = [weights, statistics, latents.means];
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return sha256Of(bytes);
}
