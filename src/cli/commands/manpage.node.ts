/** `etude manpage`: the manual page. */

import { formatMoment } from "../../show/numbers.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { manpage } from "../manpage.ts";
import { programTable } from "../outline.ts";

export async function run(
  { stdout, json, program, clock }: CommandContext,
  _values: CommandValues<"manpage">,
): Promise<ExitCode> {
  const [day = ""] = formatMoment(clock.wallMs()).split(" ");
  const page = manpage(programTable, { program, day });
  stdout.write(json ? `${JSON.stringify({ manpage: page }, null, 2)}\n` : page);
  return 0;
}
