import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outlineOf, type Place, type ProgramTable, programTable } from "../outline.ts";
import { suggestionWords } from "../suggestions.ts";
import { bashCompletions, bashWord } from "./bash.ts";
import { elvishCompletions, elvishWord } from "./elvish.ts";
import { fishCompletions, fishWord } from "./fish.ts";
import { powershellCompletions, powershellWord } from "./powershell.ts";
import { zshCompletions } from "./zsh.ts";

const places = outlineOf(programTable, suggestionWords);

const shells = {
  bash: bashCompletions,
  elvish: elvishCompletions,
  fish: fishCompletions,
  powershell: powershellCompletions,
  zsh: zshCompletions,
} as const;

type Shell = keyof typeof shells;

const shellNames = Object.keys(shells) as Shell[];

/** Text that looks like something to every shell. */
const TRAPS =
  'it\'s \\ a [b]racket: `tick` $HOME $(exit) "q" {c} *?~ 100% | ; & # ! ’curly’ \\] =z';

const trapTable: ProgramTable = {
  summary: TRAPS,
  groups: { group: TRAPS },
  globalOptions: { global: { type: "flag", description: TRAPS } },
  commands: {
    pick: {
      summary: TRAPS,
      arguments: [
        {
          name: "one",
          value: "O:NE]",
          description: TRAPS,
          choices: ["x y", "it's", "$HOME", "a:b", "`exit`", "p\\q"],
        },
      ],
      options: {
        some: {
          type: "choice",
          value: "S",
          choices: ["k=v", "x y"],
          description: TRAPS,
          short: "s",
        },
        begin: {
          type: "text",
          value: "B",
          description: TRAPS,
          suggestions: { from: "models", joint: ":" },
        },
      },
      examples: [],
    },
    "group member": { summary: TRAPS, arguments: [], options: {}, examples: [] },
  },
};

describe.each(shellNames)("the script for %s", (shell) => {
  const script = shells[shell](places);

  test.each(places.map((place) => ({ name: ["etude", ...place.words].join(" "), place })))(
    "has every option and every next word of $name",
    ({ place }) => {
      for (const { flags, value } of place.options) {
        for (const flag of flags) expect(script).toContain(writtenFlag(shell, flag));
        for (const choice of value?.choices ?? []) expect(script).toContain(choice);
      }
      for (const { word } of place.next) expect(script).toContain(word);
    },
  );

  test("is the same each time, and is one text with an end", () => {
    expect(shells[shell](outlineOf(programTable, suggestionWords))).toBe(script);
    expect(script.endsWith("\n")).toBe(true);
    expect(script).not.toContain("undefined");
  });
});

/** fish has the names of options without their dashes. */
function writtenFlag(shell: Shell, flag: string): string {
  if (shell !== "fish") return flag;
  return flag.startsWith("--") ? `-l ${fishWord(flag.slice(2))}` : `-s ${fishWord(flag.slice(1))}`;
}

