/** `etude completions`: the script of one shell. */

import { completionScripts } from "../completion-scripts.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";

export async function run(
  { stdout, json }: CommandContext,
  { shell }: CommandValues<"completions">,
): Promise<ExitCode> {
  const script = completionScripts[shell];
  stdout.write(json ? `${JSON.stringify({ shell, script }, null, 2)}\n` : script);
  return 0;
}
