/** Lines of a log in which any field is damaged: refused as a line, or shown without stumbling. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import { spoiled } from "../../../test/support/forged.ts";
import { UserError } from "../../errors.ts";
import type { RunEvent } from "../../events/events.ts";
import { eventToLine, lineToEvent } from "../../events/wire.ts";
import { openConsole } from "./console.ts";
import type { ConsoleMode } from "./terminal.ts";

const run = exampleRun({ epochsTotal: 2 });
/** The first of each kind. */
const kinds = [...new Map(run.toReversed().map((event) => [event.type, event])).values()];

/** What is left of a line, or undefined where it is no event any more. */
function readBack(line: string): RunEvent | undefined {
  try {
    return lineToEvent(line);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return undefined;
  }
}

function show(events: readonly RunEvent[], mode: ConsoleMode): void {
  const console = openConsole({
    mode,
    write: () => {},
    columns: () => 100,
    rows: () => 40,
    colour: false,
    unicode: true,
    clock: { nowMs: () => 0 },
  });
  for (const event of events) console.show(event);
  console.close();
}

test.each(kinds)("a line of $type with any field damaged", (event) => {
  const before = run.slice(0, run.indexOf(event));
  const checkedAll = fc.property(spoiled(event), (spoilt) => {
    const damaged = readBack(JSON.stringify(spoilt) ?? "");
    const events = damaged === undefined ? before : [...before, damaged];
    for (const mode of ["plain", "live"] as const) show(events, mode);
    if (damaged !== undefined) expect(lineToEvent(eventToLine(damaged))).toEqual(damaged);
  });
  fc.assert(checkedAll, { numRuns: 60, seed: 1 });
});