describe("quoting", () => {
  const anyText = fc.string({ unit: "grapheme", maxLength: 40 });
  const trapText = fc.string({
    unit: fc.constantFrom(..."'\\$`\"[](){}:;&|<>!#*?~=@% \n\tab‘’‚‛é"),
    maxLength: 30,
  });
  const text = fc.oneof(anyText, trapText);

  test("for bash is read back by bash itself", () => {
    const texts = fc.sample(text, { numRuns: 300, seed: 1 }).filter((one) => !one.includes("\0"));
    const { stdout } = bash(`printf '%s\\0' ${texts.map(bashWord).join(" ")}`);
    expect(stdout.split("\0").slice(0, -1)).toEqual(texts);
  });

  test.each([
    { shell: "fish", word: fishWord, inside: /^(?:\\[\\']|[^\\'])*$/, read: /\\([\\'])/g },
    { shell: "elvish", word: elvishWord, inside: /^(?:''|[^'])*$/, read: /'(')/g },
    {
      shell: "powershell",
      word: powershellWord,
      inside: /^(?:['‘’‚‛]{2}|[^'‘’‚‛])*$/,
      read: /['‘’‚‛](['‘’‚‛])/g,
    },
  ])("for $shell is one word, and reads back as the text", ({ word, inside, read }) => {
    fc.assert(
      fc.property(text, (one) => {
        const quoted = word(one);
        expect([quoted.at(0), quoted.at(-1)]).toEqual(["'", "'"]);
        expect(quoted.slice(1, -1)).toMatch(inside);
        expect(quoted.slice(1, -1).replace(read, "$1")).toBe(one);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("keeps zsh's own signs out of a description", () => {
    const script = zshCompletions(outlineOf(trapTable));
    expect(script).toContain("[it'\\''s \\\\ a \\[b\\]racket: `tick` $HOME");
    expect(script).toContain("'pick:it'\\''s \\\\ a [b]racket\\: `tick` $HOME");
  });
});

describe("in bash", () => {
  test.each([
    { line: "etude tr", offers: ["train"] },
    { line: "etude --json do", offers: ["doctor"] },
    { line: "etude --config x.toml do", offers: ["doctor"] },
    { line: "etude --config=x.toml do", offers: ["doctor"] },
    { line: "etude train --pres", offers: ["--preset"] },
    { line: "etude train sounds --no-", offers: ["--no-analysis", "--no-augment", "--no-color"] },
    { line: "etude train --preset ", offers: ["auto", "conservative", "balanced", "aggressive"] },
    { line: "etude train --preset a", offers: ["auto", "aggressive"] },
    { line: "etude train --preset=", offers: ["auto", "conservative", "balanced", "aggressive"] },
    { line: "etude train --preset=b", offers: ["balanced"] },
    { line: "etude train -o train --pres", offers: ["--preset"] },
    { line: "etude --device w", offers: ["wasm"] },
    { line: "etude train --device w", offers: ["wasm"] },
    { line: "etude simulate -m llm_t", offers: ["llm_training"] },
    { line: "etude simulate --gpus H100:8 --funn", offers: ["--funny"] },
    { line: "etude simulate --incident nan@50 --funn", offers: ["--funny"] },
    { line: "etude completions el", offers: ["elvish"] },
    { line: "etude completions bash z", offers: [] },
    { line: "etude help dem", offers: ["demo"] },
    { line: "etude dataset ", offers: ["add", "list", "info", "remove"] },
    { line: "etude --json dataset rem", offers: ["remove"] },
    { line: "etude dataset remove ", offers: [], falls: "nothing" },
    { line: "etude dataset add rain ", offers: [], falls: "files" },
    { line: "etude dataset add rain one two thr", offers: [], falls: "files" },
    { line: "etude dataset add rain one --js", offers: ["--json"] },
    { line: "etude train -- --pres", offers: [], falls: "-o dirnames" },
    { line: "etude train --seed ", offers: [], falls: "nothing" },
    { line: "etude train ", offers: [], falls: "-o dirnames" },
    { line: "etude train --output-dir ", offers: [], falls: "-o dirnames" },
    { line: "etude train -o so", offers: [], falls: "-o dirnames" },
    { line: "etude evaluate mod", offers: [], falls: "files" },
    { line: "etude evaluate model so", offers: [], falls: "-o dirnames" },
    { line: "etude plan --config ", offers: [], falls: "files" },
    { line: "etude plan --model Mixtral-8x2", offers: ["Mixtral-8x22B"], falls: "nothing" },
    { line: "etude simulate --model Ban", offers: [] },
    { line: "etude plan --gpus H200", offers: ["H200:"], falls: "no space" },
    { line: "etude simulate --gpus=H20", offers: ["H20:", "H200:"], falls: "no space" },
    { line: "etude plan --gpus H200:", offers: [], falls: "no space" },
    { line: "etude plan --gpus H200:8", offers: [], falls: "no space" },
    { line: "etude simulate --incident nccl", offers: ["nccl-hang@"], falls: "no space" },
    { line: "etude simulate --incident nccl-hang@", offers: [], falls: "no space" },
    { line: "etude simulate --export c", offers: ["csv="], falls: "no space" },
    { line: "etude train sounds --export=c", offers: ["csv="], falls: "no space" },
    { line: "etude simulate --export csv=", offers: [], falls: "files" },
    { line: "etude simulate --export=csv=ru", offers: [], falls: "files" },
    { line: "etude simulate --export csv=run.csv --funn", offers: ["--funny"] },
  ])("Tab behind '$line' offers $offers $falls", ({ line, offers, falls }) => {
    const found = pressTab(bashCompletions(places), line);
    expect(found.offers.toSorted()).toEqual(offers.toSorted());
    if (falls !== undefined) expect(found.falls).toBe(falls);
  });

  test("every option of every command is offered where it is", () => {
    const script = bashCompletions(places);
    const lines = places.map(({ words }) => ["etude", ...words, "-"].join(" "));
    const found = pressTabs(script, lines);
    expect(found.map(({ offers }) => offers)).toEqual(
      places.map(({ options }) => options.flatMap(({ flags }) => flags)),
    );
  });

  test("words that look like something are offered as they must be typed", () => {
    const models = ["x y", "it's", "$HOME"];
    const script = bashCompletions(outlineOf(trapTable, { models }));
    const typed = (line: string): string[] =>
      pressTab(script, line).offers.flatMap((word) => wordsReadBy(word));
    expect(typed("etude pick ")).toEqual(["x y", "it's", "$HOME", "a:b", "`exit`", "p\\q"]);
    expect(typed("etude pick --some ")).toEqual(["k=v", "x y"]);
    // Behind "=", bash replaces only what follows it.
    expect(typed("etude pick --some=k=")).toEqual(["v"]);
    expect(typed("etude pick a:")).toEqual(["b"]);
    expect(typed("etude pick --begin ")).toEqual(["x y:", "it's:", "$HOME:"]);
    expect(typed("etude group ")).toEqual(["member"]);
  });
});

describe("the outline", () => {
  test("lets an option of a command hide the global one of its name", () => {
    const plan = places.find(({ words }) => words[0] === "plan") as Place;
    const configs = plan.options.filter(({ flags }) => flags.includes("--config"));
    expect(configs.map(({ description }) => description)).toEqual([
      "description of the run in JSON",
    ]);
  });

  test("has a group before its members", () => {
    const words = outlineOf(trapTable).map((place) => place.words.join(" "));
    expect(words).toEqual(["", "pick", "group", "group member", "help"]);
  });

  test("takes any text where nobody has the words that an option suggests", () => {
    const kindsOf = (made: readonly Place[]) =>
      made
        .find(({ words }) => words[0] === "simulate")
        ?.options.filter(({ flags }) => ["--model", "--gpus", "--export"].includes(flags[0] ?? ""))
        .map(({ value }) => value?.kind);
    expect(kindsOf(outlineOf(programTable))).toEqual(["text", "text", "text"]);
    expect(kindsOf(places)).toEqual(["choice", "start", "start-file"]);
  });

  test("offers folders where a folder is asked for, and files elsewhere", () => {
    const kinds = (name: string): string[] =>
      (places.find(({ words }) => words.join(" ") === name)?.arguments ?? []).map(
        ({ kind }) => kind,
      );
    expect(kinds("evaluate")).toEqual(["file", "folder"]);
    expect(kinds("resume")).toEqual(["folder"]);
    expect(kinds("completions")).toEqual(["choice"]);
  });
});

interface Found {
  readonly offers: readonly string[];
  /** What bash falls back on where nothing is offered. */
  readonly falls: string;
}

function pressTab(script: string, line: string): Found {
  const [found] = pressTabs(script, [line]);
  if (found === undefined) throw new Error("bash said nothing");
  return found;
}

/** What the script makes of each line with the cursor at its end. */
function pressTabs(script: string, lines: readonly string[]): Found[] {
  const presses = lines.map((line) => {
    const words = wordsAsBashCuts(line);
    return `COMP_LINE=${bashWord(line)} COMP_POINT=${line.length} COMP_CWORD=${words.length - 1}
COMP_WORDS=(${words.map(bashWord).join(" ")}) COMPREPLY=() falls=files
_etude
printf '%s\\0' "$falls" "\${COMPREPLY[@]}"; printf '\\0'`;
  });
  // Outside of a completion there is nothing that compopt could set.
  const told = `compopt() {
    falls=nothing
    [[ $* == *"-o dirnames" ]] && falls="-o dirnames"
    [[ $* == *"-o nospace" ]] && falls="no space"
  }`;
  const { stdout } = bash([script, told, ...presses].join("\n"));
  return stdout
    .split("\0\0")
    .slice(0, -1)
    .map((text) => {
      const [falls = "", ...offers] = text.split("\0");
      return { falls, offers: offers.filter((offer) => offer !== "") };
    });
}

/** As readline does with the usual COMP_WORDBREAKS: "=", ":" and "@" stand alone. */
function wordsAsBashCuts(line: string): string[] {
  const words = line.match(/[=:@]+|[^\s=:@]+/g) ?? [];
  return /\s$/.test(line) ? [...words, ""] : words;
}

function wordsReadBy(words: string): string[] {
  return bash(`printf '%s\\0' ${words}`).stdout.split("\0").slice(0, -1);
}

function bash(script: string): { readonly stdout: string } {
  const { stdout, stderr, status } = spawnSync("bash", ["--noprofile", "--norc"], {
    input: script,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return { stdout };
}
