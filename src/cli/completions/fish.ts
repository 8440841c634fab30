/**
 * Completions for fish, 3.0 and later.
 *
 * fish evaluates a condition for every line; `__etude_at` is the only one, so fish evaluates it
 * once for each place and caches the result.
 */

import type { ArgumentOutline, OptionOutline, Place, ValueOutline } from "../outline.ts";
import { keyOf } from "./keys.ts";

export function fishCompletions(places: readonly Place[]): string {
  const keys = places.map(keyOf).filter((key) => key !== "");
  const valued = places.flatMap((place) =>
    place.options
      .filter(({ value }) => value !== undefined)
      .flatMap(({ flags }) => flags.map((flag) => `${keyOf(place)} ${flag}`)),
  );
  return `# Completions of étude for fish. To use them:
#     etude completions fish > ~/.config/fish/completions/etude.fish

function __etude_is_place
    contains -- $argv[1] ${keys.map(fishWord).join(" ")}
end

function __etude_takes_value
    contains -- $argv[1] ${valued.map(fishWord).join(" ")}
end

# Whether the cursor is at a place, and where given, at that argument: "0", or "1+" for all from 1.
function __etude_at
    set -l place ''
    set -l seen 0
    set -l is_value 0
    set -l is_ended 0
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test $is_value = 1
            set is_value 0
        else if test $is_ended = 0; and string match -q -- '-?*' $word
            if test "$word" = --
                set is_ended 1
            else if __etude_takes_value "$place $word"
                set is_value 1
            end
        else if test $is_ended = 0; and __etude_is_place "$place $word"
            set place "$place $word"
        else
            set seen (math $seen + 1)
        end
    end
    test "$place" = "$argv[1]"; or return 1
    switch "$argv[2]"
        case ''
            return 0
        case '*+'
            test $seen -ge (string trim -r -c + -- $argv[2])
        case '*'
            test $seen = $argv[2]
    end
end

# Whether a word and its "=" stand there already, and a path follows.
function __etude_has_start
    string match -q -- '*=*' (string replace -r -- '^--[^=]*=' '' (commandline -ct))
end

complete -c etude -f
${places.flatMap(linesOf).join("\n")}
`;
}

/** Any text as one word of fish. */
export function fishWord(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

function linesOf(place: Place): string[] {
  return [
    ...place.next.map(({ word, summary }) =>
      lineOf(atPlace(place), `-a ${fishWord(fishWord(word))} -d ${fishWord(summary)}`),
    ),
    ...place.arguments.map((argument, position) => argumentLine(place, argument, position)),
    ...place.options.flatMap((option) => optionLines(place, option)),
  ].filter((line) => line !== "");
}

function lineOf(condition: string, what: string): string {
  return `complete -c etude -n ${fishWord(condition)} ${what}`;
}

function atPlace(place: Place): string {
  return `__etude_at ${fishWord(keyOf(place))}`;
}

function argumentLine(place: Place, argument: ArgumentOutline, position: number): string {
  const candidates = candidatesOf(argument);
  if (candidates === "") return "";
  const condition = `${atPlace(place)} ${position}${argument.repeatable ? "+" : ""}`;
  return lineOf(condition, `${candidates} -d ${fishWord(argument.description)}`);
}

function optionLines(place: Place, option: OptionOutline): string[] {
  const here = atPlace(place);
  const { value } = option;
  if (value?.kind !== "start-file") return [lineOf(here, optionWords(option))];
  const path: OptionOutline = { ...option, value: { ...value, kind: "file", choices: [] } };
  return [
    lineOf(`${here}; and not __etude_has_start`, optionWords(option)),
    lineOf(`${here}; and __etude_has_start`, optionWords(path)),
  ];
}

function optionWords({ flags, description, value }: OptionOutline): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${fishWord(flag.slice(2))}` : `-s ${fishWord(flag.slice(1))}`,
  );
  const values = value === undefined ? [] : [`-r ${candidatesOf(value) || "-f"}`];
  return [...names, ...values, `-d ${fishWord(description)}`].join(" ");
}

/** fish reads the text after `-a` once more as words, so words in it are quoted twice. */
function candidatesOf({ kind, choices }: ValueOutline): string {
  if (kind === "file") return "-F";
  if (kind === "folder") return "-f -a '(__fish_complete_directories)'";
  // fish adds no space behind ":", "@" and "=".
  if (choices.length > 0) return `-f -a ${fishWord(choices.map(fishWord).join(" "))}`;
  return "";
}
