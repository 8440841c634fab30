import { expect, test } from "vitest";
import { examplePlan } from "../../test/support/sweep-plan.ts";
import type { PlannedRun } from "./plan.ts";
import { csvOf, type Outcome, type Outcomes, rungPlanner, tableOf } from "./table.ts";

/** A run that came to a loss. */
function done(validationLoss: number, runtime = "cpu"): Outcome {
  const work = { worker: "w", runtimes: [runtime], elapsedMs: 1, epoch: 1 };
  const numbers = { step: 32, epochs: 4, bestEpoch: 3, startLoss: 9, validationLoss };
  return { state: "done", result: { ...numbers, model: "b".repeat(64), work } };
}

const aside: Outcome = { state: "aside", failures: [{ worker: "w", reason: "no" }] };

function outcomesOf(runs: readonly PlannedRun[], ends: readonly (Outcome | undefined)[]): Outcomes {
  return new Map(runs.flatMap(({ job }, i) => (ends[i] ? [[job.id, ends[i]] as const] : [])));
}

const plan = examplePlan({ seeds: [1, 2] });
const [[...runs] = []] = await rungPlanner(plan)(new Map());

test("tableOf() ranks settings by the mean over their runs", () => {
  const ends = [4, 2, 1, 1.5, 7, 9].map((loss) => done(loss));
  const table = tableOf(plan, [runs], outcomesOf(runs, ends));
  expect(table.rows.map(({ rank, point, validation }) => ({ rank, point, validation }))).toEqual([
    { rank: 1, point: 1, validation: 1.25 },
    { rank: 2, point: 0, validation: 3 },
    { rank: 3, point: 2, validation: 8 },
    { rank: null, point: 3, validation: null },
  ]);
  expect(table.rows[1]?.deviation).toBeCloseTo(Math.SQRT2, 12);
  expect(table.best).toMatchObject({ point: 1, seed: 1, validationLoss: 1 });
});

test("tableOf() is the same in whichever order results come", () => {
  const ends = [4, 2, 1, 1, 1, 1, 3, 3].map((loss) => done(loss));
  const outcomes = outcomesOf(runs, ends);
  const backwards = new Map([...outcomes].reverse());
  expect(tableOf(plan, [runs], backwards)).toEqual(tableOf(plan, [runs], outcomes));
  expect(csvOf(plan, tableOf(plan, [runs], backwards))).toBe(
    csvOf(plan, tableOf(plan, [runs], outcomes)),
  );
});

test("tableOf() counts runs that were set aside, and goes by the others", () => {
  const table = tableOf(plan, [runs], outcomesOf(runs, [aside, done(2), aside, aside]));
  expect(table.rows[0]).toMatchObject({ rank: 1, point: 0, done: 1, aside: 1, validation: 2 });
  expect(table.rows[1]).toMatchObject({ rank: null, point: 1, aside: 2, validation: null });
});

test("tableOf() says which rows another runtime had a hand in", () => {
  const ends = [done(1), done(2), done(3, "wasm"), done(4), done(5)];
  const { rows } = tableOf(plan, [runs], outcomesOf(runs, ends));
  expect(rows.map(({ point, isMixed }) => ({ point, isMixed }))).toEqual([
    { point: 0, isMixed: false },
    { point: 1, isMixed: true },
    { point: 2, isMixed: false },
    { point: 3, isMixed: false },
  ]);
});

test("rungPlanner() goes on with the better half, until the whole length is reached", async () => {
  const halved = examplePlan({ lengths: [1, 2, 4] });
  const planner = rungPlanner(halved);
  const outcomes = new Map<string, Outcome>();
  const pointsOf = async () => {
    const rungs = await planner(outcomes);
    const last = rungs.at(-1) ?? [];
    // The better the later the point, but for one that was set aside.
    for (const { job, point } of last) outcomes.set(job.id, point === 3 ? aside : done(10 - point));
    return last.map(({ point }) => point);
  };
  expect([await pointsOf(), await pointsOf(), await pointsOf()]).toEqual([
    [0, 1, 2, 3],
    [1, 2],
    [2],
  ]);
  const table = tableOf(halved, await planner(outcomes), outcomes);
  expect(table.rows.map(({ point, epochs }) => ({ point, epochs }))).toEqual([
    { point: 2, epochs: 4 },
    { point: 1, epochs: 2 },
    { point: 0, epochs: 1 },
    { point: 3, epochs: 1 },
  ]);
});

test("csvOf() quotes what needs it, and leaves out what is not known", () => {
  const named = examplePlan({ points: [{ values: { preset: 'a,"b"' }, overrides: {} }] });
  const run = { ...(runs[0] as PlannedRun), point: 0 };
  const csv = csvOf(named, tableOf(named, [[run]], new Map()));
  expect(csv.split("\n")[1]).toBe(',"a,""b""",1,,4,open,,,,,');
});
