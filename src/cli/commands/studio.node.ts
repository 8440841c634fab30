/** `etude studio`: serves the studio until Ctrl-C. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadPage } from "../../page-folder.node.ts";
import { openStudio } from "../../studio/server/open-studio.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { errorReport } from "../report-error.ts";
import { sayGoodbye } from "../say-goodbye.ts";
import { isStoppedBySignal } from "../stop-signals.node.ts";

/** @throws UserError "page-not-built", "port-taken" or "port-not-opened". */
export async function run(
  context: CommandContext,
  values: CommandValues<"studio">,
): Promise<ExitCode> {
  const { signal } = context;
  const page = await loadPage("studio", signal);
  const rehearsal = await loadPage("rehearsal", signal);
  if (page === undefined || rehearsal === undefined) return 0;
  const studio = await openStudio({
    ...context,
    page,
    rehearsal,
    port: values.port,
    onBug: (error) =>
      context.stderr.write(
        errorReport(error, { colour: false, verbose: true, program: context.program }),
      ),
  });
  try {
    print(context, studio.address);
    if (values.open && context.stderr.isTerminal) openBrowser(studio.address);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await studio.close();
  }
  if (isStoppedBySignal(signal)) sayGoodbye(context.stderr, "the studio is closed");
  return 0;
}

function print({ stdout, stderr, json }: CommandContext, address: string): void {
  stderr.write("The studio is open on this machine at\n");
  if (json) stdout.write(`${JSON.stringify({ address })}\n`);
  else stdout.write(`${address}\n`);
  stderr.write("Ctrl-C closes it.\n");
}

/** Whatever comes of it: the address is printed anyway. */
function openBrowser(address: string): void {
  const { platform, env } = process;
  if (platform === "linux" && !env["DISPLAY"] && !env["WAYLAND_DISPLAY"]) return;
  const [program, ...rest] =
    platform === "darwin"
      ? ["open"]
      : platform === "win32"
        ? ["cmd", "/c", "start", ""]
        : ["xdg-open"];
  if (program === undefined) return;
  const child = spawn(program, [...rest, address], { stdio: "ignore", detached: true });
  child.once("error", () => {});
  child.unref();
}
