/**
 * A description in JSON, or the words of the command line, becomes a request.
 *
 * Every field is checked on its own here; whether they agree is checked in `check-request.ts`.
 */

import { UserError } from "../../../errors.ts";
import { nearestWord } from "../../../suggest.ts";
import type { Architecture } from "../catalog/architecture.ts";
import { findGpu, type Gpu } from "../catalog/gpus.ts";
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

interface Limits {
  readonly least: number;
  /** @default no limit */
  readonly most?: number;
  /** The least is too little itself. @default false */
  readonly isAbove?: boolean;
}

const AMOUNTS: Readonly<Record<string, Limits>> = {
  recomputeShare: { least: 0, most: 1 },
  // 0: nothing ever fails.
  failuresPerNodeDay: { least: 0 },
  // Saving that costs nothing would be done all the time.
  checkpointSeconds: { least: 0, isAbove: true },
  // 0: a spare takes over at once.
  recoverySeconds: { least: 0 },
  powerUsageEffectiveness: { least: 1 },
};

/** Of the network card per GPU, one way; other clusters have others than the usual one. */
const NETWORK_FIELD = "nicGbPerSecond";

const KNOWN: ReadonlySet<string> = new Set([
  ...WHOLE_FIELDS,
  ...SHAPE_FIELDS,
  ...Object.keys(CHOICES),
  ...Object.keys(AMOUNTS),
  "model",
  "gpu",
  NETWORK_FIELD,
  "tokens",
  "compiled",
  "tuned",
]);

/** What people put into a file for themselves. */
const REMARK = /^([$_].*|name|id|note|description|comment|source)$/;

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
    gpu: gpuOf(fields),
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

function gpuOf(fields: Fields): Gpu {
  const gpu = findGpu(textOf(fields, "gpu"));
  if (fields[NETWORK_FIELD] === undefined) return gpu;
  const nicGbPerSecond = amountOf(fields, NETWORK_FIELD, { least: 0, isAbove: true });
  return { ...gpu, nicGbPerSecond };
}

/**
 * "H100:1024" -> GPU and count, as `--gpus` takes them.
 *
 * @throws UserError `bad-plan-field` with what is wrong in it.
 */
export function readGpus(text: string): { readonly gpu: string; readonly gpuCount: number } {
  const given = text.trim();
  const [, before = given, after = ""] =
    /^(.*?):(.*)$/.exec(given) ?? /^(.*?[\d\s])x\s*(\d[\d_,]*)$/i.exec(given) ?? [];
  const gpu = before.trim();
  const count = after.trim();
  if (gpu === "") throw badGpus(text, "no name before the count, need NAME:COUNT", "H100:1024");
  if (count === "") throw badGpus(text, "no count, need NAME:COUNT", `${gpu}:1024`);
  const gpuCount = /^\d[\d_,]*$/.test(count) ? Number(count.replace(/[_,]/g, "")) : 0;
  if (Number.isSafeInteger(gpuCount) && gpuCount >= 1) return { gpu, gpuCount };
  const wrong = `${JSON.stringify(count)} for the count, need a whole number from 1`;
  throw badGpus(text, wrong, `${gpu}:1024`);
}

function badGpus(text: string, wrong: string, example: string): UserError {
  return new UserError({
    code: "bad-plan-field",
    message: `Cannot read GPUs ${JSON.stringify(text)}: found ${wrong}`,
    hint: `For example ${example}.`,
    exitCode: 2,
  });
}

/** "15T", "300B", 1.5e12 -> tokens. */
export function tokensOf(value: unknown): number {
  const isAmount = typeof value === "number" || typeof value === "string";
  const text = isAmount ? String(value).trim().replace(/[_,]/g, "") : "";
  const match = /^(\d+\.?\d*(?:e\+?\d+)?|\.\d+)\s*([kmbt]?)$/i.exec(text);
  const scale = { "": 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[(match?.[2] ?? "").toLowerCase()] ?? 1;
  const amount = Number(match?.[1]) * scale;
  const tokens = Math.round(amount);
  // What remains of 0.3 x 1e9 is rounding; half a token is not.
  const isWhole = Math.abs(amount - tokens) <= 1e-9 * amount;
  if (tokens >= 1 && Number.isFinite(tokens) && isWhole) return tokens;
  throw bad(
    `tokens: found ${shown(value)}, need a whole number from 1`,
    "For example 15T or 300e9.",
  );
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
  const experts = countOf(fields, "experts", known?.experts ?? 0);
  const usual = known?.expertsPerToken ?? (experts && 2);
  const expertsPerToken = countOf(fields, "expertsPerToken", usual);
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
  if (experts > 0 && expertsPerToken === 0) {
    throw bad(
      `expertsPerToken: found 0, need a whole number from 1 to ${experts}, for as many experts`,
      "Leave it out for 2, or set experts to 0 for a dense model.",
    );
  }
}

/** 0 where there are none. */
function countOf(fields: Fields, name: string, otherwise: number): number {
  const value = fields[name];
  if (value === undefined) return otherwise;
  const count = wholeOf(fields, name, 0);
  // One expert that every token visits is a dense model.
  return fields["experts"] === 1 ? 0 : count;
}

function wholeOf(fields: Fields, name: string, least = 1): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw bad(`${name}: found ${shown(value)}, need a whole number from ${least}`, `Set ${name}.`);
}

function amountOf(fields: Fields, name: string, limits: Limits): number {
  const { least, most = Number.MAX_VALUE, isAbove = false } = limits;
  const value = fields[name];
  const isAmount = typeof value === "number" && value >= least && value <= most;
  if (isAmount && !(isAbove && value === least)) return value;
  const start = isAbove ? `above ${least}` : `from ${least}`;
  const range = limits.most === undefined ? start : `${start} to ${most}`;
  throw bad(`${name}: found ${shown(value)}, need a number ${range}`, `Change ${name}.`);
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

/** As the file has it; JSON itself has no word for a number that is not finite. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** What other programs call a field, without "num_", "_size" and the like. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  hiddenlayers: "layers",
  dmodel: "hidden",
  attentionheads: "heads",
  keyvalueheads: "kvHeads",
  querygroups: "kvHeads",
  intermediate: "ffn",
  ffnhidden: "ffn",
  tiewordembeddings: "tiedEmbeddings",
  localexperts: "experts",
  expertspertok: "expertsPerToken",
  gpus: "gpuCount",
  seqlength: "sequence",
  maxpositionembeddings: "sequence",
  globalbatch: "globalBatchSequences",
  batch: "globalBatchSequences",
  tensormodelparallel: "tensorParallel",
  pipelinemodelparallel: "pipelineParallel",
  expertmodelparallel: "expertParallel",
  virtualpipelinemodelparallel: "interleave",
  dtype: "precision",
};

function meantField(name: string): string | undefined {
  const bare = name.toLowerCase().replace(/^num_|^n_|_size$|[_\-\s]/g, "");
  const same = [...KNOWN].find((known) => known.toLowerCase() === bare);
  return same ?? OTHER_NAMES[bare] ?? nearestWord(name, [...KNOWN]);
}

function unknownField(name: string): UserError {
  const meant = meantField(name);
  return bad(
    `field: found ${JSON.stringify(name)}, need one of ${[...KNOWN].join(", ")}`,
    meant === undefined ? "Remove or rename it." : `Did you mean "${meant}"?`,
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
