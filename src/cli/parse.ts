/**
 * Parses the command line by the table of commands.
 *
 * Commander splits the words and formats the help; values are parsed here.
 */

import { Command, CommanderError, Help, Option } from "commander";
import { describe } from "../options/describe.ts";
import { type OptionValue, readValue, wrongUsage } from "../options/read-value.ts";
import {
  type ArgumentSpec,
  type CommandSpec,
  isRepeatable,
  longFlag,
  type OptionSpec,
  type ValuesOf,
} from "../options/spec.ts";
import {
  type CommandName,
  type CommandTable,
  commandGroups,
  commands,
  programSummary,
} from "./commands.ts";
import { globalOptions } from "./global-options.ts";
import { commandIn, unknownCommand, usageError } from "./usage-error.ts";

export type Values = Readonly<Record<string, OptionValue | readonly OptionValue[] | undefined>>;

export type GlobalValues = ValuesOf<{
  readonly summary: "";
  readonly arguments: readonly [];
  readonly options: typeof globalOptions;
  readonly examples: readonly [];
}>;

/** The result of parsing. */
export type Request =
  | {
      readonly kind: "command";
      readonly name: CommandName;
      readonly values: Values;
      /** Options of the command that stand on the command line: the others have their defaults. */
      readonly given: ReadonlySet<string>;
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
 * @param words The words after `etude`.
 * @throws UserError "usage" (exit code 2) with what was wrong and what is accepted.
 */
export function parse(words: readonly string[], settings: ParseSettings): Request {
  const explained = explainedBy(words);
  if (explained !== undefined) return parse([...explained, "--help"], settings);
  let text = "";
  let request: Request | undefined;
  const program = programFor(settings, (part) => {
    text += part;
  });
  for (const name of Object.keys(commands) as (keyof CommandTable)[]) {
    addCommand(program, name, commands[name]).action((...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const values = readValues(command, commands[name]);
      const globals = readOptions(program, globalOptions);
      const isGiven = (option: string): boolean => command.getOptionValueSource(option) === "cli";
      const names = new Set(Object.keys(commands[name].options).filter(isGiven));
      const owned = ownedBy(commands[name], values, globals);
      request = { kind: "command", name, given: names, ...owned };
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

/**
 * The command in "help COMMAND": commander does not know commands of two words, and prints the
 * whole help for an unknown word.
 */
function explainedBy(words: readonly string[]): readonly string[] | undefined {
  const [first, ...rest] = words;
  const asked = rest.filter((word) => !word.startsWith("-"));
  const [command, member] = asked;
  if (first !== "help" || command === undefined) return undefined;
  if (command === "help") return [];
  if (commandIn([command]) === undefined) throw unknownCommand(command, undefined);
  if (!Object.hasOwn(commandGroups, command) || member === undefined) return [command];
  if (commandIn([command, member]) === command) throw unknownCommand(member, command);
  return [command, member];
}

/** Commander assigns to the program an option that the command has too (`plan --config`). */
function ownedBy(
  spec: CommandSpec,
  values: Values,
  globals: Values,
): { readonly values: Values; readonly globals: GlobalValues } {
  const shared = Object.keys(spec.options).filter((name) => Object.hasOwn(globalOptions, name));
  const own = shared.map((name) => [name, values[name] ?? globals[name]]);
  const others = shared.map((name) => [name, undefined]);
  return {
    values: { ...values, ...Object.fromEntries(own) },
    globals: { ...globals, ...Object.fromEntries(others) } as unknown as GlobalValues,
  };
}

function programFor(settings: ParseSettings, write: (text: string) => void): Command {
  const program = new Command("etude")
    .description(`${programSummary}.`)
    .version(settings.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this text")
    .helpCommand("help [COMMAND]", "print the help of a command")
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: commandTerm,
      visibleGlobalOptions: otherGlobalOptions,
    })
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
  const [first = name, second] = name.split(" ");
  const command = (second === undefined ? program : groupIn(program, first))
    .command(second ?? first)
    .summary(spec.summary)
    .description(`${capitalised(spec.summary)}.${spec.details ? `\n\n${spec.details}` : ""}`)
    .helpOption("-h, --help", "print this text");
  for (const argument of spec.arguments) {
    const word = `${argument.value}${argument.repeatable === true ? "..." : ""}`;
    command.argument(argument.optional === true ? `[${word}]` : `<${word}>`, argument.description);
  }
  addOptions(command, spec.options);
  command.addHelpText(
    "after",
    `\nExamples:\n${spec.examples.map((line) => `  ${line}\n`).join("")}`,
  );
  return command;
}

/** The command that stands for a group, "dataset" of "dataset add"; made with its first member. */
function groupIn(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const summary = commandGroups[name] ?? "";
  return program
    .command(name)
    .summary(summary)
    .description(`${capitalised(summary)}.`)
    .helpOption("-h, --help", "print this text")
    .helpCommand(false);
}

/** The global options of a command's help, without those that it has an option of its own for. */
function otherGlobalOptions(command: Command): Option[] {
  const help = new Help();
  help.showGlobalOptions = true;
  const own = new Set(command.options.map(({ long }) => long));
  return help.visibleGlobalOptions(command).filter(({ long }) => !own.has(long));
}

/** "evaluate <MODEL> <FOLDER>" in the list of commands. */
function commandTerm(command: Command): string {
  const places = command.registeredArguments.map((argument) => {
    const word = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${word}>` : `[${word}]`;
  });
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

function readValues(command: Command, spec: CommandSpec): Values {
  const given = spec.arguments.map((argument, i) => {
    const text = command.processedArgs[i] as string | readonly string[] | undefined;
    const texts = typeof text === "string" ? [text] : (text ?? []);
    const values = texts.map((one) => readArgument(one, argument));
    return [argument.name, argument.repeatable === true ? values : values[0]] as const;
  });
  return { ...Object.fromEntries(given), ...readOptions(command, spec.options) };
}

function readArgument(text: string, argument: ArgumentSpec): OptionValue {
  const { value, choices, description } = argument;
  if (choices !== undefined)
    return readValue(value, text, { ...argument, type: "choice", choices });
  if (text === "") {
    throw wrongUsage(
      `Cannot use ${value}: found "", need a ${argument.type === "name" ? "name" : "path"}`,
      `Give a ${value}: ${description}.`,
    );
  }
  return text;
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

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
