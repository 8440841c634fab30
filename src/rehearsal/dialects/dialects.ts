/** Every dialect by its name. To add one: a file, and a line here. */

import { deepspeed } from "./deepspeed.ts";
import type { Dialect, DialectKind } from "./dialect.ts";
import { huggingFace } from "./hugging-face.ts";
import { lightning } from "./lightning.ts";
import { megatron } from "./megatron.ts";
import { nanotron } from "./nanotron.ts";
import { torchtitan } from "./torchtitan.ts";

/** As it is written after `--dialect`; étude's own view is none of these. */
export type DialectName =
  | "deepspeed"
  | "huggingface"
  | "lightning"
  | "megatron"
  | "nanotron"
  | "torchtitan";

export const DIALECTS: { readonly [N in DialectName]: DialectKind } = {
  deepspeed,
  huggingface: huggingFace,
  lightning,
  megatron,
  nanotron,
  torchtitan,
};

/**
 * A dialect for one run: the log lines of a training framework, from the first event on.
 *
 * @param name One of `DialectName`: "megatron", "deepspeed" and others.
 * @returns A value with a state of its own: events go in in their order, lines come out.
 *
 * @example
 * const dialect = openDialect("megatron");
 * for (const event of simulate()) for (const line of dialect.lines(event)) console.log(line);
 */
export function openDialect(name: DialectName): Dialect {
  return DIALECTS[name].open();
}
