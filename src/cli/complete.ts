/**
 * What can stand at the end of a command line, for Tab completion.
 *
 * Walks the table of commands. The scripts of the shells (completion-scripts.ts) only ask and show:
 * what is offered is decided here.
 */

import type { Suggestions } from "../options/spec.ts";
import {
  type ArgumentOutline,
  type OptionOutline,
  outlineOf,
  type Place,
  type ProgramTable,
  type ValueOutline,
} from "./outline.ts";

export interface Completion {
  /** Words that begin as the last one does. */
  readonly offers: readonly Offer[];
  /** What the shell completes by itself, after `pathStart`. */
  readonly paths: ValueOutline["paths"];
  /** The part of the last word that stands before a path: "csv=", "--output-dir=". */
  readonly pathStart: string;
  /** What is offered goes on, so no space follows it: "H100:". */
  readonly goesOn: boolean;
}

export interface Offer {
  readonly word: string;
  /** "" for none. */
  readonly about: string;
}

/**
 * Gives the words of a list.
 *
 * @param given The arguments of the command so far, by placeholder: presets are those of a MODEL.
 */
export type SuggestionSource = (
  list: Suggestions["from"],
  given: Readonly<Record<string, string>>,
) => Promise<readonly string[]>;

/** @param words The words after `etude`; the last is completed, "" begins a new one. */
export async function complete(
  words: readonly string[],
  table: ProgramTable,
  source: SuggestionSource,
): Promise<Completion> {
  const line = walk(words.slice(0, -1), outlineOf(table));
  const { place, given, open, isEnded } = line;
  const current = words.at(-1) ?? "";
  const answerFor = (value: ValueOutline, text: string): Promise<Completion> =>
    completeValue(value, text, (list) => source(list, namedArguments(line)));
  if (open !== undefined) return answerFor(open, current);
  if (!isEnded && current.startsWith("-")) {
    const [, flag = "", text = ""] = /^(--[^=]+=)(.*)$/s.exec(current) ?? [];
    const value = optionAt(place, flag.slice(0, -1))?.value;
    if (value !== undefined) return startedWith(flag, await answerFor(value, text));
    const flags = place.options.flatMap(({ flags: each, description }) =>
      each.map((word) => ({ word, about: description })),
    );
    return offering(flags, current);
  }
  if (place.next.length > 0) {
    const next = place.next.map(({ word, summary }) => ({ word, about: summary }));
    return offering(next, current);
  }
  const argument = argumentAt(place, given.length);
  return argument === undefined ? offering([], current) : answerFor(argument, current);
}

/**
 * One line of facts, then a line for each word offered: `WORD<tab>WHAT IT IS`. The facts are the
 * kind of paths, "open" where words go on else "whole", and the start of a path.
 */
export function completionText({ offers, paths, pathStart, goesOn }: Completion): string {
  const facts = [paths, goesOn ? "open" : "whole", pathStart];
  const lines = offers.map(({ word, about }) => [word, about]);
  return [facts, ...lines].map((fields) => `${fields.map(oneLine).join("\t")}\n`).join("");
}

function oneLine(text: string): string {
  return text.replace(/[\t\r\n]+/g, " ");
}

interface Line {
  readonly place: Place;
  readonly given: readonly string[];
  /** Of the option that the next word is the value of. */
  readonly open: ValueOutline | undefined;
  /** "--" stands there: nothing that follows is an option. */
  readonly isEnded: boolean;
}

/** Reads the words that stand there already. */
function walk(words: readonly string[], places: readonly Place[]): Line {
  let place = places[0] as Place;
  let open: ValueOutline | undefined;
  let isEnded = false;
  const given: string[] = [];
  for (const word of words) {
    if (open !== undefined) open = undefined;
    else if (!isEnded && word === "--") isEnded = true;
    else if (!isEnded && word.startsWith("-") && word !== "-") open = optionAt(place, word)?.value;
    else {
      const next = isEnded ? undefined : placeAfter(place, word, places);
      if (next === undefined) given.push(word);
      else place = next;
    }
  }
  return { place, given, open, isEnded };
}

function placeAfter(place: Place, word: string, places: readonly Place[]): Place | undefined {
  const path = [...place.words, word].join(" ");
  return places.find(({ words }) => words.join(" ") === path);
}

function optionAt({ options }: Place, flag: string): OptionOutline | undefined {
  return options.find(({ flags }) => flags.includes(flag));
}

function argumentAt({ arguments: all }: Place, index: number): ArgumentOutline | undefined {
  const last = all.at(-1);
  return all[index] ?? (last?.repeatable === true ? last : undefined);
}

function namedArguments({ place, given }: Line): Readonly<Record<string, string>> {
  const named = given.flatMap((word, i): [string, string][] => {
    const argument = argumentAt(place, i);
    return argument === undefined ? [] : [[argument.placeholder, word]];
  });
  return Object.fromEntries(named);
}

async function completeValue(
  { choices, paths, suggestions }: ValueOutline,
  current: string,
  wordsOf: (list: Suggestions["from"]) => Promise<readonly string[]>,
): Promise<Completion> {
  if (suggestions === undefined) return { ...offering(plain(choices), current), paths };
  const { from, joint, rest } = suggestions;
  const words = (await wordsOf(from)).map((word) => `${word}${joint ?? ""}`);
  const start = joint === undefined ? undefined : words.find((word) => current.startsWith(word));
  if (start === undefined) {
    return { ...offering(plain(words), current), paths, goesOn: joint !== undefined };
  }
  const isPath = rest === "path";
  return { offers: [], paths: isPath ? "files" : "none", pathStart: start, goesOn: true };
}

function plain(words: readonly string[]): Offer[] {
  return words.map((word) => ({ word, about: "" }));
}

function offering(offers: readonly Offer[], current: string): Completion {
  return {
    offers: offers.filter(({ word }) => word.startsWith(current)),
    paths: "none",
    pathStart: "",
    goesOn: false,
  };
}

function startedWith(start: string, completion: Completion): Completion {
  const { offers, pathStart } = completion;
  return {
    ...completion,
    offers: offers.map(({ word, about }) => ({ word: `${start}${word}`, about })),
    pathStart: `${start}${pathStart}`,
  };
}
