import { expect, test } from "vitest";
import type { RunEvent } from "../events/events.ts";
import { runWarnings } from "./run-warnings.ts";

const notice = { type: "notice", code: "incident-after-end", seq: 4, atMs: 9 } as const;

function written(...events: readonly RunEvent[]): string {
  let text = "";
  const warn = runWarnings({ write: (more) => (text += more) });
  for (const event of events) warn(event);
  return text;
}

test("a warning is written with what to do about it, once for all runs", () => {
  const text = "loss-spike@99999 will not happen: the run has 239 steps";
  const warning = { ...notice, level: "warning", text, hint: "Give an earlier step." } as const;
  const ended = { type: "run-ended", outcome: "finished", step: 9, elapsedMs: 9 } as const;
  expect(written(warning, { ...ended, seq: 5, atMs: 9 }, warning)).toBe(
    `warning: ${text}\n  Give an earlier step.\n`,
  );
});

test("a note and whatever else is told are no warnings", () => {
  expect(written({ ...notice, level: "info", text: "well" })).toBe("");
});
