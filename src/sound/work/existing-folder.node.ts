import { stat } from "node:fs/promises";
import { UserError } from "../../errors.ts";

/**
 * A folder of recordings must be there before anything is made for it.
 *
 * @throws UserError "corpus-not-found" or "corpus-not-a-folder" (exit code 2).
 */
export async function requireFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new UserError({
    code: found === undefined ? "corpus-not-found" : "corpus-not-a-folder",
    message: `Cannot read recordings from "${path}": ${found === undefined ? "there is no such folder" : "it is a file, need a folder"}`,
    hint: "Give the folder that holds your recordings.",
    exitCode: 2,
  });
}
