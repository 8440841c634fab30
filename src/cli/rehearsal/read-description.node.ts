/** Reads the description of a run for `plan` and `simulate`. */

import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../../errors.ts";
import { isErrno } from "../../files.node.ts";
import { jsonAdvice } from "../json-advice.ts";

/**
 * Its fields, not validated.
 *
 * @throws UserError "bad-plan-file" (exit code 2) where it is no JSON object.
 */
export async function readDescription(path: string): Promise<Record<string, unknown>> {
  const unreadable = (found: string, hint: string, cause?: unknown): UserError =>
    new UserError({
      code: "bad-plan-file",
      message: `Cannot read the description "${path}": found ${found}, need a JSON object`,
      hint,
      exitCode: 2,
      cause,
    });
  const bytes = await readFile(path).catch((cause: unknown) => {
    const code = isErrno(cause) ? cause.code : undefined;
    if (code === "ENOENT") throw unreadable("no such file", "Check the path.", cause);
    const found = code === "EISDIR" ? "a folder" : messageOf(cause);
    throw unreadable(found, "Name a file that can be read.", cause);
  });
  let text: string;
  try {
    // Skips the byte order mark that some editors write.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable("bytes that are not UTF-8", "Save it as UTF-8 text.", cause);
  }
  if (text.trim() === "") throw unreadable("nothing", EXAMPLE);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const { reason, hint } = jsonAdvice(text, messageOf(cause));
    throw unreadable(`no JSON (${reason})`, hint, cause);
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  const found = Array.isArray(parsed) ? "a list" : JSON.stringify(parsed);
  throw unreadable(found, `Describe one run. ${EXAMPLE}`);
}

const EXAMPLE = 'For example { "model": "Llama-3.1-8B", "gpu": "H100", "gpuCount": 64 }.';
