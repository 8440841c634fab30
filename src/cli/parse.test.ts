import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { type CommandSpec, longFlag, type OptionSpec } from "../options/spec.ts";
import { type CommandName, commands } from "./commands.ts";
import { globalOptions } from "./global-options.ts";
import { parse } from "./parse.ts";

const names = Object.keys(commands) as CommandName[];
const settings = { version: "etude 0.0.0", columns: 80 };

/** Every option of every command, with the fewest words that make its command valid. */
const everyOption = names.flatMap((name) => {
  const spec: CommandSpec = commands[name];
  const places = spec.arguments
    .filter(({ optional }) => optional !== true)
    .map(({ value, choices }) => choices?.[0] ?? value);
  return Object.entries({ ...spec.options, ...globalOptions }).map(([key, option]) => ({
    words: [...name.split(" "), ...places],
    key,
    flag: longFlag(key, option),
    option: option as OptionSpec,
  }));
});

function command(words: readonly string[]): ReturnType<typeof parse> & { kind: "command" } {
  const request = parse(words, settings);
  if (request.kind !== "command") throw new Error(`"${words.join(" ")}" is no command`);
  return request;
}

function failure(words: readonly string[]): UserError {
  try {
    parse(words, settings);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`"${words.join(" ")}" was accepted`);
}

