/** The summary of a run as an ASCII box, aligned whatever the names are. */

import type { RunSummarised } from "../../events/cluster.ts";
import { displayWidth, padEnd, plainText, truncate, truncatePath } from "../../show/draw/width.ts";
import {
  asciiText,
  formatCount,
  formatEnergy,
  formatFixed,
  formatGigabytes,
  formatHours,
  formatPercent,
  formatShort,
} from "../../show/numbers.ts";

const BOX_WIDTH_MAX = 64;
const TITLE = "Simulated training summary";

/** A path that does not fit beside its label stands below it, and is cut only where it is longer still. */
export function summaryBox(summary: RunSummarised, width: number): string[] {
  const rows = rowsOf(summary);
  const label = Math.max(...rows.map(([name]) => displayWidth(name)));
  const longest = Math.max(...rows.map(([, value]) => displayWidth(value)));
  const wanted = Math.max(displayWidth(TITLE), label + 2 + longest) + 4;
  const outer = Math.max(12, Math.min(wanted, width, BOX_WIDTH_MAX));
  const inner = outer - 4;
  const rule = `+${"-".repeat(outer - 2)}+`;
  const boxed = (text: string): string => `| ${padEnd(truncate(text, inner), inner)} |`;
  const rowsFor = ([name, value]: Row): string[] => {
    const line = `${padEnd(name, label)}  ${value}`;
    if (displayWidth(line) <= inner) return [line];
    return [name, `  ${truncatePath(value, Math.max(1, inner - 2))}`];
  };
  return [rule, boxed(TITLE), rule, ...rows.flatMap(rowsFor).map(boxed), rule].map(asciiText);
}

type Row = readonly [name: string, value: string];

function rowsOf(summary: RunSummarised): Row[] {
  const rows: Row[] = [
    ["Total time", formatHours(summary.elapsedMs)],
    ["Epochs", formatCount(summary.epochs)],
    ["Steps", formatCount(summary.steps)],
    ["Tokens", formatShort(summary.tokens)],
    ["Final loss", formatFixed(summary.loss, 4)],
    ...(summary.perplexity === undefined || summary.reward !== undefined
      ? []
      : ([["Final perplexity", formatFixed(summary.perplexity, 2)]] as const)),
    summary.reward === undefined
      ? ["Best validation", formatFixed(summary.bestLoss, 4)]
      : ["Final reward", formatFixed(summary.reward, 3)],
    ["GPU utilisation", formatPercent(summary.utilisation)],
    ["Peak memory", formatGigabytes(summary.memoryBytesPeak)],
    ["Energy", formatEnergy(summary.energyJoules)],
    ["Goodput", formatPercent(summary.goodput)],
    ["Interruptions", formatCount(summary.interruptions)],
    ["Saved to", plainText(summary.path)],
    ["Size", formatGigabytes(summary.bytes)],
  ];
  return rows;
}
