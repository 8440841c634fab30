/** The file that `--truth` names: what really went wrong, one JSON object a line. */

import { open } from "node:fs/promises";
import { messageOf, UserError } from "../errors.ts";
import type { Truth } from "../run/simulate/incidents/truth.ts";

export interface TruthFile {
  add(truth: Truth): void;
  /** @throws UserError "truth-not-written" if a line could not be written. */
  close(): Promise<void>;
}

/** @throws UserError "truth-not-written" if the file cannot be made. */
export async function openTruthFile(path: string): Promise<TruthFile> {
  const file = await open(path, "w").catch((cause: unknown) => {
    throw notWritten(path, cause);
  });
  let lines: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  let failure: unknown;
  const flush = async (): Promise<void> => {
    const text = lines.join("");
    lines = [];
    if (text === "" || failure !== undefined) return;
    await file.appendFile(text).catch((cause: unknown) => {
      failure = cause;
    });
  };
  return {
    add(truth) {
      lines.push(`${JSON.stringify(truth)}\n`);
      writing = writing.then(flush);
    },
    async close() {
      await writing;
      await file.close();
      if (failure !== undefined) throw notWritten(path, failure);
    },
  };
}

function notWritten(path: string, cause: unknown): UserError {
  return new UserError({
    code: "truth-not-written",
    message: `Cannot write what really happened to "${path}": ${messageOf(cause)}`,
    hint: "Give --truth a file in a folder where you may write.",
    cause,
  });
}
