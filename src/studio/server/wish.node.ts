/** Validates what a page asks for. */

import type { IncomingMessage } from "node:http";
import type * as v from "valibot";
import { checked } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { readJson } from "./body.node.ts";

/** @throws UserError "wish-not-understood" and those of `readJson`. */
export async function readWish<T>(
  request: IncomingMessage,
  shape: v.GenericSchema<unknown, T>,
): Promise<T> {
  const { value, problem } = checked(shape, await readJson(request));
  if (problem === undefined) return value as T;
  throw new UserError({
    code: "wish-not-understood",
    message: `Cannot do that: ${problem}`,
    hint: "Reload the page: it may be older than the program.",
  });
}
