/** `etude worker`: trains for a sweep. */

import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import type { RunEvent } from "../../events/events.ts";
import { makeFolder } from "../../files.node.ts";
import { work } from "../../queue/worker.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openedWorker } from "../sweep-queue.node.ts";
import { memoryLimitOf } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"worker">,
): Promise<ExitCode> {
  const { clock, json, program, stderr, stdout } = context;
  const signal = AbortSignal.any([context.signal, parentGone()]);
  const { workFolder, session, lock, ...opened } = await openedWorker(
    { ...context, signal },
    values,
  );
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
        ...opened,
        clock,
        signal,
        say: (line) => stderr.write(`${line}\n`),
        ...(json && {
          onEvent: (run: string, event: RunEvent) =>
            stdout.write(`${JSON.stringify({ run, ...event })}\n`),
        }),
      },
    );
  } finally {
    await rm(workFolder, { recursive: true, force: true }).catch(() => undefined);
    await lock?.release().catch(() => undefined);
  }
  return 0;
}

/** Aborts when the coordinator that started this worker has ended, however that came about. */
function parentGone(): AbortSignal {
  const controller = new AbortController();
  if (process.connected) process.once("disconnect", () => controller.abort());
  return controller.signal;
}
