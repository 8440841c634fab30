/** Measures by a short run how many epochs fit into a given time on this machine. */

import { rm } from "node:fs/promises";
import type { FolderJob } from "../sound/train/job.ts";
import { makeRunFolder } from "../sound/train/run-folder.node.ts";
import { startLoggedRun } from "../sound/work/logged-run.node.ts";
import type { CommandContext } from "./context.ts";

type Probe = Pick<FolderJob, "corpusFolder" | "runFolder" | "name" | "overrides"> & {
  readonly device: NonNullable<FolderJob["device"]>;
  readonly threads: number;
};

/** The first epoch warms up; the others are measured. */
const PROBE_EPOCHS = 3;

/** @returns At least 1. */
export async function measuredEpochs(
  { clock, program, signal }: CommandContext,
  budgetMs: number,
  probe: Probe,
): Promise<number> {
  const { runFolder } = probe;
  await rm(runFolder, { recursive: true, force: true });
  await makeRunFolder(runFolder);
  const overrides = { ...probe.overrides, epochs: PROBE_EPOCHS, epochsPerPreview: 0 };
  const job = { ...probe, overrides, program, runFolderShown: "probe", resume: false };
  const run = await startLoggedRun(job, { clock });
  const cancel = (): void => run.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const doneMs: number[] = [];
  try {
    for await (const event of run.events) {
      if (event.type === "epoch-done") doneMs.push(event.elapsedMs);
    }
  } finally {
    await run.finished;
    signal.removeEventListener("abort", cancel);
    await rm(runFolder, { recursive: true, force: true });
  }
  signal.throwIfAborted();
  const [firstMs = 0] = doneMs;
  const epochMs = ((doneMs.at(-1) ?? firstMs) - firstMs) / Math.max(1, doneMs.length - 1);
  // Reading the recordings, and the first epoch, are part of the time too.
  const rest = budgetMs - firstMs;
  return Math.max(1, 1 + Math.floor(rest / Math.max(1, epochMs)));
}
