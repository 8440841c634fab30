/**
 * A description in JSON, or the words of the command line, becomes a request.
 *
 * Every field is checked on its own here; whether they agree is checked in `check-request.ts`.
 */

import { UserError } from "../../../errors.ts";
import type { Architecture } from "../catalog/architecture.ts";
import { findGpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import type { PlanRequest } from "./request.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields that say how many of something there are. */
const WHOLE_FIELDS = [
  "gpuCount",
  "sequence",
  "globalBatchSequences",
  "microBatch",
  "tensorParallel",
  "pipelineParallel",
  "interleave",
  "dataParallel",
  "contextParallel",
  "expertParallel",
] as const;

const SHAPE_FIELDS = [
  "layers",
  "hidden",
  "heads",
  "kvHeads",
  "headDim",
  "ffn",
  "vocab",
  "tiedEmbeddings",
  "gatedMlp",
  "experts",
  "expertsPerToken",
] as const;

const CHOICES = {
  precision: ["bf16", "fp16", "fp8"],
  recompute: ["none", "selective", "full"],
  attention: ["flash", "unfused"],
  sharding: ["none", "optimizer", "full"],
} as const;

/** Numbers within limits, both included. */
const AMOUNTS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  recomputeShare: [0, 1],
  failuresPerNodeDay: [0, Number.MAX_VALUE],
  checkpointSeconds: [0, Number.MAX_VALUE],
  recoverySeconds: [0, Number.MAX_VALUE],
  powerUsageEffectiveness: [1, Number.MAX_VALUE],
};

const KNOWN: ReadonlySet<string> = new Set([
  ...WHOLE_FIELDS,
  ...SHAPE_FIELDS,
  ...Object.keys(CHOICES),
  ...Object.keys(AMOUNTS),
  "model",
  "gpu",
  "tokens",
  "compiled",
  "tuned",
]);

/** What people put into a file for themselves. */
const REMARK = /^([$_].*|name|id|note|description)$/;

/**
 * Reads a description; remarks are skipped.
 *
 * @throws UserError `bad-plan-field` for an unknown name or a value that cannot be.
 */
export function readRequest(json: unknown): PlanRequest {
  const fields = objectOf(json);
  for (const name of Object.keys(fields)) {
    if (!KNOWN.has(name) && !REMARK.test(name)) throw unknownField(name);
  }
  const modelName = fields["model"] === undefined ? undefined : textOf(fields, "model");
  const request: Record<string, unknown> = {
    ...(modelName === undefined ? {} : { modelName }),
    shape: shapeOf(fields, modelName),
    gpu: findGpu(textOf(fields, "gpu")),
  };
  for (const name of WHOLE_FIELDS) {
    if (fields[name] !== undefined || name === "gpuCount") request[name] = wholeOf(fields, name);
  }
  for (const [name, choices] of Object.entries(CHOICES)) {
    if (fields[name] !== undefined) request[name] = choiceOf(fields, name, choices);
  }
  for (const [name, limits] of Object.entries(AMOUNTS)) {
    if (fields[name] !== undefined) request[name] = amountOf(fields, name, limits);
  }
  for (const name of ["compiled", "tuned"]) {
    if (fields[name] !== undefined) request[name] = flagOf(fields, name);
  }
  if (fields["tokens"] !== undefined) request["tokens"] = tokensOf(fields["tokens"]);
  return request as unknown as PlanRequest;
}

/** "H100:1024" -> GPU and count, as `--gpus` takes them. */
export function readGpus(text: string): { readonly gpu: string; readonly gpuCount: number } {
  const match = /^(.+?)\s*[:x]\s*([\d_,]+)$/i.exec(text.trim());
  const gpuCount = Number(match?.[2]?.replace(/[_,]/g, ""));
  if (!match?.[1] || !Number.isInteger(gpuCount) || gpuCount < 1) {
    throw bad(`gpus: found ${JSON.stringify(text)}, need NAME:COUNT`, "For example H100:1024.");
  }
  return { gpu: match[1], gpuCount };
}

