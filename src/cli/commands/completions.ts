/** `etude completions`: its words. */

export const completions = {
  summary: "print what makes the shell complete étude's words with Tab",
  details:
    "bash: `source <(etude completions bash)` in ~/.bashrc. elvish: `eval (etude completions elvish | slurp)` in rc.elv. fish: `etude completions fish > ~/.config/fish/completions/etude.fish`. powershell: `etude completions powershell | Out-String | Invoke-Expression` in $PROFILE. zsh: `source <(etude completions zsh)` in ~/.zshrc, after compinit.",
  arguments: [
    {
      name: "shell",
      value: "SHELL",
      description: "shell to complete in",
      choices: ["bash", "elvish", "fish", "powershell", "zsh"],
    },
  ],
  options: {},
  examples: ["etude completions bash", "etude completions zsh"],
  runsWithBrokenConfig: true,
} as const;
