/**
 * The address of the page -> what to show, and back.
 *
 * Parameters are called as the options of `etude simulate` and read by the same table; they may
 * stand in any order. What is wrong is collected, so that a page can show all of it at once.
 */

import { UserError } from "../../errors.ts";
import { readValue, wrongUsage } from "../../options/read-value.ts";
import { isRepeatable, type OptionSpec } from "../../options/spec.ts";
import { nearestWord } from "../../suggest.ts";
import { simulateOptions as options, type SimulateValues } from "../play/simulate-options.ts";
import { type SimulateRequest, scenesOf, wantedOf } from "../play/simulate-request.ts";

/** What a page is asked to show. */
export type PageRequest = SimulateRequest &
  Pick<SimulateValues, "speedFactor" | "instantPrintLines" | "seed">;

export interface Problem {
  /** Name of the parameter. */
  readonly parameter: string;
  readonly message: string;
  readonly hint: string;
}

export interface Address {
  /** With the defaults in place of what is wrong. */
  readonly request: PageRequest;
  readonly problems: readonly Problem[];
}

/** Flags have a value in an address: an absent one would be no answer. */
const yesOrNo = {
  type: "choice",
  value: "ANSWER",
  choices: ["yes", "no"],
  description: "",
} as const;

type ParameterName =
  | "module"
  | "speed-factor"
  | "instant-print-lines"
  | "seed"
  | "dialect"
  | "model"
  | "gpus"
  | "tokens"
  | "incident"
  | "spares"
  | "chance"
  | "batch-ramp"
  | "funny";

const PARAMETERS: { readonly [N in ParameterName]: Parameter } = {
  module: { key: "modules", spec: options.modules },
  "speed-factor": { key: "speedFactor", spec: options.speedFactor },
  "instant-print-lines": { key: "instantPrintLines", spec: options.instantPrintLines },
  seed: { key: "seed", spec: options.seed },
  dialect: { key: "dialect", spec: options.dialect },
  model: { key: "model", spec: options.model },
  gpus: { key: "gpus", spec: options.gpus },
  tokens: { key: "tokens", spec: options.tokens },
  incident: { key: "incident", spec: options.incident },
  spares: { key: "spares", spec: options.spares },
  chance: { key: "chance", spec: yesOrNo },
  "batch-ramp": { key: "batchRamp", spec: yesOrNo },
  funny: { key: "funny", spec: yesOrNo },
};

interface Parameter {
  readonly key: keyof PageRequest;
  readonly spec: OptionSpec;
}

export const PARAMETER_NAMES: readonly ParameterName[] = Object.keys(PARAMETERS) as ParameterName[];

export const DEFAULT_REQUEST: PageRequest = {
  modules: [],
  speedFactor: options.speedFactor.default,
  instantPrintLines: options.instantPrintLines.default,
  seed: undefined,
  dialect: options.dialect.default,
  model: undefined,
  gpus: undefined,
  tokens: undefined,
  incident: [],
  chance: true,
  batchRamp: false,
  funny: false,
};

/** @param query What stands after the "?"; with or without it. Empty values count as not given. */
export function readAddress(query: string): Address {
  const given = new URLSearchParams(query);
  const problems: Problem[] = [];
  const values: Record<string, unknown> = { ...DEFAULT_REQUEST };
  for (const name of new Set(given.keys())) {
    try {
      const parameter = parameterOf(name);
      const texts = given.getAll(name).filter((text) => text !== "");
      if (texts.length > 0) values[PARAMETERS[parameter].key] = readParameter(parameter, texts);
    } catch (error) {
      problems.push(problemOf(name, error));
    }
  }
  // The values were read by the table, so they are of its types.
  const request = values as unknown as PageRequest;
  if (problems.length === 0) {
    try {
      scenesOf(request);
    } catch (error) {
      problems.push(problemOf("module", error));
    }
  }
  return { request, problems };
}

/** The same request as an address, "?module=llm_training&seed=7"; "" where all is as by default. */
export function addressOf(request: PageRequest): string {
  const parts = PARAMETER_NAMES.flatMap((name) => {
    const { key } = PARAMETERS[name];
    const value = request[key];
    if (value === undefined || value === DEFAULT_REQUEST[key]) return [];
    const texts = typeof value === "boolean" ? [value ? "yes" : "no"] : [value].flat();
    return texts.map((text) => `${name}=${encoded(String(text))}`);
  });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** The message of a failure, in terms of the address instead of the command line. */
export function problemOf(parameter: string, error: unknown): Problem {
  if (!(error instanceof UserError)) throw error;
  const inAddress = (text: string): string =>
    text.replaceAll("--modules", "module").replace(/--(?=[a-z])/g, "");
  // An address has no room for a described architecture.
  const hint = inAddress(error.hint.replace(/, or describe .* --config .*\.json/, ""));
  return { parameter, message: inAddress(error.message), hint };
}

function parameterOf(name: string): ParameterName {
  const known = PARAMETER_NAMES.find((one) => one === name);
  if (known !== undefined) return known;
  const nearest = nearestWord(name, PARAMETER_NAMES);
  throw wrongUsage(
    `Cannot use parameter "${name}": need one of ${PARAMETER_NAMES.join(", ")}`,
    nearest === undefined ? "Choose one of these." : `Did you mean "${nearest}"?`,
  );
}

function readParameter(name: ParameterName, texts: readonly string[]): unknown {
  const { key, spec } = PARAMETERS[name];
  const values = texts.map((text) => readValue(name, text, spec));
  if (values.length > 1 && !isRepeatable(spec)) {
    throw wrongUsage(
      `Cannot use ${name} ${values.length} times: need it once`,
      "Leave one of them.",
    );
  }
  if (spec === yesOrNo) return values[0] === "yes";
  const value = isRepeatable(spec) ? values : values[0];
  // Names of models and the like are looked up now, not when their run comes.
  wantedOf({ ...DEFAULT_REQUEST, [key]: value });
  return value;
}

/** ":" and "@" may stand in a query as they are, and "H100:1024" is easier to read with it. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll("%3A", ":").replaceAll("%40", "@");
}