/** "15T", "300B", 1.5e12 -> tokens. */
export function tokensOf(value: unknown): number {
  const match = /^([\d.]+(?:e\+?\d+)?)\s*([kmbt]?)$/i.exec(
    String(value).trim().replace(/[_,]/g, ""),
  );
  const scale = { "": 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[(match?.[2] ?? "").toLowerCase()] ?? 1;
  const tokens = Math.round(Number(match?.[1]) * scale);
  if (!(tokens >= 1) || !Number.isFinite(tokens)) {
    throw bad(
      `tokens: found ${JSON.stringify(value)}, need a positive number`,
      "For example 15T or 300e9.",
    );
  }
  return tokens;
}

/** The named model's shape with the given fields laid over it, or the given fields alone. */
function shapeOf(fields: Fields, modelName: string | undefined): Architecture {
  const known = modelName === undefined ? undefined : findModel(modelName).shape;
  const number = (name: (typeof SHAPE_FIELDS)[number], otherwise?: number) =>
    fields[name] === undefined && otherwise !== undefined ? otherwise : wholeOf(fields, name);
  const flag = (name: (typeof SHAPE_FIELDS)[number], otherwise: boolean) =>
    fields[name] === undefined ? otherwise : flagOf(fields, name);
  const heads = number("heads", known?.heads);
  const hidden = number("hidden", known?.hidden);
  const experts = count(fields, "experts", known?.experts ?? 0);
  const expertsPerToken = count(
    fields,
    "expertsPerToken",
    known?.expertsPerToken ?? (experts && 2),
  );
  const shape: Architecture = {
    ...known,
    layers: number("layers", known?.layers),
    hidden,
    heads,
    kvHeads: number("kvHeads", known?.kvHeads ?? heads),
    headDim: number("headDim", known?.headDim ?? Math.floor(hidden / heads)),
    ffn: number("ffn", known?.ffn),
    vocab: number("vocab", known?.vocab),
    tiedEmbeddings: flag("tiedEmbeddings", known?.tiedEmbeddings ?? false),
    gatedMlp: flag("gatedMlp", known?.gatedMlp ?? true),
    experts,
    expertsPerToken,
  };
  checkShape(shape);
  return shape;
}

function checkShape(shape: Architecture): void {
  const { hidden, heads, kvHeads, headDim, experts = 0, expertsPerToken = 0 } = shape;
  if (headDim < 1) {
    throw bad(
      `headDim: found nothing, with a hidden size of ${hidden} for ${heads} heads, need a whole number from 1`,
      "Set headDim, or use fewer heads.",
    );
  }
  if (heads % kvHeads !== 0) {
    throw bad(
      `kvHeads: found ${kvHeads}, need a divisor of ${heads} heads`,
      "Change kvHeads or heads.",
    );
  }
  if (expertsPerToken > experts) {
    throw bad(
      `expertsPerToken: found ${expertsPerToken}, need at most ${experts} experts`,
      "Change experts or expertsPerToken.",
    );
  }
}

function count(fields: Fields, name: string, otherwise: number): number {
  const value = fields[name];
  if (value === undefined || value === null) return otherwise;
  if (value === 0) return 0;
  // One expert that every token visits is a dense model.
  return fields["experts"] === 1 ? 0 : wholeOf(fields, name);
}

function wholeOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw bad(`${name}: found ${shown(value)}, need a whole number from 1`, `Set ${name}.`);
}

function amountOf(
  fields: Fields,
  name: string,
  [least, most]: readonly [least: number, most: number],
): number {
  const value = fields[name];
  if (typeof value === "number" && value >= least && value <= most) return value;
  const range = most < Number.MAX_VALUE ? `${least} to ${most}` : `${least}`;
  throw bad(`${name}: found ${shown(value)}, need a number from ${range}`, `Change ${name}.`);
}

function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === "boolean") return value;
  throw bad(`${name}: found ${shown(value)}, need true or false`, `Change ${name}.`);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value.trim() !== "") return value;
  throw bad(`${name}: found ${shown(value)}, need a name`, `Set ${name}.`);
}

function choiceOf(fields: Fields, name: string, choices: readonly string[]): string {
  const value = fields[name];
  if (typeof value === "string" && choices.includes(value)) return value;
  throw bad(`${name}: found ${shown(value)}, need ${choices.join(", ")}`, `Change ${name}.`);
}

function objectOf(json: unknown): Fields {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    // A null means "not given", as a missing field does.
    return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
  }
  throw bad(`description: found ${shown(json)}, need an object`, "Start the file with {.");
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function unknownField(name: string): UserError {
  return bad(
    `field: found ${JSON.stringify(name)}, need one of ${[...KNOWN].join(", ")}`,
    "Remove or rename it.",
  );
}

function bad(message: string, hint: string): UserError {
  return new UserError({
    code: "bad-plan-field",
    message: `Cannot read plan ${message}`,
    hint,
    exitCode: 2,
  });
}
