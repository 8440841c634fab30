/**
 * The table of commands as a tree of places on the command line: the program, a group, a command.
 * Completions and the man page are generated from it.
 */

import {
  type ArgumentSpec,
  type CommandSpec,
  isRepeatable,
  longFlag,
  type OptionSpec,
  type Suggestions,
} from "../options/spec.ts";
import { commandGroups, commands, programSummary } from "./commands.ts";
import { globalOptions } from "./global-options.ts";

export interface Place {
  /** [] for the program, ["train"], ["dataset", "add"]. */
  readonly words: readonly string[];
  readonly summary: string;
  /** The words that can come next. */
  readonly next: readonly { readonly word: string; readonly summary: string }[];
  /** Its own and the global ones, and those for help. */
  readonly options: readonly OptionOutline[];
  readonly arguments: readonly ArgumentOutline[];
}

export interface OptionOutline {
  /** As they are written, the short one first: ["-o", "--output-dir"]. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent for a flag. */
  readonly value?: ValueOutline;
  readonly repeatable: boolean;
}

export interface ArgumentOutline extends ValueOutline {
  readonly description: string;
  readonly optional: boolean;
  readonly repeatable: boolean;
}

/** What a shell can offer for a value; nothing for a number or a free text. */
export interface ValueOutline {
  readonly placeholder: string;
  /** All that is accepted; empty where anything is. */
  readonly choices: readonly string[];
  readonly paths: "none" | "files" | "folders";
  readonly suggestions?: Suggestions;
}

/** The input of the outline; tests use tables of their own. */
export interface ProgramTable {
  readonly summary: string;
  readonly commands: Readonly<Record<string, CommandSpec>>;
  readonly groups: Readonly<Record<string, string>>;
  readonly globalOptions: Readonly<Record<string, OptionSpec>>;
}

export const programTable: ProgramTable = {
  summary: programSummary,
  commands: { ...commands },
  groups: commandGroups,
  globalOptions,
};

/** The program first, then every command in the order of the table, a group before its first. */
export function outlineOf(table: ProgramTable): readonly Place[] {
  const names = Object.keys(table.commands).map((name) => name.split(" "));
  const paths = new Map<string, readonly string[]>([["", []]]);
  for (const words of names) {
    for (let count = 1; count <= words.length; count += 1) {
      paths.set(words.slice(0, count).join(" "), words.slice(0, count));
    }
  }
  paths.set("help", ["help"]);
  const places = [...paths.values()];
  return places.map((words) => ({
    words,
    summary: summaryOf(table, words),
    next: places
      .filter((other) => other.length === words.length + 1)
      .filter((other) => words.every((word, i) => other[i] === word))
      .map((other) => ({ word: other.at(-1) ?? "", summary: summaryOf(table, other) })),
    options: optionsOf(table, words),
    arguments: argumentsOf(table, words),
  }));
}

function summaryOf(table: ProgramTable, words: readonly string[]): string {
  if (words.length === 0) return table.summary;
  const name = words.join(" ");
  if (name === "help") return "print the help of a command";
  return table.commands[name]?.summary ?? table.groups[name] ?? "";
}

/** A command's option overrides the global one of the same name. */
function optionsOf(table: ProgramTable, words: readonly string[]): OptionOutline[] {
  const own = table.commands[words.join(" ")]?.options ?? {};
  const specs = Object.entries({ ...table.globalOptions, ...own });
  const rank = ([name]: readonly [string, OptionSpec]): number =>
    Object.hasOwn(own, name) ? 0 : 1;
  const options = specs
    .toSorted((a, b) => rank(a) - rank(b))
    .map(([name, spec]) => optionOutline(name, spec));
  options.push({ flags: ["-h", "--help"], description: "print this text", repeatable: false });
  if (words.length === 0) {
    options.push({ flags: ["--version"], description: "print the version", repeatable: false });
  }
  return options;
}

export function optionOutline(name: string, spec: OptionSpec): OptionOutline {
  return {
    flags: [...(spec.short === undefined ? [] : [`-${spec.short}`]), longFlag(name, spec)],
    description: spec.description,
    repeatable: isRepeatable(spec),
    ...(spec.type !== "flag" && { value: valueOutline(spec) }),
  };
}

function valueOutline(spec: Exclude<OptionSpec, { type: "flag" }>): ValueOutline {
  const suggestions = "suggestions" in spec ? spec.suggestions : undefined;
  return {
    placeholder: spec.value,
    choices: spec.type === "choice" ? spec.choices : [],
    paths: spec.type === "path" ? pathsOf(spec.value) : "none",
    ...(suggestions && { suggestions }),
  };
}

function argumentsOf(table: ProgramTable, words: readonly string[]): ArgumentOutline[] {
  if (words.join(" ") === "help") {
    const choices = [
      ...new Set(Object.keys(table.commands).map((name) => name.split(" ")[0] ?? "")),
    ];
    const description = "command to explain";
    return [
      {
        placeholder: "COMMAND",
        choices,
        paths: "none",
        description,
        optional: true,
        repeatable: false,
      },
    ];
  }
  return (table.commands[words.join(" ")]?.arguments ?? []).map(argumentOutline);
}

function argumentOutline(argument: ArgumentSpec): ArgumentOutline {
  const { value, choices, type = "path", description, suggestions } = argument;
  return {
    placeholder: value,
    choices: choices ?? [],
    paths: choices !== undefined || type === "name" ? "none" : pathsOf(value),
    ...(suggestions && { suggestions }),
    description,
    optional: argument.optional === true,
    repeatable: argument.repeatable === true,
  };
}

/** DIR, FOLDER and RUN are folders; MODEL, FILE and PATH may be files. */
function pathsOf(placeholder: string): "folders" | "files" {
  return /^(DIR|FOLDER|RUN)$/.test(placeholder) ? "folders" : "files";
}
