/**
 * Reads a table of published runs: requests to the planner, each with the step time that was measured.
 *
 * A cell that is empty is a part that the source does not state; it is left open here as well. README.md
 * says where the rows of each table come from.
 */

import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import type { Architecture } from "../../src/rehearsal/catalog/architecture.ts";
import { findGpu } from "../../src/rehearsal/catalog/gpus.ts";
import { flopsPerToken } from "../../src/rehearsal/plan/flops.ts";
import type { PlanRequest } from "../../src/rehearsal/plan/request.ts";

export interface PublishedRun {
  readonly name: string;
  readonly group: "calibration" | "dense" | "fp8" | "experts";
  readonly request: PlanRequest;
  /** Measured. */
  readonly stepSeconds: number;
}

type Cell = string | number | boolean;
type Line = Readonly<Record<string, Cell>>;

const LATENT_ATTENTION = ["queryRank", "kvRank", "nopeDim", "ropeDim", "valueDim"];

const SHAPES: ReadonlyMap<string, Architecture> = new Map(
  linesOf("shapes").map((line) => [String(line["shape"]), shapeOf(line)]),
);

/** @param table The name of a file beside this one, without `.tsv`. */
export function readRuns(table: string): PublishedRun[] {
  return linesOf(table).map(runOf);
}

function runOf(line: Line): PublishedRun {
  const { group, name, shape, gpu, gpuCount, nicGbPerSecond, figure, unit, published, ...parts } =
    line;
  const chip = findGpu(String(gpu));
  const request = {
    ...parts,
    shape: SHAPES.get(String(shape)),
    // Where the source tells of another network than the usual one.
    gpu: { ...chip, nicGbPerSecond: nicGbPerSecond ?? chip.nicGbPerSecond },
    gpuCount,
  } as unknown as PlanRequest;
  if (!request.shape) throw new RangeError(`Cannot read "${name}": found no shape "${shape}"`);
  return {
    name: String(name),
    group: group as PublishedRun["group"],
    request,
    stepSeconds: secondsOf(request, Number(figure), String(unit)),
  };
}

/** @param figure Seconds per step, or per GPU: tokens/s, or (causal) teraflop/s. */
function secondsOf(request: PlanRequest, figure: number, unit: string): number {
  const { shape, sequence = Number.NaN, globalBatchSequences = Number.NaN, gpuCount } = request;
  const tokensPerGpu = (sequence * globalBatchSequences) / gpuCount;
  if (unit === "s") return figure;
  if (unit === "tokens/s") return tokensPerGpu / figure;
  if (unit === "TFLOP/s") return (tokensPerGpu * flopsPerToken(shape, sequence)) / (figure * 1e12);
  throw new RangeError(`Cannot read a figure in "${unit}", need s, tokens/s or TFLOP/s`);
}

function shapeOf({ shape: _, ...fields }: Line): Architecture {
  const entries = Object.entries(fields);
  const latent = entries.filter(([field]) => LATENT_ATTENTION.includes(field));
  const plain = entries.filter(([field]) => !LATENT_ATTENTION.includes(field));
  const latentAttention =
    latent.length === 0 ? {} : { latentAttention: Object.fromEntries(latent) };
  return { ...Object.fromEntries(plain), ...latentAttention } as unknown as Architecture;
}

function linesOf(table: string): Line[] {
  const text = readFileSync(new URL(`${table}.tsv`, import.meta.url), "utf8");
  const records: Record<string, string>[] = parse(text, {
    columns: true,
    delimiter: "\t",
    quote: null,
  });
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record)
        .filter(([, text]) => text !== "")
        .map(([column, text]) => [column, cellOf(text)]),
    ),
  );
}

function cellOf(text: string): Cell {
  if (text === "true" || text === "false") return text === "true";
  return Number.isNaN(Number(text)) ? text : Number(text);
}
