/**
 * Completions for zsh, by its own `_arguments`: one function for each place, and one for each
 * list of choices, which keeps these free of the rules for texts inside `_arguments`.
 */

import type { ArgumentOutline, OptionOutline, Place, ValueOutline } from "../outline.ts";
import { bashWord as zshWord } from "./bash.ts";

export function zshCompletions(places: readonly Place[]): string {
  return `#compdef etude
# Completions of étude for zsh. To use them, put this line into ~/.zshrc, after compinit:
#     source <(etude completions zsh)

${places.flatMap(functionsOf).join("\n\n")}

if [[ $funcstack[1] == _etude ]]; then
    _etude "$@"
else
    compdef _etude etude
fi
`;
}

function functionsOf(place: Place): string[] {
  const choices = [
    ...place.options.map(({ flags, value }) => choiceFunction(place, flags, value)),
    ...place.arguments.map((argument) => choiceFunction(place, [argument.placeholder], argument)),
  ];
  return [...choices.filter((text) => text !== ""), placeFunction(place)];
}

function placeFunction(place: Place): string {
  const name = nameOf(place.words);
  const specs = place.options.flatMap((option) => optionSpecs(place, option));
  const values = place.arguments.map((argument, i) => argumentSpec(place, argument, i));
  if (place.next.length === 0) {
    return `${name}() {\n    _arguments -s -S : ${listed([...specs, ...values])}\n}`;
  }
  const words = place.next.map(
    ({ word, summary }) => `        ${zshWord(`${colonSafe(word)}:${colonSafe(summary)}`)}`,
  );
  const cases = place.next.map(
    ({ word }) => `        ${zshWord(word)}) ${nameOf([...place.words, word])} ;;`,
  );
  return `${name}() {
    local curcontext=$curcontext state line
    local -A opt_args
    local -a commands=(
${words.join("\n")}
    )
    _arguments -s -S -C : ${listed([...specs, "'1: :->command'", "'*:: :->rest'"])}
    case $state in
    command) _describe -t commands command commands ;;
    rest)
        case $line[1] in
${cases.join("\n")}
        esac
        ;;
    esac
}`;
}

function listed(specs: readonly string[]): string {
  return specs.map((spec) => `\\\n        ${spec}`).join(" ");
}

/** "(-o --output-dir)-o+[what it does]:DIR:_files -/", once for each way to write it. */
function optionSpecs(place: Place, { flags, description, value, repeatable }: OptionOutline) {
  const before = repeatable ? "*" : `(${flags.join(" ")})`;
  const action = value === undefined ? "" : valueSpec(place, value, flags);
  return flags.map((flag) => {
    const joint = value === undefined ? "" : flag.startsWith("--") ? "=" : "+";
    return zshWord(`${before}${flag}${joint}[${bracketed(description)}]${action}`);
  });
}

/** "1:FOLDER:_files -/", "*:PATH:_files". */
function argumentSpec(place: Place, argument: ArgumentOutline, index: number): string {
  const position = argument.repeatable ? "*" : String(index + 1);
  return zshWord(`${position}${valueSpec(place, argument, [argument.placeholder])}`);
}

function valueSpec(place: Place, value: ValueOutline, owner: readonly string[]): string {
  const actions: { readonly [K in ValueOutline["kind"]]: string } = {
    file: "_files",
    folder: "_files -/",
    choice: choiceName(place, owner),
    start: choiceName(place, owner),
    "start-file": choiceName(place, owner),
    // One space: there is something, and nothing to offer.
    text: " ",
  };
  return `:${colonSafe(value.placeholder)}:${actions[value.kind]}`;
}

function choiceFunction(
  place: Place,
  owner: readonly string[],
  value: ValueOutline | undefined,
): string {
  if (value === undefined || value.choices.length === 0) return "";
  const { kind, choices } = value;
  // No suffix: the value goes on behind its start.
  const isWhole = kind === "choice";
  const add = `compadd "$@"${isWhole ? "" : " -S ''"} -- ${choices.map(zshWord).join(" ")}`;
  const files = `if compset -P '*='; then _files; else ${add}; fi`;
  return `${choiceName(place, owner)}() {\n    ${kind === "start-file" ? files : add}\n}`;
}

function choiceName(place: Place, owner: readonly string[]): string {
  return `${nameOf(place.words)}_of_${identifier(owner.at(-1) ?? "")}`;
}

function nameOf(words: readonly string[]): string {
  return ["_etude", ...words.map(identifier)].join("__");
}

function identifier(text: string): string {
  return text.replace(/^-+/, "").replace(/\W/g, "_");
}

/** Text between "[" and "]" of an option. */
function bracketed(text: string): string {
  return text.replace(/[\\[\]]/g, "\\$&");
}

/** Text that ends at a colon, or follows one in a list of words with their meanings. */
function colonSafe(text: string): string {
  return text.replace(/[\\:]/g, "\\$&");
}
