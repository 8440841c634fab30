/**
 * What `etude train` asks a person who gave no folder: where the recordings are, how long to
 * train, where the run goes, and whether to remember that.
 *
 * Knows no terminal and no disk; what is asked of them is in `TrainGuide`.
 */

import { UserError } from "../errors.ts";
import { readValue } from "../options/read-value.ts";
import { train } from "./commands/train.ts";

export interface Prompter {
  /** One line that a person typed, without spaces around it. @throws when they leave instead. */
  ask(question: string): Promise<string>;
  /** One line or several for the person to read. */
  say(text: string): void;
}

/** Paths are absolute, except where they are shown. */
export interface TrainGuide {
  readonly prompter: Prompter;
  /** The path that was typed, or dropped into the terminal; "@NAME" of a dataset as it is. */
  pathOf(answer: string): string;
  /** As short as it can be typed again. */
  shown(path: string): string;
  /** Says in lines what is in a folder of recordings. @throws UserError if there is no sound. */
  lookInto(folder: string): Promise<readonly string[]>;
  /** A run folder that is free. */
  runFolderFor(folder: string): Promise<string>;
  /** @throws UserError if no run can be made there. */
  checkRunFolder(runFolder: string, folder: string): Promise<void>;
  /** Absent where the runs already go there. */
  remember(runFolder: string): Memory | undefined;
}

export interface Memory {
  /** What would hold from now on, in lines. */
  readonly offer: string;
  /** @returns What was done, in a line. */
  save(): Promise<string>;
}

/** What the command line has said already, which is not asked for again. */
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
  prompter.say("Enter takes what stands in brackets, Tab completes a folder, Ctrl-C leaves.");
  const folder = await askUntil(prompter, "Folder of recordings: ", async (answer) => {
    if (answer === "") throw wrongAnswer("A folder is needed", "Type its path, or drop it here.");
    const path = guide.pathOf(answer);
    prompter.say((await guide.lookInto(path)).join("\n"));
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

/** Asks again until `read` accepts the answer; says each time what was wrong with it. */
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
