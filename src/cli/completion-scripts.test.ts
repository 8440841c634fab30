/** The scripts in real shells; étude's answer is given, and what it is asked is looked at. */

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { completionScripts } from "./completion-scripts.ts";

interface Pressed {
  /** The words that étude is asked with. */
  readonly asked: readonly string[];
  readonly offers: readonly string[];
  /** What bash does beside them. */
  readonly means: readonly string[];
}

/** Presses Tab at the end of a line in bash. */
function pressTab(line: string, answer: string): Pressed {
  const words = wordsAsBashCuts(line);
  const script = `${completionScripts.bash}
etude() { printf '%s\\0' "$@" >&3; printf '%s' ${bashWord(answer)}; }
# Outside of a completion there is nothing that compopt could set.
compopt() { means+=("$*"); }
COMP_LINE=${bashWord(line)} COMP_CWORD=${words.length - 1}
COMP_WORDS=(${words.map(bashWord).join(" ")}) COMPREPLY=() means=()
exec 3>&1
_etude
printf '\\0'; printf '%s\\0' "\${COMPREPLY[@]}"; printf '\\0'; printf '%s\\0' "\${means[@]}"`;
  const [asked = [], offers = [], means = []] = shell("bash", ["--noprofile", "--norc"], script)
    .split("\0\0")
    .map((part) => part.split("\0").filter((word) => word !== ""));
  return { asked: asked.slice(1), offers, means };
}

/** As readline does with the usual COMP_WORDBREAKS: "=", ":" and "@" stand alone. */
function wordsAsBashCuts(line: string): string[] {
  const words = line.match(/[=:@]+|[^\s=:@]+/g) ?? [];
  return /\s$/.test(line) ? [...words, ""] : words;
}

function bashWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function shell(name: string, options: readonly string[], script = ""): string {
  const { stdout, stderr, status } = spawnSync(name, options, {
    input: script,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", LC_ALL: "C.UTF-8" },
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

const has = (name: string): boolean => spawnSync(name, ["--version"]).status === 0;

const none = ["+o default +o bashdefault"];

test.each([
  {
    line: "etude train --pre",
    answer: "none\twhole\t\n--preset\twhat it is\n--preview-every\tit too\n",
    pressed: { asked: ["=--pre", "train"], offers: ["--preset", "--preview-every"], means: none },
  },
  {
    line: "etude train --preset=b",
    answer: "none\twhole\t--preset=\n--preset=balanced\t\n",
    pressed: { asked: ["=--preset=b", "train"], offers: ["balanced"], means: none },
  },
  {
    line: "etude plan --gpus H200:",
    answer: "none\topen\t\n",
    pressed: { asked: ["=H200:", "plan", "--gpus"], offers: [], means: none },
  },
  {
    line: "etude simulate --gpus H20",
    answer: "none\topen\t\nH20:\t\nH200:\t\n",
    pressed: {
      asked: ["=H20", "simulate", "--gpus"],
      offers: ["H20:", "H200:"],
      means: ["-o nospace"],
    },
  },
  {
    line: "etude train ",
    answer: "folders\twhole\t\n",
    pressed: { asked: ["=", "train"], offers: [], means: [...none, "-o dirnames"] },
  },
  {
    line: "etude evaluate mod",
    answer: "files\twhole\t\n",
    pressed: { asked: ["=mod", "evaluate"], offers: [], means: [] },
  },
  {
    line: "etude generate pack",
    answer: "files\twhole\t\npacked bells\t\n",
    pressed: {
      asked: ["=pack", "generate"],
      offers: ["packed bells", "package.json", "package-lock.json"],
      means: ["-o filenames"],
    },
  },
  {
    line: "etude model info ",
    answer: "none\twhole\t\nit's $HOME\t\n",
    pressed: { asked: ["=", "model", "info"], offers: ["it\\'s\\ \\$HOME"], means: none },
  },
])("Tab behind '$line' in bash", ({ line, answer, pressed }) => {
  const found = pressTab(line, answer);
  expect(found.asked).toEqual(pressed.asked);
  expect(found.offers.toSorted()).toEqual(pressed.offers.toSorted());
  // Where something is offered, what stays set does no harm.
  if (found.offers.length === 0 || pressed.means !== none)
    expect(found.means).toEqual(pressed.means);
});

test.skipIf(!has("fish"))("Tab in fish", () => {
  // étude offers what it is asked with.
  const script = `${completionScripts.fish}
function etude; echo -e 'none\twhole\t'; printf '%s\tabout it\n' $argv; end
complete -C 'etude train --preset '; complete -C 'etude tr'`;
  const offers = shell("fish", ["--no-config", "-c", script]).split("\n").slice(0, -1);
  const words = ["=", "train", "--preset", "=tr"].map((word) => `${word}\tabout it`);
  expect(offers).toEqual(expect.arrayContaining(words));
});

test.skipIf(!has("zsh"))("the script for zsh is read without an error", () => {
  expect(shell("zsh", ["-f", "-n"], completionScripts.zsh)).toBe("");
});