describe("parse()", () => {
  test.each(names.flatMap((name) => commands[name].examples.flatMap((line) => line.split(" | "))))(
    "accepts the example: %s",
    (line) => {
      const [program, ...words] = line.split(" ");
      expect(program).toBe("etude");
      expect(`${words.join(" ")} `).toContain(`${command(words).name} `);
    },
  );

  test.each(everyOption)("accepts what it says it accepts: $words.0 $flag", (row) => {
    const { words, key, flag, option } = row;
    const read = (text?: string): unknown => {
      const { values, globals } = command([...words, flag, ...(text === undefined ? [] : [text])]);
      // Where a command has an option of a global one's name, it is the command's.
      return key in values ? values[key] : globals[key as keyof typeof globals];
    };
    if (option.type === "flag") expect(read()).toBe(option.negated !== true);
    const one = (value: unknown): unknown =>
      "repeatable" in option && option.repeatable ? [value] : value;
    if (option.type === "choice") {
      for (const choice of option.choices) expect(read(choice)).toEqual(one(choice));
      for (const [alias, choice] of Object.entries(option.aliases ?? {})) {
        expect(read(alias)).toEqual(one(choice));
      }
      expect(failure([...words, flag, "nonsense"]).message).toContain(option.choices.join(", "));
    }
    if (option.type === "number" || option.type === "integer") {
      expect(read(String(option.min))).toBe(option.min);
      expect(read(String(option.max))).toBe(option.max);
      for (const wrong of [option.min - 1, option.max * 2, "", "x", "NaN", "Infinity", "0x10"]) {
        expect(failure([...words, flag, String(wrong)]).exitCode).toBe(2);
      }
    }
    if (option.type === "text" || option.type === "path") {
      expect(read("with space 🎻")).toEqual(one("with space 🎻"));
      expect(read("-dash")).toEqual(one("-dash"));
    }
    if (option.type === "duration") expect(read("90s")).toBe(90_000);
  });

  test.each([
    { text: "5s", ms: 5000 },
    { text: "2h10min", ms: 7_800_000 },
    { text: "1h 30m", ms: 5_400_000 },
    { text: "1d 12h", ms: 129_600_000 },
    { text: "1.5min", ms: 90_000 },
    { text: "250ms", ms: 250 },
    { text: "10 minutes", ms: 600_000 },
    { text: "2H", ms: 7_200_000 },
    { text: " 1 hour 5 sec ", ms: 3_605_000 },
  ])("reads the length of time $text", ({ text, ms }) => {
    expect(command(["simulate", "--exit-after-time", text]).values["exitAfterTime"]).toBe(ms);
  });

  test.each(["", "5", "s", "0s", "-5s", "5s 5s", "5 years", "1e3s", "5s!", "Infinity s"])(
    "refuses %j as a length of time",
    (text) => {
      expect(failure(["simulate", "--exit-after-time", text])).toMatchObject({ code: "usage" });
    },
  );

  test.each([
    ["90", 'Add a unit: "90s" or "90min".'],
    ["1,5h", "Write a decimal point, not a comma."],
    ["soon", 'For example "2h10min" or "90s".'],
  ])("says how to write the length of time %j", (text, hint) => {
    expect(failure(["simulate", "--exit-after-time", text])).toMatchObject({ hint });
  });

  test("says how far a number may go without many noughts, and where a sign is too much", () => {
    expect(failure(["simulate", "-s", "0.001"]).message).toBe(
      'Cannot use --speed-factor: found "0.001", need a number of at least 0.01',
    );
    expect(command(["simulate", "-s", "1e200"]).values["speedFactor"]).toBe(1e200);
    expect(failure(["simulate", "-s", "1e999"]).exitCode).toBe(2);
    expect(failure(["simulate", "-s=4"]).hint).toBe(
      'Leave the "=" out: it goes with the long name alone, "--speed-factor=4".',
    );
    expect(command(["simulate", "--seed", " 5 "]).values["seed"]).toBe(5);
  });

  test("gathers an option that is repeated, in order, and gives an empty list without", () => {
    const { values } = command(["simulate", "-m", "llm_training", "-m", "llm_pretraining"]);
    expect(values).toMatchObject({ modules: ["llm_training", "llm_pretraining"], incident: [] });
    expect(failure(["simulate", "-m", "llm_training", "-m", "x"]).message).toContain(
      "llm_training",
    );
  });

  test.each(everyOption.filter(({ option }) => option.type !== "flag" && "default" in option))(
    "gives the default of $words.0 $flag",
    ({ words, key, option }) => {
      expect(command(words).values[key]).toBe("default" in option ? option.default : undefined);
    },
  );

  test("reads global options before and after the command alike", () => {
    const globals = ["--device", "wasm", "--json", "-v", "--no-color", "--config", "c.toml"];
    const own = ["train", "sounds", "--epochs", "3", "--no-augment"];
    expect(parse([...globals, ...own], settings)).toEqual(parse([...own, ...globals], settings));
    expect(command([...own, ...globals])).toMatchObject({
      values: { folder: "sounds", epochs: 3, augment: false, preset: "auto" },
      globals: { device: "wasm", json: true, verbose: true, color: false, config: "c.toml" },
    });
  });

  test("gives a command its own option where a global one has the same name", () => {
    expect(command(["plan", "--config", "run.json", "--json"])).toMatchObject({
      values: { config: "run.json" },
      globals: { config: undefined, json: true },
    });
    const request = parse(["plan", "--help"], settings);
    expect(request.kind === "text" && request.text.match(/^ +--config/gm)).toHaveLength(1);
  });

  test("leaves out what is not given", () => {
    const { values, globals } = command(["train", "sounds"]);
    expect(values).toMatchObject({ folder: "sounds", augment: true, augmentNoise: false });
    expect([values["epochs"], values["minutes"], values["outputDir"]]).toEqual(
      Array(3).fill(undefined),
    );
    expect(globals).toEqual({ json: false, verbose: false, color: true });
  });

  test.each([
    { words: ["trian", "x"], says: "trian", hint: "train" },
    { words: ["frobnicate"], says: "need one of train, resume", hint: "etude --help" },
    { words: ["dataset", "frob"], says: "need one of dataset add, dataset list", hint: "--help" },
    { words: ["train", "x", "--epoch", "3"], says: "--epoch", hint: "--epochs" },
    { words: ["train", "x", "--preset", "agressive"], says: "conservative", hint: '"aggressive"' },
    { words: ["train", "x", "--lr", "0,001"], says: "1e-7 to 1", hint: "decimal point" },
    { words: ["train", "x", "--epochs", "2.5"], says: "a whole number", hint: "" },
    { words: ["train", "x", "--epochs"], says: "need --epochs N", hint: "train --help" },
    { words: ["corpus"], says: "FOLDER", hint: "etude corpus --help" },
    { words: ["train", ""], says: "FOLDER", hint: "FOLDER" },
    { words: ["train", "x", "y"], says: "2 arguments", hint: "train --help" },
    { words: ["--device", "cuda", "doctor"], says: "auto, cpu, wasm", hint: "" },
  ])("says what is wrong with $words, what is accepted, and what was meant", (one) => {
    const error = failure(one.words);
    expect(error).toMatchObject({ code: "usage", exitCode: 2 });
    expect(error.message).toContain(one.says);
    expect(error.hint).toContain(one.hint);
  });

  test.each([
    {
      words: ["plan", "--modle", "x"],
      message: 'Cannot use --modle: found an unknown option, need one that "etude plan" takes',
      hint: 'Did you mean --model? Say "etude plan --help" for what is accepted.',
    },
    {
      words: ["--jsn"],
      message: 'Cannot use --jsn: found an unknown option, need one that "etude" takes',
      hint: 'Did you mean --json? Say "etude --help" for what is accepted.',
    },
    {
      words: ["simulate", "--once=3"],
      message: 'Cannot use --once: found the value "3", need none',
      hint: 'Say "etude simulate --help" for what is accepted.',
    },
    {
      words: ["--json=3", "doctor"],
      message: 'Cannot use --json: found the value "3", need none',
      hint: 'Say "etude doctor --help" for what is accepted.',
    },
    {
      words: ["simulate", "--speed-factor"],
      message: "Cannot use --speed-factor: found no value, need --speed-factor F",
      hint: 'Say "etude simulate --help" for what is accepted.',
    },
    {
      words: ["replay"],
      message: 'Cannot run "etude replay": found no RUN, need one',
      hint: expect.stringMatching(/^Say "etude replay --help" .*; for example: etude replay \S/),
    },
    {
      words: ["plan", "x"],
      message: 'Cannot run "etude plan": found 1 argument, need none',
      hint: expect.stringMatching(/^Say "etude plan --help" .*; for example: etude plan --model/),
    },
    {
      words: ["train", "a", "b"],
      message: 'Cannot run "etude train": found 2 arguments, need at most 1',
      hint: expect.stringMatching(/^Say "etude train --help" .*; for example: etude train/),
    },
    {
      words: ["replya"],
      message: expect.stringMatching(/^Cannot run "etude replya": found no such command, need one/),
      hint: 'Did you mean replay? Say "etude --help" for what each of them does.',
    },
    {
      words: ["help", "frob"],
      message: expect.stringMatching(/^Cannot run "etude frob": found no such command, need one/),
      hint: 'Say "etude --help" for what each of them does.',
    },
    {
      words: ["dataset", "ad"],
      message: expect.stringMatching(/^Cannot run "etude dataset ad": found no such .*dataset add/),
      hint: 'Did you mean add? Say "etude --help" for what each of them does.',
    },
    {
      words: ["completions", "zhs"],
      message: 'Cannot use SHELL: found "zhs", need one of bash, elvish, fish, powershell, zsh',
      hint: 'Did you mean "zsh"?',
    },
    {
      words: ["train", ""],
      message: 'Cannot use FOLDER: found "", need a path',
      hint: expect.stringContaining("Give a FOLDER"),
    },
    {
      words: ["plan", "--model", ""],
      message: 'Cannot use --model: found "", need NAME',
      hint: "Give a NAME: model of the catalogue.",
    },
    {
      words: ["dataset", "add", "", "x"],
      message: 'Cannot use NAME: found "", need a name',
      hint: expect.stringContaining("Give a NAME"),
    },
    {
      words: ["train", "x", "--no-chance=3"],
      message: 'Cannot use --no-chance: found an unknown option, need one that "etude train" takes',
      hint: 'It is an option of "etude simulate". Say "etude train --help" for what is accepted.',
    },
    {
      words: ["simulate", "--exit-after", "3s"],
      message: expect.stringContaining("--exit-after: found an unknown option"),
      hint: expect.stringMatching(/^Did you mean --exit-after-time or --exit-after-modules\? Say/),
    },
    {
      words: ["simulate", "--speed", "3"],
      message: expect.stringContaining("--speed: found an unknown option"),
      hint: expect.stringMatching(/^Did you mean --speed-factor\?/),
    },
    {
      words: ["simulate", "-m", "llm_training,llm_finetuning"],
      message: expect.stringContaining('found "llm_training,llm_finetuning", need one of'),
      hint: "Give each of them alone: --modules llm_training --modules llm_finetuning",
    },
    {
      words: ["simulate", "-m=llm_training"],
      message: expect.stringContaining('found "=llm_training", need one of'),
      hint: expect.stringContaining('"--modules=llm_training"'),
    },
    {
      words: ["help", "plann"],
      message: expect.stringMatching(/^Cannot run "etude plann": found no such command/),
      hint: expect.stringMatching(/^Did you mean plan\?/),
    },
    {
      words: ["help", "dataset", "ad"],
      message: expect.stringMatching(/^Cannot run "etude dataset ad": found no such .*dataset add/),
      hint: expect.stringMatching(/^Did you mean add\?/),
    },
  ])("says it in one form: $words", ({ words, message, hint }) => {
    expect(failure(words)).toMatchObject({ code: "usage", exitCode: 2, message, hint });
  });

  test.each(names)("gives the help of %s, with its options and examples, for --help", (name) => {
    const words = name.split(" ");
    const request = parse([...words, "--help"], settings);
    if (request.kind !== "text") throw new Error("no help text");
    const spec: CommandSpec = commands[name];
    for (const [key, option] of Object.entries({ ...spec.options, ...globalOptions })) {
      expect(request.text).toContain(longFlag(key, option));
    }
    for (const line of spec.examples) expect(request.text).toContain(line);
    expect(request.text).toEqual(expect.stringContaining(`Usage: etude ${name}`));
    expect(parse(["help", ...words], settings)).toEqual(request);
  });

  test("explains everything, a group or the command alone, as is asked", () => {
    const all = parse(["--help"], settings);
    expect(parse(["help", "help"], settings)).toEqual(all);
    expect(parse(["help", "dataset"], settings)).toEqual(parse(["dataset", "--help"], settings));
    expect(parse(["help", "plan", "--json"], settings)).toEqual(parse(["plan", "-h"], settings));
  });

  test("gives the version, and the list of commands when there is none", () => {
    expect(parse(["--version"], settings)).toEqual({ kind: "text", text: "etude 0.0.0\n" });
    const { kind, ...rest } = parse([], settings);
    expect(kind).toBe("no-command");
    for (const [first] of names.map((name) => name.split(" "))) {
      expect(rest).toEqual({ text: expect.stringContaining(`  ${first} `) });
    }
  });
});
