/** `etude completions`: the script of one shell. */

import { bashCompletions } from "../completions/bash.ts";
import { elvishCompletions } from "../completions/elvish.ts";
import { fishCompletions } from "../completions/fish.ts";
import { powershellCompletions } from "../completions/powershell.ts";
import { zshCompletions } from "../completions/zsh.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { outlineOf, type Place, programTable } from "../outline.ts";
import { suggestionWords } from "../suggestions.ts";

type Shell = CommandValues<"completions">["shell"];

/** Complete by construction: a shell without a script is a compile error. */
const scripts: { readonly [S in Shell]: (places: readonly Place[]) => string } = {
  bash: bashCompletions,
  elvish: elvishCompletions,
  fish: fishCompletions,
  powershell: powershellCompletions,
  zsh: zshCompletions,
};

export async function run(
  { stdout, json }: CommandContext,
  { shell }: CommandValues<"completions">,
): Promise<ExitCode> {
  const script = scripts[shell](outlineOf(programTable, suggestionWords));
  stdout.write(json ? `${JSON.stringify({ shell, script }, null, 2)}\n` : script);
  return 0;
}
