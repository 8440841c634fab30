import { expect, test } from "vitest";
import { PREFIX_WIDTH, prefixed } from "./prefixed.ts";

test("every line begins with its job, and an empty one has nothing behind it", () => {
  expect(prefixed(3, "step 1\n\nstep 2\n")).toBe("[3] step 1\n[3]\n[3] step 2\n");
  expect(prefixed(3, "a\n")).toHaveLength(PREFIX_WIDTH + 2);
});
