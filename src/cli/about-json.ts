/** The output of `--help` and `--version` with `--json`. */

import type { CommandSpec } from "../options/spec.ts";
import { type CommandName, commands } from "./commands.ts";
import { outlineOf, programTable } from "./outline.ts";
import { commandIn } from "./usage-error.ts";

/**
 * @param words The command line.
 * @param program "etude 0.1.0"
 * @returns A line of JSON: `{ program, version }`, or the program's or the command's place in the
 *   table of commands.
 */
export function aboutJson(words: readonly string[], program: string): string {
  const [name, version] = program.split(" ");
  const isVersion = words.includes("--version") || words.includes("-V");
  const about = isVersion ? { program: name, version } : { program: name, version, ...help(words) };
  return `${JSON.stringify(about, null, 2)}\n`;
}

function help(words: readonly string[]): object {
  const asked = words.filter((word) => word !== "help" && !word.startsWith("-"));
  const command = commandIn(asked) ?? "";
  const places = outlineOf(programTable);
  const { words: _, ...place } = places.find((one) => one.words.join(" ") === command) ?? {
    words: [],
  };
  const spec: CommandSpec | undefined = commands[command as CommandName];
  const { details, examples = [] } = spec ?? {};
  return { command: command || null, ...place, ...(details && { details }), examples };
}
