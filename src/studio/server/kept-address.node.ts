/**
 * Keeps the address of the studio the same from one start to the next, so that open pages reconnect
 * and bookmarks work. The file is readable by its owner only.
 */

import { chmod, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { checkedJson } from "../../checked.ts";
import { makeFolder, replaceFile } from "../../files.node.ts";
import type { Settings } from "../../sound/library/settings.ts";
import { newToken } from "./guard.node.ts";

export interface KeptAddress {
  readonly port: number;
  readonly token: string;
}

const shape: v.GenericSchema<unknown, KeptAddress> = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  token: v.pipe(v.string(), v.regex(/^[\w-]{24,64}$/)),
});

/** A new one where there is none, or none that can be read. */
export async function readAddress(settings: Settings): Promise<KeptAddress> {
  const text = await readFile(placeOf(settings), "utf8").catch(() => "");
  return checkedJson(shape, text).value ?? { port: 0, token: newToken() };
}

/** A studio works without. */
export async function keepAddress(settings: Settings, address: KeptAddress): Promise<void> {
  const path = placeOf(settings);
  try {
    await makeFolder(dirname(path));
    await replaceFile(path, `${JSON.stringify(address, null, 2)}\n`);
    await chmod(path, 0o600);
  } catch {
    // Then the next start has another address.
  }
}

function placeOf({ paths }: Settings): string {
  return join(dirname(paths.models), "studio.json");
}
