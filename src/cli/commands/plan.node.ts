/** `etude plan`: reads the description of a run, prints its plan. */

import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { explainPlan, explanationLines } from "../../rehearsal/plan/explain.ts";
import { planLike, readMeasured } from "../../rehearsal/plan/measured.ts";
import { planRun } from "../../rehearsal/plan/plan.ts";
import { planToJson } from "../../rehearsal/plan/plan-json.ts";
import { planToLines } from "../../rehearsal/plan/plan-text.ts";
import { readGpus, readRequest } from "../../rehearsal/plan/read-request.ts";
import { wrap } from "../../show/draw/width.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { readDescription } from "../rehearsal/read-description.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"plan">,
): Promise<ExitCode> {
  const { stdout, json, workingFolder } = context;
  const request = readRequest(await description(values, workingFolder));
  const { measured } = values;
  const result =
    measured === undefined
      ? planRun(request)
      : planLike(request, readMeasured(await readDescription(resolve(workingFolder, measured))));
  if (json) {
    const explained = values.explain ? { explanations: explainPlan(result) } : {};
    stdout.write(`${JSON.stringify({ ...planToJson(result), ...explained }, null, 2)}\n`);
    return 0;
  }
  const columns = Math.min(Math.max(stdout.columns, COLUMNS_MIN), COLUMNS_MAX);
  const explained = values.explain ? explanationLines(result) : [];
  const lines = [...planToLines(result, columns), ...explained];
  const text = lines.flatMap((line) => folded(line, columns)).join("\n");
  stdout.write(peopleText(`${text}\n`, stdout));
  return 0;
}

/** Longer lines of text are hard to read. */
const COLUMNS_MAX = 100;

/** Narrower terminals wrap lines themselves. */
const COLUMNS_MIN = 40;

/** A long line continues below the start of its value or formula. */
function folded(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const [start = ""] = /^ *(?:= |\S+(?: \S+)* {2,})?/.exec(line) ?? [];
  const [first = "", ...rest] = wrap(line.slice(start.length), columns - start.length);
  return [start + first, ...rest.map((text) => " ".repeat(start.length) + text)];
}

/** The description in the file, overridden by the options. */
async function description(
  values: CommandValues<"plan">,
  workingFolder: string,
): Promise<Record<string, unknown>> {
  const { config, model, gpus, tokens } = values;
  if (config === undefined && (model === undefined || gpus === undefined)) throw missing(values);
  return {
    ...(config === undefined ? {} : await readDescription(resolve(workingFolder, config))),
    ...(model === undefined ? {} : { model }),
    ...(gpus === undefined ? {} : readGpus(gpus)),
    ...(tokens === undefined ? {} : { tokens }),
  };
}

/** Says what is there and what goes with it. */
function missing({ model, gpus, tokens }: CommandValues<"plan">): UserError {
  const found =
    model !== undefined
      ? "--model without --gpus"
      : gpus !== undefined
        ? "--gpus without --model"
        : tokens !== undefined
          ? "--tokens alone"
          : "no description";
  const words = [`--model ${model ?? "Llama-3.1-8B"}`, `--gpus ${gpus ?? "H100:64"}`];
  return new UserError({
    code: "plan-of-what",
    message: `Cannot plan: found ${found}, need --model and --gpus, or --config`,
    hint: `For example: etude plan ${words.join(" ")} --tokens ${tokens ?? "1T"}`,
    exitCode: 2,
  });
}
