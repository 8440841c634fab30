import { expect, test } from "vitest";
import { simulate } from "../../cli/commands/simulate.ts";
import { DEFAULT_REQUEST } from "../page/address.ts";
import { STACKS } from "../plan/stacks.ts";
import { wantedOf } from "./simulate-request.ts";

test.each(simulate.options.dialect.choices)("--dialect %s plans as its stack would", (dialect) => {
  const { stack } = wantedOf({ ...DEFAULT_REQUEST, dialect });
  const isFree = dialect === "etude" || dialect === "megatron";
  expect(stack).toBe(isFree ? undefined : dialect);
  if (!isFree) expect(Object.keys(STACKS)).toContain(dialect);
});
