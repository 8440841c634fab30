/** A sweep as the page shows it. */

import { basename } from "node:path";
import type { SweepGlance } from "../../queue/kept-sweep.node.ts";
import type { RunRow } from "../../queue/table.ts";
import type { SweepCard, SweepRunCard } from "../contract.ts";
import { sweepRunId } from "../sweep-run-id.ts";

/** A page shows no more; how many there are it says. */
const SHOWN_MAX = 100;

export function sweepCard(sweep: SweepGlance): SweepCard {
  const { folder, name, startedWallMs, isAtWork, table, begun } = sweep;
  const id = basename(folder);
  const of = (state: RunRow["state"]): number =>
    table.runs.filter((run) => run.state === state).length;
  const shown = table.runs
    .filter((run) => run.state !== "open" || begun.has(run.id))
    .toSorted(openFirstThenBest)
    .slice(0, SHOWN_MAX);
  const labelOf = labels(sweep);
  return {
    id,
    name,
    startedWallMs,
    isAtWork,
    count: { done: of("done"), aside: of("aside"), planned: table.runs.length },
    runs: shown.map((run) => ({
      id: sweepRunId(id, run.id),
      label: labelOf(run),
      state: stateOf(run, isAtWork),
      epochs: run.epochs,
      validationLoss: run.validationLoss,
    })),
  };
}

function openFirstThenBest(a: RunRow, b: RunRow): number {
  const place = ({ state, epochs, validationLoss }: RunRow): number[] => [
    state === "open" ? 0 : 1,
    -epochs,
    validationLoss ?? Number.MAX_VALUE,
  ];
  const [placeOfA, placeOfB] = [place(a), place(b)];
  const different = placeOfA.findIndex((number, i) => number !== placeOfB[i]);
  return (placeOfA[different] ?? 0) - (placeOfB[different] ?? 0);
}

function stateOf({ state }: RunRow, isAtWork: boolean): SweepRunCard["state"] {
  if (state === "done") return "finished";
  if (state === "aside") return "aside";
  return isAtWork ? "at-work" : "stopped";
}

/** "lr 0.001, latent 8, seed 2": seeds only where there are several. */
function labels({ table, axes }: SweepGlance): (run: RunRow) => string {
  const values = new Map(table.rows.map((row) => [row.point, row.values]));
  const hasSeeds = new Set(table.runs.map(({ seed }) => seed)).size > 1;
  return ({ point, seed, fold }) => {
    const parts = axes.map((axis) => `${axis} ${values.get(point)?.[axis]}`);
    if (hasSeeds || parts.length === 0) parts.push(`seed ${seed}`);
    if (fold !== null) parts.push(`fold ${fold + 1}`);
    return parts.join(", ");
  };
}
