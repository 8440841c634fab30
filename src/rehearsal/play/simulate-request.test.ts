import { expect, test } from "vitest";
import { DEFAULT_REQUEST } from "../page/address.ts";
import { STACKS } from "../plan/stacks.ts";
import { simulateOptions } from "./simulate-options.ts";
import { wantedOf } from "./simulate-request.ts";

test.each(simulateOptions.dialect.choices)("--dialect %s plans as its stack would", (dialect) => {
  const { stack } = wantedOf({ ...DEFAULT_REQUEST, dialect });
  const isFree = dialect === "etude" || dialect === "megatron";
  expect(stack).toBe(isFree ? undefined : dialect);
  if (!isFree) expect(Object.keys(STACKS)).toContain(dialect);
});
