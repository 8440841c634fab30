/** Adds the sounds that commands make to the history, and keeps it within its limit. */

import { messageOf } from "../errors.ts";
import type { MadeSound } from "../sound/work/generate-files.node.ts";
import { pruneHistory, rememberSound } from "../sound/work/history.node.ts";
import type { CommandContext } from "./context.ts";

/** A sound that cannot be kept there is written all the same. */
export async function remember(
  { settings, stderr }: CommandContext,
  made: MadeSound,
): Promise<void> {
  await rememberSound(settings.paths.history, made).catch((failure: unknown) => {
    stderr.write(`warning: the sound is not in the history: ${messageOf(failure)}\n`);
  });
}

export async function keepWithinLimit({ settings, stderr }: CommandContext): Promise<void> {
  const { keepGb } = settings.history;
  if (keepGb === 0) return;
  const limit = { keepBytes: keepGb * 1e9, dryRun: false };
  await pruneHistory(settings.paths.history, limit).catch((failure: unknown) => {
    stderr.write(`warning: the history is not within its limit: ${messageOf(failure)}\n`);
  });
}
