/**
 * The command line -> what to do, by the table of commands.
 *
 * Commander splits the words and lays out the help; the meaning of the values is read here.
 */

import { Command, CommanderError, Option } from "commander";
import { type CommandName, type CommandTable, commands } from "./commands.ts";
import { globalOptions } from "./global-options.ts";
import { type OptionValue, readValue, wrongUsage } from "./read-value.ts";
import { type CommandSpec, longFlag, type OptionSpec, type ValuesOf } from "./spec.ts";

/** A range that ends here or later is told as open in the help text. */
const UNBOUNDED = 10_000;

export type Values = Readonly<Record<string, OptionValue | readonly OptionValue[] | undefined>>;

export type GlobalValues = ValuesOf<{
  readonly summary: "";
  readonly arguments: readonly [];
  readonly options: typeof globalOptions;
  readonly examples: readonly [];
}>;

/** What the command line asks for. */
export type Request =
  | {
      readonly kind: "command";
      readonly name: CommandName;
      readonly values: Values;
      readonly globals: GlobalValues;
    }
  /** `--help`, `--version`: a text for stdout. */
  | { readonly kind: "text"; readonly text: string }
  /** No command at all: the help text, for stderr. */
  | { readonly kind: "no-command"; readonly text: string };

export interface ParseSettings {
  /** "etude 0.1.0" */
  readonly version: string;
  /** Width of the help text. */
  readonly columns: number;
}

/**
 * @param words What stands after `etude`.
 * @throws UserError "usage" (exit code 2) with what was wrong and what is accepted.
 */
export function parse(words: readonly string[], settings: ParseSettings): Request {
  let text = "";
  let request: Request | undefined;
  const program = programFor(settings, (part) => {
    text += part;
  });
  for (const name of Object.keys(commands) as (keyof CommandTable)[]) {
    addCommand(program, name, commands[name]).action((...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const values = readValues(command, commands[name]);
      const globals = readOptions(program, globalOptions) as unknown as GlobalValues;
      request = { kind: "command", name, values, globals };
    });
  }
  try {
    program.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "text", text };
    if (error.code === "commander.help") return { kind: "no-command", text };
    throw usageError(error, words);
  }
  if (request === undefined) throw new Error("The command line was read, and no command was found");
  return request;
}

function programFor(settings: ParseSettings, write: (text: string) => void): Command {
  const program = new Command("etude")
    .description("Train small generative models of sound on your own recordings.")
    .version(settings.version, "--version", "print the version")
    .helpOption("-h, --help", "print this text")
    .helpCommand("help [COMMAND]", "print the help of a command")
    .configureHelp({ showGlobalOptions: true, subcommandTerm: commandTerm })
    .configureOutput({
      writeOut: write,
      writeErr: write,
      outputError: () => {},
      getOutHelpWidth: () => settings.columns,
      getErrHelpWidth: () => settings.columns,
      // Help is plain text on every terminal.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  addOptions(program, globalOptions);
  program.addHelpText("after", '\nSay "etude COMMAND --help" for the options of a command.');
  return program;
}

function addCommand(program: Command, name: string, spec: CommandSpec): Command {
  const command = program
    .command(name)
    .summary(spec.summary)
    .description(`${capitalised(spec.summary)}.${spec.details ? `\n\n${spec.details}` : ""}`)
    .helpOption("-h, --help", "print this text");
  for (const argument of spec.arguments) {
    const word = argument.optional === true ? `[${argument.value}]` : `<${argument.value}>`;
    command.argument(word, argument.description);
  }
  addOptions(command, spec.options);
  command.addHelpText(
    "after",
    `\nExamples:\n${spec.examples.map((line) => `  ${line}\n`).join("")}`,
  );
  return command;
}

/** "evaluate <MODEL> <FOLDER>" in the list of commands. */
function commandTerm(command: Command): string {
  const places = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...places].join(" ");
}

function addOptions(command: Command, options: Readonly<Record<string, OptionSpec>>): void {
  for (const [name, spec] of Object.entries(options)) {
    const short = spec.short === undefined ? "" : `-${spec.short}, `;
    const value = spec.type === "flag" ? "" : ` <${spec.value}>`;
    const option = new Option(`${short}${longFlag(name, spec)}${value}`, describe(spec));
    if (spec.group !== undefined) option.helpGroup(`${spec.group}:`);
    if (isRepeatable(spec)) {
      option.argParser((text: string, before: readonly string[] = []) => [...before, text]);
    }
    command.addOption(option);
  }
}

/** The description with what is accepted and what holds when it is not given. */
function describe(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.type === "choice") notes.push(spec.choices.join(", "));
  if (isRepeatable(spec)) notes.push("may be repeated");
  if (spec.type === "number" || spec.type === "integer") {
    notes.push(spec.max < UNBOUNDED ? `${spec.min} to ${spec.max}` : `${spec.min} or more`);
  }
  const otherwise = spec.otherwise ?? ("default" in spec ? spec.default : undefined);
  if (otherwise !== undefined) notes.push(`default: ${otherwise}`);
  return notes.length === 0 ? spec.description : `${spec.description} (${notes.join("; ")})`;
}

function readValues(command: Command, spec: CommandSpec): Values {
  const given = spec.arguments.map(({ name, value, optional }, i) => {
    const text = command.processedArgs[i] as string | undefined;
    if (text === "" && optional !== true) {
      throw wrongUsage(`Cannot use "" as ${value}: it is empty`, `Give a ${value}.`);
    }
    return [name, text] as const;
  });
  return { ...Object.fromEntries(given), ...readOptions(command, spec.options) };
}

function readOptions(command: Command, options: Readonly<Record<string, OptionSpec>>): Values {
  const texts = command.opts<Record<string, string | readonly string[] | boolean | undefined>>();
  const values: Record<string, OptionValue | readonly OptionValue[] | undefined> = {};
  for (const [name, spec] of Object.entries(options)) {
    const text = texts[name];
    const read = (one: string): OptionValue => readValue(longFlag(name, spec), one, spec);
    if (spec.type === "flag")
      values[name] = typeof text === "boolean" ? text : spec.negated === true;
    else if (isRepeatable(spec)) values[name] = Array.isArray(text) ? text.map(read) : [];
    else if (typeof text === "string") values[name] = read(text);
    else values[name] = "default" in spec ? spec.default : undefined;
  }
  return values;
}

function isRepeatable(spec: OptionSpec): boolean {
  return "repeatable" in spec && spec.repeatable === true;
}

/** Commander's words in our form: it tells "error: WHAT" and at times "(Did you mean X?)". */
function usageError(error: CommanderError, words: readonly string[]): Error {
  const [what = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const command = words.find((word) => Object.hasOwn(commands, word));
  const help = `Say "etude ${command === undefined ? "" : `${command} `}--help" for what is accepted.`;
  const hint =
    error.code === "commander.unknownCommand" && suggestion === undefined
      ? `The commands are ${Object.keys(commands).join(", ")}.`
      : [suggestion?.replace(/^\(|\)$/g, ""), help].filter(Boolean).join(" ");
  return wrongUsage(capitalised(what), hint);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
