import { readFile } from "node:fs/promises";

/** Name and version of this package as runs and models keep them: "etude 0.1.0". */
export async function programName(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const { name, version } = JSON.parse(text) as { name: string; version: string };
  return `${name} ${version}`;
}
