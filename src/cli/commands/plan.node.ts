/** `etude plan`: reads what is asked, prints the plan. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { explainPlan, explanationLines } from "../../run/simulate/plan/explain.ts";
import { planRun } from "../../run/simulate/plan/plan.ts";
import { planToJson } from "../../run/simulate/plan/plan-json.ts";
import { planToLines } from "../../run/simulate/plan/plan-text.ts";
import { readGpus, readRequest } from "../../run/simulate/plan/read-request.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"plan">,
): Promise<ExitCode> {
  const { stdout, json, workingFolder } = context;
  const result = planRun(readRequest(await description(values, workingFolder)));
  if (json) {
    const explained = values.explain ? { explanations: explainPlan(result) } : {};
    stdout.write(`${JSON.stringify({ ...planToJson(result), ...explained }, null, 2)}\n`);
    return 0;
  }
  const lines = [...planToLines(result), ...(values.explain ? explanationLines(result) : [])];
  stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

/** The file, with the options laid over it. */
async function description(
  values: CommandValues<"plan">,
  workingFolder: string,
): Promise<Record<string, unknown>> {
  const { config, model, gpus, tokens } = values;
  if (config === undefined && (model === undefined || gpus === undefined)) {
    throw new UserError({
      code: "plan-of-what",
      message: "Cannot plan: found no description, need --model and --gpus, or --config",
      hint: "For example: etude plan --model Llama-3.1-8B --gpus H100:64 --tokens 1T",
      exitCode: 2,
    });
  }
  return {
    // The split is our own choice here. A description that leaves it out is of somebody's run,
    // and who does not say how it was split has not tried splits out.
    ...(config === undefined ? { tuned: true } : await readJson(resolve(workingFolder, config))),
    ...(model === undefined ? {} : { model }),
    ...(gpus === undefined ? {} : readGpus(gpus)),
    ...(tokens === undefined ? {} : { tokens }),
  };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
    throw new Error("the file holds no JSON object");
  } catch (cause) {
    throw new UserError({
      code: "bad-plan-file",
      message: `Cannot read the description ${path}: found ${messageOf(cause)}, need a JSON object`,
      hint: "Check the path and the syntax.",
      exitCode: 2,
      cause,
    });
  }
}
