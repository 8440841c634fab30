/** Completions for elvish, 0.17 and later. */

import type { Place, ValueOutline } from "../outline.ts";
import { argumentPatterns, keyOf } from "./keys.ts";

export function elvishCompletions(places: readonly Place[]): string {
  return `# Completions of étude for elvish. To use them, put this line into rc.elv:
#     eval (etude completions elvish | slurp)

use str

set edit:completion:arg-completer[etude] = {|@words|
  # By place, "" for the program and " train" for a command: the words that can come next.
  var next = [
${places.map((place) => `    &${elvishWord(keyOf(place))}=[${described(place.next.map(({ word, summary }) => [word, summary]))}]`).join("\n")}
  ]
  var options = [
${places.map((place) => `    &${elvishWord(keyOf(place))}=[${described(optionPairs(place))}]`).join("\n")}
  ]
  # By place and option, or place and position: the kind of value, and the choices.
  var values = [
${places.flatMap(valueLines).join("\n")}
  ]
  var place = ''
  var seen = 0
  var option = ''
  var ended = $false
  var current = $words[-1]
  for word $words[1..-1] {
    if (not-eq $option '') {
      set option = ''
    } elif (and (not $ended) (str:has-prefix $word -) (not-eq $word -)) {
      if (eq $word --) {
        set ended = $true
      } elif (has-key $values $place' '$word) {
        set option = $word
      }
    } elif (and (not $ended) (has-key $options $place' '$word)) {
      set place = $place' '$word
    } else {
      set seen = (+ $seen 1)
    }
  }
  fn pairs {|list|
    for pair $list {
      edit:complex-candidate $pair[0] &code-suffix=' ' &display=$pair[0]'  ('$pair[1]')'
    }
  }
  fn paths {|folders-only|
    edit:complete-filename $@words | each {|path|
      if (or (not $folders-only) (str:has-suffix $path[stem] /)) {
        put $path
      }
    }
  }
  fn value {|key before|
    if (has-key $values $key) {
      var kind @choices = (all $values[$key])
      if (eq $kind choice) {
        for choice $choices {
          edit:complex-candidate $before$choice &code-suffix=' '
        }
      } elif (str:has-prefix $kind start) {
        # No space behind a start: the value goes on.
        for choice $choices {
          if (not-eq $current $before$choice) {
            edit:complex-candidate $before$choice
          }
          if (and (eq $kind start-file) (str:has-prefix $current $before$choice)) {
            edit:complete-filename (str:trim-prefix $current $before$choice) | each {|path|
              edit:complex-candidate $before$choice$path[stem] &code-suffix=$path[code-suffix] &display=$path[display]
            }
          }
        }
      } elif (and (eq $before '') (not-eq $kind text)) {
        paths (eq $kind folder)
      }
    }
  }
  if (not-eq $option '') {
    value $place' '$option ''
  } elif (and (not $ended) (str:has-prefix $current --) (str:contains $current =)) {
    var flag = (str:split &max=2 = $current | take 1)
    value $place' '$flag $flag'='
  } elif (and (not $ended) (str:has-prefix $current -)) {
    pairs $options[$place]
  } elif (> (count $next[$place]) 0) {
    pairs $next[$place]
  } elif (has-key $values $place' '$seen) {
    value $place' '$seen ''
  } else {
    value $place' *' ''
  }
}
`;
}

/** Any text as one word of elvish. */
export function elvishWord(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function described(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map((pair) => `[${pair.map(elvishWord).join(" ")}]`).join(" ");
}

function optionPairs(place: Place): (readonly [string, string])[] {
  return place.options.flatMap(({ flags, description }) =>
    flags.map((flag) => [flag, description] as const),
  );
}

function valueLines(place: Place): string[] {
  const key = keyOf(place);
  const options = place.options.flatMap(({ flags, value }) =>
    value === undefined ? [] : flags.map((flag) => lineOf(`${key} ${flag}`, value)),
  );
  const values = argumentPatterns(place).map(({ from, open, value }) =>
    lineOf(`${key} ${open ? "*" : from}`, value),
  );
  return [...options, ...values];
}

function lineOf(key: string, { kind, choices }: ValueOutline): string {
  return `    &${elvishWord(key)}=[${[kind, ...choices].map(elvishWord).join(" ")}]`;
}
