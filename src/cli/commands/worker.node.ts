/** `etude worker`: trains for a sweep. */

import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import type { RunEvent } from "../../events/events.ts";
import { makeFolder } from "../../files.node.ts";
import { wrongUsage } from "../../options/read-value.ts";
import { folderWorkerSide } from "../../queue/folder-queue.node.ts";
import { readSweepPlan, sweepPaths } from "../../queue/sweep-folder.node.ts";
import { newSession, work } from "../../queue/worker.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { memoryLimitOf } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"worker">,
): Promise<ExitCode> {
  const { clock, json, program, stderr, stdout, workingFolder } = context;
  if (values.sweep === undefined) {
    throw wrongUsage(
      "Cannot work: found no SWEEP, need the folder of a sweep",
      "Give the folder that `etude sweep` wrote.",
    );
  }
  const folder = resolve(workingFolder, values.sweep);
  await readSweepPlan(folder);
  const paths = sweepPaths(folder);
  const session = newSession();
  const workFolder = join(paths.work, session);
  const side = folderWorkerSide(paths.queue, { clock, session });
  const signal = AbortSignal.any([context.signal, parentGone()]);
  await makeFolder(workFolder);
  try {
    await work(
      {
        name: values.name ?? hostname(),
        session,
        program,
        ...memoryLimitOf(context, values.maxMemory),
        untilIdle: values.untilIdle,
        workFolder,
      },
      {
        side,
        clock,
        signal,
        say: (line) => stderr.write(`${line}\n`),
        ...(json && {
          onEvent: (run: string, event: RunEvent) =>
            stdout.write(`${JSON.stringify({ run, ...event })}\n`),
        }),
        corpusFolder: async ({ sweep }) => {
          const found = await side.corpusFolder(sweep);
          if (found === undefined) throw corpusNotThere();
          return found;
        },
      },
    );
  } finally {
    await rm(workFolder, { recursive: true, force: true }).catch(() => undefined);
  }
  return 0;
}

/** Aborts when the coordinator that started this worker has ended, however that came about. */
function parentGone(): AbortSignal {
  const controller = new AbortController();
  if (process.connected) process.once("disconnect", () => controller.abort());
  return controller.signal;
}

function corpusNotThere(): UserError {
  return new UserError({
    code: "corpus-not-found",
    message: "Cannot work for the sweep: found no corpus.txt in its queue",
    hint: "Start the coordinator again with `etude sweep --resume`.",
  });
}
