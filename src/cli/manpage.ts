/**
 * The manual page, in man(7) macros, generated from the table of commands.
 *
 * Plain macros and escapes only, so that groff and mandoc both read it without a warning.
 */

import { describe } from "../options/describe.ts";
import type { CommandSpec, OptionSpec } from "../options/spec.ts";
import { optionOutline, type ProgramTable } from "./outline.ts";

export interface ManpageFacts {
  /** "etude 0.1.0" */
  readonly program: string;
  /** The day it is written, "2026-11-02". */
  readonly day: string;
}

export function manpage(table: ProgramTable, { program, day }: ManpageFacts): string {
  const lines = [
    `.TH ETUDE 1 "${day}" ${quoted(program)} ${quoted("User Commands")}`,
    // Words of the command line must not be broken.
    ".nh",
    ".SH NAME",
    `etude \\- ${escaped(uncapitalised(table.summary))}`,
    ".SH SYNOPSIS",
    `.B etude\n.RI [ OPTION ...]\n.I COMMAND\n.RI [ ARGUMENT ...]`,
    ".SH DESCRIPTION",
    running(
      "étude trains a small generative model of sound on your own recordings, entirely on this computer, and writes new sounds with it. Data goes to standard output, everything else to standard error.",
    ),
    ".SH OPTIONS",
    running("These may come before or after the command."),
    ...optionLines(table.globalOptions),
    ...tagged(
      "\\fB\\-h\\fR, \\fB\\-\\-help\\fR",
      "print the help text, of a command where one is given",
    ),
    ...tagged("\\fB\\-\\-version\\fR", "print the version"),
    ".SH COMMANDS",
    ...Object.entries(table.commands).flatMap(([name, spec]) => commandLines(name, spec)),
    ...closingLines(),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(name: string, spec: CommandSpec): string[] {
  const groups = groupsOf(spec.options);
  return [
    `.SS ${quoted(`etude ${name}`)}`,
    `${bold(`etude ${name}`)} ${[...spec.arguments.map(placeOf), "[\\fIOPTION\\fR...]"].join(" ")}`,
    ".PP",
    running(sentence(spec.summary)),
    ...(spec.details === undefined ? [] : [".PP", running(spec.details)]),
    ...spec.arguments.flatMap((argument) =>
      tagged(
        `\\fI${escaped(argument.value)}\\fR`,
        argument.choices === undefined
          ? argument.description
          : `${argument.description} (${argument.choices.join(", ")})`,
      ),
    ),
    ...[...groups].flatMap(([group, options]) => [
      ...(group === "" ? [] : [".PP", `${escaped(group)}:`]),
      ...optionLines(options),
    ]),
    ...exampleLines(spec.examples),
  ];
}

function exampleLines(examples: readonly string[]): string[] {
  if (examples.length === 0) return [];
  const lines = examples.map((line) => guarded(escaped(line)));
  const heading = examples.length === 1 ? "Example:" : "Examples:";
  return [".PP", heading, ".PP", ".nf", ".RS 4", ...lines, ".RE", ".fi"];
}

function closingLines(): string[] {
  return [
    ".SH EXIT STATUS",
    ...exitStatus.flatMap(([code, meaning]) => tagged(code, meaning)),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, meaning]) => tagged(`\\fB${name}\\fR`, meaning)),
    ".SH FILES",
    ...files.flatMap(([path, meaning]) => tagged(`\\fI${escaped(path)}\\fR`, meaning)),
  ];
}

const exitStatus: readonly (readonly [string, string])[] = [
  ["0", "done"],
  ["1", "failed; standard error says what failed and what to do"],
  ["2", "wrong usage, or something named was not found"],
  ["3", "cancelled with a checkpoint saved"],
  ["130", "stopped by Ctrl-C with nothing to save"],
];

const environment: readonly (readonly [string, string])[] = [
  ["NO_COLOR", "no colours where it is set and not empty"],
  ["FORCE_COLOR", "colours also where there is no terminal"],
  ["XDG_CONFIG_HOME", "where the configuration is looked for; ~/.config without it"],
  ["XDG_DATA_HOME", "where the library is kept; ~/.local/share without it"],
];

const files: readonly (readonly [string, string])[] = [
  ["$XDG_CONFIG_HOME/etude/config.toml", "configuration, read if it exists"],
  ["$XDG_DATA_HOME/etude", "the library"],
];

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  return Object.entries(options).flatMap(([name, spec]) => {
    const { flags, value } = optionOutline(name, spec);
    const written = flags.map(bold).join(", ");
    const tag = value === undefined ? written : `${written} \\fI${escaped(value.placeholder)}\\fR`;
    return tagged(tag, describe(spec));
  });
}

/** By heading, "" for those without one, which come first. */
function groupsOf(options: CommandSpec["options"]): Map<string, Record<string, OptionSpec>> {
  const groups = new Map<string, Record<string, OptionSpec>>([["", {}]]);
  for (const [name, spec] of Object.entries(options)) {
    const group = spec.group ?? "";
    groups.set(group, { ...groups.get(group), [name]: spec });
  }
  return groups;
}

function placeOf(argument: CommandSpec["arguments"][number]): string {
  const value = `\\fI${escaped(argument.value)}\\fR${argument.repeatable === true ? "..." : ""}`;
  return argument.optional === true ? `[${value}]` : value;
}

/** @param tag Roff already. */
function tagged(tag: string, text: string): string[] {
  return [".TP", tag, running(text)];
}

function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

/** Running text, as lines of the page's source; what stands in backquotes becomes bold. */
function running(text: string): string {
  const words = text
    .split(/(`[^`]+`)/)
    .map((part, i) => (i % 2 === 1 ? bold(part.slice(1, -1)) : escaped(part)));
  const lines = [""];
  for (const word of words.join("").split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= SOURCE_COLUMNS)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map(guarded).join("\n");
}

/** mandoc's advice for source lines. */
const SOURCE_COLUMNS = 78;

/** "." and "'" at the start of a line would make it a macro. */
function guarded(line: string): string {
  return line.replace(/^(?=[.'])/, "\\&");
}

/** One argument of a macro. */
function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', "\\(dq")}"`;
}

/** Text as roff: nothing in it is an escape, nothing is outside ASCII. Line breaks become spaces. */
export function escaped(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replaceAll("\\", "\\e")
    .replace(/[-'`^~]/g, (sign) => SIGNS[sign] ?? sign)
    .replace(/[^ -~]/gu, (letter) => {
      const code = letter.codePointAt(0) ?? 0;
      return `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
    });
}

/** Characters that roff would replace by typographic ones, which could not be copied. */
const SIGNS: Readonly<Record<string, string>> = {
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function uncapitalised(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
