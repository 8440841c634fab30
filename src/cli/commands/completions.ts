/** `etude completions`: arguments, options and help. */

export const completions = {
  summary: "print the script for Tab completion in a shell",
  details:
    "bash: `source <(etude completions bash)` in ~/.bashrc. elvish: `eval (etude completions elvish | slurp)` in rc.elv. fish: `etude completions fish > ~/.config/fish/completions/etude.fish`. powershell: `etude completions powershell | Out-String | Invoke-Expression` in $PROFILE. zsh: `source <(etude completions zsh)` in ~/.zshrc, after compinit.",
  arguments: [
    {
      name: "shell",
      value: "SHELL",
      description: "shell to complete for",
      choices: ["bash", "elvish", "fish", "powershell", "zsh"],
    },
  ],
  options: {},
  examples: ["etude completions bash", "etude completions zsh"],
  runsWithBrokenConfig: true,
} as const;
