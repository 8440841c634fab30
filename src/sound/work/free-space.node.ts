import { statfs } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import { formatBytes } from "../../show/numbers.ts";

/**
 * Refuses to begin what the disk would not hold to its end. Where the system does not say how much
 * is free, nothing is refused.
 *
 * @param folder That is there.
 * @param what Is to be written: "100 sounds".
 * @throws UserError "disk-full".
 */
export async function requireSpace(folder: string, bytes: number, what: string): Promise<void> {
  const status = await statfs(folder).catch(() => undefined);
  if (status === undefined || status.blocks === 0) return;
  const freeBytes = status.bavail * status.bsize;
  if (freeBytes >= bytes) return;
  throw new UserError({
    code: "disk-full",
    message: `Cannot write ${what} into "${folder}": found ${formatBytes(freeBytes)} free, need about ${formatBytes(bytes)}`,
    hint: "Free some space, write fewer or shorter sounds, or choose another folder by --output-dir.",
  });
}
