/**
 * Completions for PowerShell, 5.1 and later.
 *
 * Where the script offers nothing, PowerShell offers files itself.
 */

import type { Place, ValueOutline } from "../outline.ts";
import { argumentPatterns, keyOf } from "./keys.ts";

export function powershellCompletions(places: readonly Place[]): string {
  return `# Completions of étude for PowerShell. To use them, put this line into $PROFILE:
#     etude completions powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'etude' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # By place, "" for the program and " train" for a command. Upper and lower case differ.
    $next = New-Object System.Collections.Hashtable ([StringComparer]::Ordinal)
    $options = New-Object System.Collections.Hashtable ([StringComparer]::Ordinal)
    # By place and option, or place and position: the kind of value, and the choices.
    $values = New-Object System.Collections.Hashtable ([StringComparer]::Ordinal)
${places.flatMap(placeLines).join("\n")}

    $place = ''
    $seen = 0
    $option = ''
    $ended = $false
    $elements = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    foreach ($element in $elements) {
        $word = $element.Extent.Text
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $word = $element.Value
        }
        if ($option -ne '') {
            $option = ''
        } elseif (-not $ended -and $word.StartsWith('-') -and $word -ne '-') {
            if ($word -eq '--') {
                $ended = $true
            } elseif ($values.ContainsKey("$place $word")) {
                $option = $word
            }
        } elseif (-not $ended -and $options.ContainsKey("$place $word")) {
            $place = "$place $word"
        } else {
            $seen += 1
        }
    }

    $current = $wordToComplete
    $before = ''
    if ($option -eq '' -and -not $ended -and $current -match '^(--[^=]+)=(.*)$') {
        $option = $Matches[1]
        $before = "$option="
        $current = $Matches[2]
    }
    $candidates = @()
    $key = ''
    if ($option -ne '') {
        $key = "$place $option"
    } elseif (-not $ended -and $current.StartsWith('-')) {
        $candidates = $options[$place]
    } elseif ($next[$place].Count -gt 0) {
        $candidates = $next[$place]
    } elseif ($values.ContainsKey("$place $seen")) {
        $key = "$place $seen"
    } else {
        $key = "$place *"
    }
    if ($key -ne '' -and $values.ContainsKey($key)) {
        $kind, $choices = $values[$key]
        if ($kind -eq 'folder' -and $before -eq '') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($current) |
                Where-Object { $_.ResultType -eq 'ProviderContainer' }
        }
        $candidates = @($choices | Where-Object { $null -ne $_ } | ForEach-Object { , @($_, $_) })
    }
    foreach ($candidate in $candidates) {
        $text, $description = $candidate
        if ([string]::IsNullOrEmpty($description)) {
            $description = $text
        }
        if ($text.StartsWith($current, [StringComparison]::Ordinal)) {
            $completion = "$before$text"
            if ($completion -notmatch '^[\\w=./-][\\w=./:@-]*$') {
                $completion = "'" + $completion.Replace("'", "''") + "'"
            }
            [System.Management.Automation.CompletionResult]::new(
                $completion, $text, 'ParameterValue', $description)
        }
    }
}
`;
}

/** Any text as one word of PowerShell, which also accepts typographic quotes as quotes. */
export function powershellWord(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
}

function placeLines(place: Place): string[] {
  const key = keyOf(place);
  const options = place.options.flatMap(({ flags, description }) =>
    flags.map((flag) => [flag, description]),
  );
  const valued = place.options.flatMap(({ flags, value }) =>
    value === undefined ? [] : flags.map((flag) => valueLine(`${key} ${flag}`, value)),
  );
  const values = argumentPatterns(place).map(({ from, open, value }) =>
    valueLine(`${key} ${open ? "*" : from}`, value),
  );
  return [
    tableLine(
      "next",
      key,
      place.next.map(({ word, summary }) => [word, summary]),
    ),
    tableLine("options", key, options),
    ...valued,
    ...values,
  ];
}

/** "$next[' train'] = @( , @('word', 'what it means')". The comma keeps a list of one a list. */
function tableLine(name: string, key: string, pairs: readonly (readonly string[])[]): string {
  const rows = pairs.map((pair) => `@(${pair.map(powershellWord).join(", ")})`);
  const list = rows.length === 1 ? `, ${rows[0]}` : rows.join(", ");
  return `    $${name}[${powershellWord(key)}] = @(${list})`;
}

function valueLine(key: string, { kind, choices }: ValueOutline): string {
  return `    $values[${powershellWord(key)}] = @(${[kind, ...choices].map(powershellWord).join(", ")})`;
}
