import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** NAME in the folder, or NAME-2, NAME-3, ... */
export async function freeFolder(parent: string, name: string): Promise<string> {
  const taken = new Set(await readdir(parent).catch(() => []));
  let candidate = name;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${name}-${count}`;
  return join(parent, candidate);
}
