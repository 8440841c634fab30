/**
 * Completions for bash, 3.2 and later.
 *
 * Paths are completed by bash itself, which handles quotes, spaces and "~": the function returns
 * nothing and sets bash's fallback. bash 3.2 has no `compopt` and offers files for everything.
 */

import type { Place, ValueOutline } from "../outline.ts";
import { argumentPatterns, keyOf, placesWithValues } from "./keys.ts";

export function bashCompletions(places: readonly Place[]): string {
  return `# Completions of étude for bash. To use them, put this line into ~/.bashrc:
#     source <(etude completions bash)

# What can come at a place: "" for the program, " train" for a command.
_etude_place() {
    case $1 in
${places.map(placeCase).join("\n")}
    *) return 1 ;;
    esac
}

# What can come as the value of an option, or as an argument by its position.
_etude_value() {
    case "$1 $2" in
${placesWithValues(places).map(valueCase).join("\n")}
    *) return 1 ;;
    esac
}

_etude() {
    local line=$COMP_LINE raw=\${COMP_WORDS[COMP_CWORD]} words=() word i
    # bash also cuts at "=", ":" and "@"; what no space separates is one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        if ((i > 0)) && [[ $line != [[:space:]]* ]]; then
            words[\${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=\${line#"\${line%%[![:space:]]*}"}
        line=\${line#"$word"}
    done
    local last=$((\${#words[@]} - 1)) place= seen=0 option= ended=
    local next options kind=text candidates=() candidate
    _etude_place ''
    for ((i = 1; i < last; i++)); do
        word=\${words[i]}
        if [[ -n $option ]]; then
            option=
        elif [[ -n $ended || $word != -?* ]]; then
            if [[ -z $ended ]] && _etude_place "$place $word"; then
                place+=" $word"
            else
                seen=$((seen + 1))
            fi
        elif [[ $word == -- ]]; then
            ended=1
        elif _etude_value "$place" "$word"; then
            option=$word
        fi
    done
    local current=\${words[last]}
    if [[ -z $option && -z $ended && $current == --*=* ]]; then
        option=\${current%%=*}
        current=\${current#*=}
    fi
    kind=text candidates=()
    if [[ -n $option ]]; then
        _etude_value "$place" "$option"
    elif [[ -z $ended && $current == -* ]]; then
        candidates=("\${options[@]}")
    elif ((\${#next[@]} > 0)); then
        candidates=("\${next[@]}")
    else
        _etude_value "$place" "$seen"
    fi
    COMPREPLY=()
    if [[ $kind == start-file ]]; then
        kind=start
        for candidate in "\${candidates[@]}"; do
            [[ $current == "$candidate"* ]] && kind=file
        done
    fi
    case $kind in
    file) return ;;
    start) compopt +o default +o bashdefault -o nospace 2>/dev/null ;;
    folder) compopt +o default +o bashdefault -o dirnames 2>/dev/null ;;
    *) compopt +o default +o bashdefault 2>/dev/null ;;
    esac
    # Readline replaces only what stands behind the last cut.
    [[ $raw == [=:@] ]] && raw=
    local skip=$((\${#current} - \${#raw}))
    ((skip < 0)) && skip=0
    for candidate in "\${candidates[@]}"; do
        # A start that is there already leaves nothing to add.
        if [[ $candidate == "$current"* && ( $kind != start || $candidate != "$current" ) ]]; then
            candidate=\${candidate:skip}
            COMPREPLY+=("$(printf '%q' "$candidate")")
        fi
    done
}

complete -o bashdefault -o default -F _etude etude
`;
}

/** Any text as one word of bash, and of every shell of that family. */
export function bashWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function placeCase(place: Place): string {
  const next = place.next.map(({ word }) => bashWord(word));
  const options = place.options.flatMap(({ flags }) => flags.map(bashWord));
  return `    ${bashWord(keyOf(place))})
        next=(${next.join(" ")})
        options=(${options.join(" ")})
        ;;`;
}

function valueCase(place: Place): string {
  const key = keyOf(place);
  const options = place.options.map(({ flags, value }) => {
    if (value === undefined) return "";
    const patterns = flags.map((flag) => bashWord(`${key} ${flag}`));
    return caseOf(patterns, value);
  });
  const values = argumentPatterns(place).map(({ from, open, value }) =>
    caseOf([`${bashWord(`${key} `)}${open ? "[0-9]*" : String(from)}`], value),
  );
  return [...options, ...values].filter((text) => text !== "").join("\n");
}

function caseOf(patterns: readonly string[], { kind, choices }: ValueOutline): string {
  const candidates = choices.length === 0 ? "" : ` candidates=(${choices.map(bashWord).join(" ")})`;
  return `    ${patterns.join(" | ")}) kind=${kind}${candidates} ;;`;
}
