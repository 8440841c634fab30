import { describe, expect, test } from "vitest";
import { checked } from "../checked.ts";
import {
  failed,
  type Handover,
  handedOver,
  isHeldBy,
  leaseShape,
  openLease,
  taken,
} from "./lease.ts";

const one = { session: "s1", name: "one" };
const two = { session: "s2", name: "two" };
const log = { seq: 5, atMs: 10 };
const file = { name: "run.json", sha256: "a".repeat(64), bytes: 3 };
const at = (step: number): Handover => ({ step, files: [file], log });

describe("taken()", () => {
  test("counts up, so that whoever had it before holds it no more", () => {
    const first = taken(openLease(), one);
    const second = taken(handedOver(first, at(8), "cpu"), two);
    expect(isHeldBy(first, "s1", 1)).toBe(true);
    expect(second).toMatchObject({ epoch: 2, holder: two, takenAtStep: 8, failures: [] });
    expect(isHeldBy(second, "s1", 1)).toBe(false);
  });

  test("counts a holder that ended before it saved anything as a failure", () => {
    const second = taken(taken(openLease(), one), two);
    expect(second).toMatchObject({ state: "held", epoch: 2 });
    expect(second.failures).toEqual([{ worker: "one", reason: expect.stringContaining("ended") }]);
  });

  test("sets aside what ended three holders", () => {
    const third = taken(taken(taken(openLease(), one), two), one);
    expect(third.state).toBe("held");
    expect(taken(third, two)).toMatchObject({ state: "aside", epoch: 3 });
  });
});

describe("failed()", () => {
  test("begins anew, from where the run was given to begin", () => {
    const held = handedOver(taken(openLease(at(4)), one), at(8), "cpu");
    expect(failed(held, "no").checkpoint).toEqual(at(4));
    expect(
      failed(handedOver(taken(openLease(), one), at(8), "cpu"), "no").checkpoint,
    ).toBeUndefined();
  });
});

test.each([
  "../run.json",
  "/etc/passwd",
  "checkpoints/../../run.json",
  "checkpoints\\best.etude",
  "previews/original.wav",
  "run.json\n",
])("an entry with the file %j is none", (name) => {
  const lease = handedOver(
    taken(openLease(), one),
    { ...at(1), files: [{ ...file, name }] },
    "cpu",
  );
  expect(checked(leaseShape, lease).problem).toContain("need a file of a run");
});
