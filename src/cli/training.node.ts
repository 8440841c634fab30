/** What `train`, `resume` and `demo` share: a run from its job to the exit code. */

import { availableParallelism } from "node:os";
import { relative, sep } from "node:path";
import type { RunEnded, RunEvent } from "../events/events.ts";
import { openEventLog, readEventLog } from "../events/log.node.ts";
import { stamp } from "../events/stamp.ts";
import type { RunDevice, TrainJob } from "../run/train/job.ts";
import { runPaths } from "../run/train/run-folder.node.ts";
import { startTraining } from "../run/train/runner.node.ts";
import { openNodeConsole } from "../show/console/console.node.ts";
import { consoleMode } from "../show/console/terminal.ts";
import type { CommandContext, ExitCode } from "./context.ts";

/** Runs a job to its end: told on the console, kept in the run folder's log. */
export async function runTraining(context: CommandContext, job: TrainJob): Promise<ExitCode> {
  const { signal, clock } = context;
  const run = await startTraining(job);
  const cancel = (): void => run.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const eventsPath = runPaths(job.runFolder).events;
  const earlier = job.resume ? await eventsOf(eventsPath) : [];
  const log = await openEventLog(eventsPath, { clock });
  const console = openNodeConsole({
    mode: consoleMode({ environment: process.env, isTerminal: context.stderr.isTerminal }, context),
    colour: context.stderr.colour,
    ...(context.json && { write: (text: string) => context.stdout.write(text) }),
    next: () => nextStep(job, { ended, kept }),
  });
  for (const event of earlier) console.recall(event);
  let ended: RunEnded | undefined;
  let kept = job.resume;
  try {
    for await (const event of stamp(run.news, clock, log.start)) {
      if (event.type === "run-ended") ended = event;
      if (event.type === "checkpoint-saved") kept = true;
      log.append(event);
      console.show(event);
    }
  } finally {
    console.close();
    run.cancel();
    await run.finished;
    signal.removeEventListener("abort", cancel);
    await log.close();
  }
  if (ended?.outcome === "finished") return 0;
  return ended?.outcome === "cancelled" && kept ? 3 : 1;
}

/** What the console should know of earlier. A damaged log is no reason not to go on. */
async function eventsOf(path: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  try {
    for await (const event of readEventLog(path)) events.push(event);
  } catch {
    // What could be read is enough for a picture; the checkpoint decides, not the log.
  }
  return events;
}

function nextStep(
  { runFolderShown }: TrainJob,
  { ended, kept }: { readonly ended: RunEnded | undefined; readonly kept: boolean },
): string | undefined {
  if (ended?.outcome === "finished") return `etude generate ${quoted(runFolderShown)}`;
  return kept ? `etude resume ${quoted(runFolderShown)}` : undefined;
}

/** As a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./~@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** The way to a path that is shortest to read: from the working folder, if it lies in there. */
export function shownPath({ workingFolder }: CommandContext, path: string): string {
  const way = relative(workingFolder, path);
  return way === "" || way === ".." || way.startsWith(`..${sep}`) ? path : way;
}

/**
 * The runtime and threads that the configuration and the command line ask for. A GPU is not
 * used yet: asking for one is answered with a warning, and the work goes on without.
 */
export function engineOf(
  { settings, stderr }: CommandContext,
  threads: number | undefined,
): { readonly device: RunDevice; readonly threads: number } {
  const { device } = settings.hardware;
  if (device === "gpu") {
    stderr.write("warning: no GPU can be used yet, so the processor does the work\n");
  }
  return {
    device: device === "wasm" ? "wasm" : device === "cpu" ? "native" : "auto",
    threads: threads ?? (settings.hardware.threads || availableParallelism()),
  };
}
