/**
 * The questions of `etude train` without a folder: where the recordings are, how long to train,
 * where the run goes, and whether to save these folders.
 *
 * Independent of terminal and disk, which it reaches through `TrainGuide`.
 */

import { UserError } from "../errors.ts";
import { readValue } from "../options/read-value.ts";
import { train } from "./commands/train.ts";

export interface Prompter {
  /** One line of input, trimmed. @throws if the user leaves instead. */
  ask(question: string): Promise<string>;
  /** Prints one or more lines. */
  say(text: string): void;
}

/** Paths are absolute, except where they are shown. */
export interface TrainGuide {
  readonly prompter: Prompter;
  /** Resolves a typed or dropped path; "@NAME" of a dataset is kept as it is. */
  pathOf(answer: string): string;
  /** The shortest form that can be typed. */
  shown(path: string): string;
  /** Lines that describe a folder of recordings. @throws UserError if there is no sound. */
  reportOn(folder: string): Promise<readonly string[]>;
  /** A run folder that is free. */
  runFolderFor(folder: string): Promise<string>;
  /** @throws UserError if no run can be made there. */
  checkRunFolder(runFolder: string, folder: string): Promise<void>;
  /** Absent where the runs already go there. */
  remember(runFolder: string): Memory | undefined;
}

export interface Memory {
  /** Lines that describe the offer. */
  readonly offer: string;
  /** @returns What was done, in a line. */
  save(): Promise<string>;
}

/** Values given on the command line, which are not asked for. */
export interface TrainGiven {
  readonly outputDir?: string | undefined;
  readonly minutes?: number | undefined;
  readonly epochs?: number | undefined;
  readonly preset: Preset;
}

type Preset = (typeof train.options.preset.choices)[number];

export interface TrainAnswers {
  readonly folder: string;
  readonly outputDir: string;
  readonly minutes: number | undefined;
  readonly preset: Preset;
}

const MINUTES = 10;

export async function askForTraining(guide: TrainGuide, given: TrainGiven): Promise<TrainAnswers> {
  const { prompter } = guide;
  prompter.say("Enter accepts the value in brackets, Tab completes a folder, Ctrl-C quits.");
  const folder = await askUntil(prompter, "Folder of recordings: ", async (answer) => {
    if (answer === "") throw wrongAnswer("A folder is needed", "Type its path, or drop it here.");
    const path = guide.pathOf(answer);
    prompter.say((await guide.reportOn(path)).join("\n"));
    return path;
  });
  const isLengthGiven = given.minutes !== undefined || given.epochs !== undefined;
  const minutes = isLengthGiven ? given.minutes : await askForMinutes(prompter);
  const preset = given.preset === "auto" ? await askForPreset(prompter) : given.preset;
  const outputDir = given.outputDir ?? (await askForRunFolder(guide, folder));
  prompter.say(
    `\nThe same without questions: ${commandLine(guide, { folder, outputDir, minutes, preset })}\n`,
  );
  return { folder, outputDir, minutes, preset };
}

function askForMinutes(prompter: Prompter): Promise<number> {
  return askUntil(prompter, `Minutes to train [${MINUTES}]: `, (answer) =>
    answer === "" ? MINUTES : Number(readValue("minutes", answer, train.options.minutes)),
  );
}

function askForPreset(prompter: Prompter): Promise<Preset> {
  const { choices } = train.options.preset;
  return askUntil(prompter, `How boldly to learn: ${choices.join(", ")} [auto]: `, (answer) => {
    const begun = choices.filter((choice) => answer !== "" && choice.startsWith(answer));
    const word = begun.length === 1 ? String(begun[0]) : answer || "auto";
    return readValue("preset", word, train.options.preset) as Preset;
  });
}

async function askForRunFolder(guide: TrainGuide, folder: string): Promise<string> {
  const { prompter } = guide;
  const proposed = await guide.runFolderFor(folder);
  const runFolder = await askUntil(
    prompter,
    `Folder for the run [${guide.shown(proposed)}]: `,
    async (answer) => {
      const path = answer === "" ? proposed : guide.pathOf(answer);
      await guide.checkRunFolder(path, folder);
      return path;
    },
  );
  const memory = guide.remember(runFolder);
  if (memory !== undefined) {
    prompter.say(memory.offer);
    const isWanted = await askUntil(prompter, "Remember this? [y/N]: ", yesOrNo);
    if (isWanted) prompter.say(await memory.save());
  }
  return runFolder;
}

function yesOrNo(answer: string): boolean {
  if (/^(y|yes)$/i.test(answer)) return true;
  if (/^(|n|no)$/i.test(answer)) return false;
  throw wrongAnswer(`Cannot read "${answer}" as yes or no`, "Type y or n.");
}

/** Asks again until `read` accepts the answer, and prints each time what was wrong. */
async function askUntil<T>(
  prompter: Prompter,
  question: string,
  read: (answer: string) => T | Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await prompter.ask(question);
    try {
      return await read(answer);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      prompter.say(`  ${error.message}\n  ${error.hint}`);
    }
  }
}

function commandLine(guide: TrainGuide, answers: TrainAnswers): string {
  const { folder, outputDir, minutes, preset } = answers;
  return [
    `etude train ${guide.shown(folder)}`,
    ...(minutes === undefined ? [] : [`--minutes ${minutes}`]),
    ...(preset === "auto" ? [] : [`--preset ${preset}`]),
    `--output-dir ${guide.shown(outputDir)}`,
  ].join(" ");
}

function wrongAnswer(message: string, hint: string): UserError {
  return new UserError({ code: "usage", message, hint, exitCode: 2 });
}
