/** Rewrites commander's errors in our form, with suggestions. */

import type { CommanderError } from "commander";
import type { UserError } from "../errors.ts";
import { wrongUsage } from "../options/read-value.ts";
import { type CommandSpec, longFlag, type OptionSpec } from "../options/spec.ts";
import { nearestWord } from "../suggest.ts";
import { commands } from "./commands.ts";
import { globalOptions } from "./global-options.ts";

/** The keys may be any words here: they come from the command line. */
const table: Readonly<Record<string, CommandSpec>> = { ...commands };

/** @param error Its message is "error: WHAT" and at times "(Did you mean X?)". */
export function usageError(error: CommanderError, words: readonly string[]): UserError {
  const [what = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const name = commandIn(words);
  if (error.code === "commander.unknownCommand") return unknownCommand(quotedIn(what), name);
  const command = name === undefined ? "etude" : `etude ${name}`;
  const meant = suggestion?.replace(/^\(|\)$/g, "");
  const { message, hint } = UNACCEPTED[error.code]?.({ what, name, command, meant }) ?? {
    message: what,
  };
  const help = `Say "${command} --help" for what is accepted`;
  return wrongUsage(`Cannot ${message}`, hint?.(help) ?? `${help}.`);
}

interface Unaccepted {
  /** Commander's words. */
  readonly what: string;
  /** Help of the command, as far as it is known. */
  readonly name: string | undefined;
  /** "etude plan" */
  readonly command: string;
  /** "Did you mean --model?" */
  readonly meant: string | undefined;
}

interface Explanation {
  /** "use X: found A, need B" */
  readonly message: string;
  readonly hint?: (help: string) => string;
}

/** By commander's code. */
const UNACCEPTED: Readonly<Record<string, (parts: Unaccepted) => Explanation>> = {
  "commander.unknownOption": ({ what, name, command, meant }) => {
    const [, flag = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(quotedIn(what)) ?? [];
    if (value !== undefined && flagsOf(name).some((one) => one.flag === flag && one.isFlag)) {
      return { message: `use ${flag}: found the value "${value}", need none` };
    }
    const advice = optionMeant(flag, name) ?? meant;
    return {
      message: `use ${flag}: found an unknown option, need one that "${command}" takes`,
      hint: (help) => `${advice === undefined ? "" : `${advice} `}${help}.`,
    };
  },
  "commander.optionMissingArgument": ({ what }) => {
    const [, flag = "", value = ""] = /(--?[\w-]+) <(.*)>$/.exec(quotedIn(what)) ?? [];
    return { message: `use ${flag}: found no value, need ${flag} ${value}` };
  },
  "commander.missingArgument": ({ what, name, command }) => ({
    message: `run "${command}": found no ${quotedIn(what)}, need one`,
    hint: (help) => `${help}${exampleOf(name)}`,
  }),
  "commander.excessArguments": ({ what, name, command }) => {
    const [, most = "0", given = ""] = /Expected (\d+) .*got (\d+)/.exec(what) ?? [];
    const needed = most === "0" ? "none" : `at most ${most}`;
    return {
      message: `run "${command}": found ${given} argument${given === "1" ? "" : "s"}, need ${needed}`,
      hint: (help) => `${help}${exampleOf(name)}`,
    };
  },
};

/** Comes last in a hint, without a full stop, so that it can be copied. */
function exampleOf(name: string | undefined): string {
  const [example] = table[name ?? ""]?.examples ?? [];
  return example === undefined ? "." : `; for example: ${example}`;
}

/** Of an option that begins like this, or that another command has. */
function optionMeant(flag: string, name: string | undefined): string | undefined {
  if (!flag.startsWith("--")) return undefined;
  const longer = flagsOf(name).filter((one) => one.flag.startsWith(flag));
  if (longer.length > 0) return `Did you mean ${longer.map((one) => one.flag).join(" or ")}?`;
  const owners = Object.keys(table).filter((one) => ownFlags(table[one]).includes(flag));
  if (owners.length === 0) return undefined;
  return `It is an option of ${owners.map((one) => `"etude ${one}"`).join(", ")}.`;
}

function flagsOf(
  name: string | undefined,
): readonly { readonly flag: string; readonly isFlag: boolean }[] {
  const options: Record<string, OptionSpec> = { ...globalOptions, ...table[name ?? ""]?.options };
  return Object.entries(options).map(([key, spec]) => {
    return { flag: longFlag(key, spec), isFlag: spec.type === "flag" };
  });
}

function ownFlags(spec: CommandSpec | undefined): readonly string[] {
  return Object.entries(spec?.options ?? {}).map(([key, option]) => longFlag(key, option));
}

/** "unknown option '--x'" -> "--x" */
function quotedIn(text: string): string {
  return /'(.*)'/s.exec(text)?.[1] ?? text;
}

/** @param near What the words name of a command: the group of a member that is none. */
export function unknownCommand(word: string, near: string | undefined): UserError {
  const names = Object.keys(table);
  const members = names.filter((name) => name.startsWith(`${near} `));
  const those = members.length > 0 ? members : names;
  const whole = members.length > 0 ? `${near} ${word}` : word;
  const meant = nearestWord(
    word,
    those.map((name) => (members.length > 0 ? name.split(" ")[1] : name.split(" ")[0]) ?? ""),
  );
  return wrongUsage(
    `Cannot run "etude ${whole}": found no such command, need one of ${those.join(", ")}`,
    [
      ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
      'Say "etude --help" for what each of them does.',
    ].join(" "),
  );
}

/** As much of a command as the words name: "dataset add", or "dataset" alone. */
export function commandIn(words: readonly string[]): string | undefined {
  const names = Object.keys(table);
  const firsts = names.map((name) => name.split(" ")[0]);
  const index = words.findIndex((word) => firsts.includes(word));
  const both = `${words[index]} ${words[index + 1]}`;
  return names.includes(both) ? both : words[index];
}
