/** `etude simulate --browser`: serves the page until Ctrl-C. */

import { once } from "node:events";
import { wrongUsage } from "../../options/read-value.ts";
import { loadPage, type PageFiles } from "../../page-folder.node.ts";
import { openPageServer } from "../../page-server.node.ts";
import { addressOf } from "../../rehearsal/page/address.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { sayGoodbye } from "../say-goodbye.ts";
import { isStoppedBySignal } from "../stop-signals.node.ts";

type SimulateValues = CommandValues<"simulate">;

/** Options that act in this process, whereas the page runs in the browser. */
const NOT_IN_PAGE = {
  once: "--once",
  exitAfterTime: "--exit-after-time",
  exitAfterModules: "--exit-after-modules",
  inhibit: "--inhibit",
  truth: "--truth",
  metricsPort: "--metrics-port",
} as const satisfies { readonly [K in keyof SimulateValues]?: string };

/** @throws UserError "usage" (exit code 2), "page-not-built", "port-taken" or "port-not-opened". */
export async function servePage(
  context: CommandContext,
  values: SimulateValues,
): Promise<ExitCode> {
  refuseOthers(values);
  const files = await loadPage("rehearsal", context.signal);
  if (files !== undefined) await serveUntilStopped(files, context, values);
  if (isStoppedBySignal(context.signal)) sayGoodbye(context.stderr, "the page is no longer served");
  return 0;
}

async function serveUntilStopped(
  files: PageFiles,
  { stdout, stderr, signal, json }: CommandContext,
  values: SimulateValues,
): Promise<void> {
  const server = await openPageServer(files, values.port ?? 0);
  try {
    const address = server.address + addressOf(values);
    stderr.write(`Simulated runs are shown at ${address}\nCtrl-C stops it.\n`);
    if (json) stdout.write(`${JSON.stringify({ address })}\n`);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await server.close();
  }
}

function refuseOthers(values: SimulateValues): void {
  const flags: string[] = Object.entries(NOT_IN_PAGE).flatMap(([key, flag]) => {
    const value = values[key as keyof typeof NOT_IN_PAGE];
    return value === undefined || value === false ? [] : [flag];
  });
  if (values.export.length > 0) flags.push("--export");
  if (flags.length === 0) return;
  throw wrongUsage(
    `Cannot use ${flags.join(" and ")} with --browser: the runs are told in the page`,
    "Leave --browser out, or the other options.",
  );
}
