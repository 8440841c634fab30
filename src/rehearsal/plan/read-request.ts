/**
 * A description in JSON, or the words of the command line, becomes a request.
 *
 * Every field is checked on its own here; whether they agree is checked in `check-request.ts`.
 */

import { UserError } from "../../errors.ts";
import { nearestWord } from "../../suggest.ts";
import type { Architecture } from "../catalog/architecture.ts";
import { findGpu, type Gpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import { meantField } from "./field-names.ts";
import { SPEED_FIGURES } from "./measured-pace.ts";
import { type PlanRequest, SHAPE_FIELDS } from "./request.ts";

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

const CHOICES = {
  precision: ["bf16", "fp16", "fp8"],
  recompute: ["none", "selective", "full"],
  attention: ["flash", "unfused"],
  sharding: ["none", "optimizer", "full"],
} as const;

interface Limits {
  readonly least: number;
  readonly most: number;
  /** The least is too little itself. @default false */
  readonly isAbove?: boolean;
}

/** What is far beyond anything that was built or can be imagined is a slip of the pen. */
const AMOUNTS: Readonly<Record<string, Limits>> = {
  recomputeShare: { least: 0, most: 1 },
  // 0: nothing ever fails.
  failuresPerNodeDay: { least: 0, most: 1000 },
  // Saving that costs nothing would be done all the time; at most a day.
  checkpointSeconds: { least: 0, isAbove: true, most: 86_400 },
  // 0: a spare takes over at once; at most thirty days.
  recoverySeconds: { least: 0, most: 2_592_000 },
  powerUsageEffectiveness: { least: 1, most: 10 },
};

const WHOLE_MAX = 1e9;

/** Several times what has been built in all the world, and more than any network could join. */
const GPU_COUNT_MAX = 10_000_000;

/**
 * A thousand times all the text on the web, which comes to some 1e15 tokens (Villalobos et al.
 * 2024, "Will we run out of data?", estimate 3.1e15).
 */
const TOKENS_MAX = 1e18;

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
 * Reads the description of a run (docs/formats.md); remarks are skipped.
 *
 * @param json Parsed JSON. Counts may be texts with a suffix: "2T" tokens.
 * @throws UserError "bad-plan-field" for an unknown name or a value that cannot be.
 * @example
 * const request = readRequest({ model: "Llama-3.1-8B", gpu: "H100", gpuCount: 64, tokens: "1T" });
 */
export function readRequest(json: unknown): PlanRequest {
  const fields = objectOf(json);
  for (const name of Object.keys(fields)) {
    if (!KNOWN.has(name) && !REMARK.test(name)) throw unknownField(name);
  }
  requireBasics(fields);
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

/** Names all missing fields at once, such as the three of an empty description. */
function requireBasics(fields: Fields): void {
  const shape = ["layers", "hidden", "heads", "ffn", "vocab"];
  const isDescribed = shape.some((name) => fields[name] !== undefined);
  const needed = [...(isDescribed ? shape : ["model"]), "gpu", "gpuCount"];
  const isNamed = fields["model"] !== undefined;
  const missing = needed.filter(
    (name) => fields[name] === undefined && !(isNamed && shape.includes(name)),
  );
  if (missing.length === 0) return;
  const example = '{ "model": "Llama-3.1-8B", "gpu": "H100", "gpuCount": 64 }';
  throw bad(
    `description: found no ${missing.join(", no ")}, need ${missing.length === 1 ? "it" : "them"}`,
    isDescribed && !isNamed
      ? "Add them, or a model to take the rest of the architecture from."
      : `For example ${example}.`,
  );
}

function gpuOf(fields: Fields): Gpu {
  const gpu = findGpu(textOf(fields, "gpu"));
  if (fields[NETWORK_FIELD] === undefined) return gpu;
  const nicGbPerSecond = amountOf(fields, NETWORK_FIELD, { least: 0.001, most: 100_000 });
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
  if (gpuCount >= 1 && gpuCount <= GPU_COUNT_MAX) return { gpu, gpuCount };
  const most = gpuCount > GPU_COUNT_MAX ? ` to ${GPU_COUNT_MAX}` : "";
  const wrong = `${JSON.stringify(count)} for the count, need a whole number from 1${most}`;
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

/** "15T", "300B", 1.5e12 -> tokens, at most 1e18. */
export function tokensOf(value: unknown): number {
  const isAmount = typeof value === "number" || typeof value === "string";
  const text = isAmount ? String(value).trim().replace(/[_,]/g, "") : "";
  const match = /^(\d+\.?\d*(?:e\+?\d+)?|\.\d+)\s*([kmbt]?)$/i.exec(text);
  const scale = { "": 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[(match?.[2] ?? "").toLowerCase()] ?? 1;
  const amount = Number(match?.[1]) * scale;
  const tokens = Math.round(amount);
  // What remains of 0.3 x 1e9 is rounding; half a token is not.
  const isWhole = Math.abs(amount - tokens) <= 1e-9 * amount;
  if (tokens >= 1 && tokens <= TOKENS_MAX && isWhole) return tokens;
  throw badField(
    `tokens: found ${shown(value)}, need a whole number from 1 to 1e18`,
    tokens > TOKENS_MAX
      ? "All the text on the web comes to some 1e15 tokens."
      : "For example 15T or 300e9.",
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
  const most = name === "gpuCount" ? GPU_COUNT_MAX : WHOLE_MAX;
  const isWhole = typeof value === "number" && Number.isInteger(value);
  if (isWhole && value >= least && value <= most) return value;
  // The upper limit is only mentioned for numbers that exceed it.
  const range = isWhole && value > most ? `from ${least} to ${most}` : `from ${least}`;
  throw bad(`${name}: found ${shown(value)}, need a whole number ${range}`, adviceFor(name, value));
}

function amountOf(fields: Fields, name: string, limits: Limits): number {
  const { least, most, isAbove = false } = limits;
  const value = fields[name];
  const isAmount = typeof value === "number" && value >= least && value <= most;
  if (isAmount && !(isAbove && value === least)) return value;
  const range = `${isAbove ? `above ${least}, at most` : `from ${least} to`} ${most}`;
  throw bad(`${name}: found ${shown(value)}, need a number ${range}`, adviceFor(name, value));
}

/** Numbers in quotes are what people and other programs write most often in their place. */
function adviceFor(name: string, value: unknown): string {
  const isNumber = typeof value === "string" && value.trim() !== "" && Number.isFinite(+value);
  if (isNumber) return `Write it without quotes: ${value.trim()}.`;
  return value === undefined ? `Set ${name}.` : `Change ${name}.`;
}

function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === "boolean") return value;
  const isQuoted = value === "true" || value === "false";
  const advice = isQuoted ? `Write it without quotes: ${value}.` : `Change ${name}.`;
  throw bad(`${name}: found ${shown(value)}, need true or false`, advice);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value.trim() !== "") return value;
  throw bad(`${name}: found ${shown(value)}, need a name in quotes`, `Change ${name}.`);
}

function choiceOf(fields: Fields, name: string, choices: readonly string[]): string {
  const value = fields[name];
  if (typeof value === "string" && choices.includes(value)) return value;
  const meant = typeof value === "string" ? nearestWord(value, choices) : undefined;
  const advice = meant === undefined ? `Change ${name}.` : `Did you mean "${meant}"?`;
  throw bad(`${name}: found ${shown(value)}, need one of ${choices.join(", ")}`, advice);
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

function unknownField(name: string): UserError {
  if ((SPEED_FIGURES as readonly string[]).includes(name)) {
    return bad(
      `field: found ${JSON.stringify(name)}, need a run that is to be planned`,
      "A run that was measured goes to --measured FILE.",
    );
  }
  const meant = meantField(name, [...KNOWN, ...SPEED_FIGURES]);
  return meant === undefined
    ? bad(
        `field: found ${JSON.stringify(name)}, need one of ${[...KNOWN].join(", ")}`,
        'Remove it, or begin its name with "_" for a remark.',
      )
    : bad(`field: found ${JSON.stringify(name)}, need a known name`, `Did you mean "${meant}"?`);
}

function bad(message: string, hint: string): UserError {
  return badField(`plan ${message}`, hint);
}

/** Of what is asked for in other places, too. */
function badField(message: string, hint: string): UserError {
  return new UserError({
    code: "bad-plan-field",
    message: `Cannot read ${message}`,
    hint,
    exitCode: 2,
  });
}
