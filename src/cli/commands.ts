/** The one table of commands. Parsing, help, man page and completions read it. */

import { corpus } from "./commands/corpus.ts";
import { demo } from "./commands/demo.ts";
import { doctor } from "./commands/doctor.ts";
import { evaluate } from "./commands/evaluate.ts";
import { generate } from "./commands/generate.ts";
import { plan } from "./commands/plan.ts";
import { resume } from "./commands/resume.ts";
import { simulate } from "./commands/simulate.ts";
import { train } from "./commands/train.ts";

/** The keys are the words on the command line, in the order of the help text. */
export interface CommandTable {
  readonly train: typeof train;
  readonly resume: typeof resume;
  readonly generate: typeof generate;
  readonly evaluate: typeof evaluate;
  readonly corpus: typeof corpus;
  readonly demo: typeof demo;
  readonly simulate: typeof simulate;
  readonly plan: typeof plan;
  readonly doctor: typeof doctor;
}

export type CommandName = keyof CommandTable;

export const commands: CommandTable = {
  train,
  resume,
  generate,
  evaluate,
  corpus,
  demo,
  simulate,
  plan,
  doctor,
};
