import { describe, expect, test } from "vitest";
import { complete, completionText, type SuggestionSource } from "./complete.ts";
import { outlineOf, programTable } from "./outline.ts";

/** Of every list something; presets are those of the model that is named. */
const source: SuggestionSource = async (list, { MODEL = "no model" }) => {
  if (list === "gpus") return ["H20", "H200"];
  if (list === "library-presets") return [`of ${MODEL}`];
  if (list === "datasets") return ["@rain"];
  return list === "export-formats" ? ["csv", "jsonl"] : [`one of ${list}`];
};

function completed(line: string) {
  return complete(line.split(" ").slice(1), programTable, source);
}

describe("complete()", () => {
  test.each([
    { line: "etude tr", offers: ["train"] },
    { line: "etude --json do", offers: ["doctor"] },
    { line: "etude --config x.toml do", offers: ["doctor"] },
    { line: "etude --config=x.toml do", offers: ["doctor"] },
    { line: "etude train --pres", offers: ["--preset"] },
    { line: "etude train sounds --no-", offers: ["--no-analysis", "--no-augment", "--no-color"] },
    { line: "etude train --preset a", offers: ["auto", "aggressive"] },
    { line: "etude train --preset=b", offers: ["--preset=balanced"], pathStart: "--preset=" },
    { line: "etude train -o train --pres", offers: ["--preset"] },
    { line: "etude --device w", offers: ["wasm"] },
    { line: "etude train --device w", offers: ["wasm"] },
    { line: "etude simulate --incident nan@50 --funn", offers: ["--funny"] },
    { line: "etude completions el", offers: ["elvish"] },
    { line: "etude completions bash z", offers: [] },
    { line: "etude help dem", offers: ["demo"] },
    { line: "etude dataset ", offers: ["add", "list", "info", "remove"] },
    { line: "etude dataset remove ", offers: ["one of dataset-names"] },
    { line: "etude dataset add rain one two thr", paths: "files" },
    { line: "etude train -- --pres", paths: "folders" },
    { line: "etude train --seed " },
    { line: "etude train ", offers: ["@rain"], paths: "folders" },
    { line: "etude train --output-dir ", paths: "folders" },
    { line: "etude train --output-dir=", paths: "folders", pathStart: "--output-dir=" },
    { line: "etude evaluate ", offers: ["one of library-models"], paths: "files" },
    { line: "etude model info ", offers: ["one of library-models"] },
    { line: "etude generate bells --preset ", offers: ["of bells"] },
    { line: "etude generate --preset ", offers: ["of no model"] },
    { line: "etude preset delete bells dark ", offers: ["of bells"] },
    { line: "etude blend ", offers: ["one of library-models:"], paths: "files", goesOn: true },
    { line: "etude plan --model one", offers: ["one of simulated-models"] },
    { line: "etude plan --gpus H200", offers: ["H200:"], goesOn: true },
    {
      line: "etude simulate --gpus=H20",
      offers: ["--gpus=H20:", "--gpus=H200:"],
      pathStart: "--gpus=",
      goesOn: true,
    },
    { line: "etude plan --gpus H200:8", goesOn: true, pathStart: "H200:" },
    { line: "etude simulate --export c", offers: ["csv="], goesOn: true },
    { line: "etude simulate --export csv=r", paths: "files", pathStart: "csv=", goesOn: true },
    {
      line: "etude simulate --export=csv=r",
      paths: "files",
      pathStart: "--export=csv=",
      goesOn: true,
    },
  ])("of '$line' is $offers $paths", async ({ line, ...expected }) => {
    const { offers, ...rest } = await completed(line);
    const nothing = { offers: [], paths: "none", pathStart: "", goesOn: false };
    expect({ ...rest, offers: offers.map(({ word }) => word) }).toEqual({
      ...nothing,
      ...expected,
    });
  });

  test("offers every option and every next word of every command", async () => {
    for (const { words, options, next } of outlineOf(programTable)) {
      const at = ["etude", ...words].join(" ");
      const flags = (await completed(`${at} -`)).offers.map(({ word }) => word);
      expect(flags).toEqual(options.flatMap((option) => option.flags));
      if (next.length === 0) continue;
      const found = (await completed(`${at} `)).offers.map(({ word }) => word);
      expect(found).toEqual(next.map(({ word }) => word));
    }
  });

  test("says what a command and an option do", async () => {
    const [train] = (await completed("etude train")).offers;
    expect(train?.about).toBe("train a model on a folder of recordings");
    const [seed] = (await completed("etude train --see")).offers;
    expect(seed?.about).toBe("same seed, same machine, same result");
  });
});

test("completionText() keeps each offer on a line, and facts on the first", () => {
  const offers = [{ word: "two\tlines\nof", about: "text" }];
  const text = completionText({ offers, paths: "files", pathStart: "csv=", goesOn: true });
  expect(text).toBe("files\topen\tcsv=\ntwo lines of\ttext\n");
});

describe("the outline", () => {
  test("lets an option of a command hide the global one of its name", () => {
    const plan = outlineOf(programTable).find(({ words }) => words[0] === "plan");
    const configs = plan?.options.filter(({ flags }) => flags.includes("--config")) ?? [];
    expect(configs.map(({ description }) => description)).toEqual([
      "description of the run in JSON",
    ]);
  });

  test("has a group before its members", () => {
    const command = { summary: "", arguments: [], options: {}, examples: [] };
    const table = {
      summary: "",
      groups: { group: "" },
      globalOptions: {},
      commands: { pick: command, "group member": command },
    };
    const words = outlineOf(table).map((place) => place.words.join(" "));
    expect(words).toEqual(["", "pick", "group", "group member", "help"]);
  });
});
