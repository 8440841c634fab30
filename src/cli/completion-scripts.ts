/**
 * The scripts that shells load for Tab completion. Each asks `etude __complete` (complete.ts) and
 * shows the answer; paths are completed by the shell itself, which knows quotes, spaces and "~".
 *
 * `etude __complete =CURRENT WORD...`: the word to complete stands first, behind a sign, as some
 * shells drop empty arguments.
 */

const bash = `# Completions of étude for bash. To use them, put this line into ~/.bashrc:
#     source <(etude completions bash)

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
    local last=$((\${#words[@]} - 1))
    local current=\${words[last]} paths= end= start= about offers=()
    {
        IFS=$'\\t' read -r paths end start
        while IFS=$'\\t' read -r word about; do offers+=("$word"); done
    } < <("\${words[0]}" __complete "=$current" "\${words[@]:1:last - 1}" 2>/dev/null)
    # Readline replaces only what stands behind the last cut.
    [[ $raw == [=:@] ]] && raw=
    local skip=$((\${#current} - \${#raw}))
    COMPREPLY=()
    if ((\${#offers[@]} == 0)); then
        # bash 3.2 has no compopt, and offers files for everything.
        [[ $paths == files ]] || compopt +o default +o bashdefault 2>/dev/null
        [[ $paths == folders ]] && compopt -o dirnames 2>/dev/null
        return
    fi
    [[ $end == open ]] && compopt -o nospace 2>/dev/null
    if [[ $paths == none ]]; then
        for word in "\${offers[@]}"; do COMPREPLY+=("$(printf '%q' "\${word:skip}")"); done
    else
        # Readline quotes these.
        compopt -o filenames 2>/dev/null
        for word in "\${offers[@]}"; do COMPREPLY+=("\${word:skip}"); done
        local kind=-f
        [[ $paths == folders ]] && kind=-d
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$kind" -- "$raw")
    fi
}

complete -o bashdefault -o default -F _etude etude
`;

const zsh = `#compdef etude
# Completions of étude for zsh. To use them, put this line into ~/.zshrc, after compinit:
#     source <(etude completions zsh)

_etude() {
    local line word about
    local -a answer facts offers no_space
    answer=("\${(@f)$("\${(Q)words[1]}" __complete "=\${(Q)PREFIX}" "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
    facts=("\${(@ps:\\t:)answer[1]}")
    for line in "\${(@)answer[2,-1]}"; do
        word=\${line%%$'\\t'*}
        about=\${line#*$'\\t'}
        offers+=("\${\${word//\\\\/\\\\\\\\}//:/\\\\:}\${about:+:$about}")
    done
    [[ $facts[2] == open ]] && no_space=(-S '')
    (($#offers)) && _describe -t values value offers $no_space
    [[ $facts[1] == none ]] && return
    [[ -n $facts[3] ]] && compset -P "\${(b)facts[3]}"
    if [[ $facts[1] == folders ]]; then _files -/; else _files; fi
}

if [[ $funcstack[1] == _etude ]]; then
    _etude "$@"
else
    compdef _etude etude
fi
`;

const fish = `# Completions of étude for fish. To use them:
#     etude completions fish > ~/.config/fish/completions/etude.fish

function __etude_offers
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l command $words[1]
    set -e words[1]
    set -l answer ($command __complete "=$current" $words 2>/dev/null)
    set -l facts (string split \\t -- $answer[1])
    set -e answer[1]
    printf '%s\\n' $answer
    set -l path (string sub -s (math 1 + (string length -- "$facts[3]")) -- "$current")
    switch "$facts[1]"
        case files
            for file in (__fish_complete_path "$path")
                echo "$facts[3]$file"
            end
        case folders
            for folder in (__fish_complete_directories "$path")
                echo "$facts[3]$folder"
            end
    end
end

# fish adds no space behind ":", "@" and "=".
complete -c etude -f -a '(__etude_offers)'
`;

const powershell = `# Completions of étude for PowerShell. To use them, put this line into $PROFILE:
#     etude completions powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'etude' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $command, $given = $words
    $facts, $offers = @(& $command __complete "=$wordToComplete" @given 2>$null)
    $paths, $end, $start = "$facts" -split "\`t"
    foreach ($offer in $offers) {
        $text, $about = $offer -split "\`t"
        if ([string]::IsNullOrEmpty($about)) { $about = $text }
        $written = $text
        if ($written -notmatch '^[\\w=./-][\\w=./:@-]*$') { $written = "'" + $written.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($written, $text, 'ParameterValue', $about)
    }
    # Where nothing is offered, PowerShell offers files itself.
    if ($paths -eq 'folders' -and -not $start) {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete) |
            Where-Object { $_.ResultType -eq 'ProviderContainer' }
    }
}
`;

const elvish = `# Completions of étude for elvish. To use them, put this line into rc.elv:
#     eval (etude completions elvish | slurp)

use str

set edit:completion:arg-completer[etude] = {|@words|
  var facts @offers = ((external $words[0]) __complete '='$words[-1] (all $words[1..-1]) 2>/dev/null)
  var paths end start = (str:split "\\t" $facts)
  var space = (if (eq $end open) { put '' } else { put ' ' })
  for offer $offers {
    var word about = (str:split "\\t" $offer)
    if (eq $about '') {
      edit:complex-candidate $word &code-suffix=$space
    } else {
      edit:complex-candidate $word &code-suffix=$space &display=$word'  ('$about')'
    }
  }
  if (not-eq $paths none) {
    edit:complete-filename (str:trim-prefix $words[-1] $start) | each {|path|
      if (or (eq $paths files) (str:has-suffix $path[stem] /)) {
        edit:complex-candidate $start$path[stem] &code-suffix=$path[code-suffix] &display=$path[display]
      }
    }
  }
}
`;

type Shell = "bash" | "elvish" | "fish" | "powershell" | "zsh";

export const completionScripts: { readonly [S in Shell]: string } = {
  bash,
  elvish,
  fish,
  powershell,
  zsh,
};
