/** What is documented works: commands in the documents are accepted, the examples of the help are run. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandName, commands } from "../src/cli/commands.ts";
import { parse } from "../src/cli/parse.ts";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import type { ControlFacts } from "../src/sound/model/analysis.ts";
import { type Model, writeModel } from "../src/sound/model/model-file.ts";
import { commandHere } from "./support/command-here.ts";
import { tinyModel } from "./support/tiny-model.ts";
import { sine } from "./support/tones.ts";

const root = join(import.meta.dirname, "..");
const documents = ["README.md", "CHANGELOG.md", "docs/rehearsal.md", "docs/formats.md"];
const texts = await Promise.all(
  documents.map(async (name) => [name, await readFile(join(root, name), "utf8")] as const),
);

/** Lines of blocks, and what stands in the text with an option or in capitals. */
const documented = texts.flatMap(([name, text]) => {
  const lines = [...text.matchAll(/^ {4}npx (etude .*?)(?: {2,}.*)?$/gm)];
  const inline = [...text.matchAll(/`(etude [a-z][^`|[]*)`/g)];
  return [...lines, ...inline].map(([, line = ""]) => ({ name, line: line.trim() }));
});

/** Stands for any of several, or for none that there is. */
const PLACEHOLDERS = /^etude (COMMAND|completions SHELL$)/;

test.each(documented.filter(({ line }) => !PLACEHOLDERS.test(line)))(
  "$name: $line is accepted",
  ({ line }) => {
    const words = line.split(" ").slice(1);
    const stated = words.filter((word) => word !== "..." && !word.startsWith("#"));
    // A command that is only named, or named with an option, needs no arguments.
    const isNamed = stated.every((word) => /^[a-z][a-z-]*$/.test(word));
    if (isNamed) {
      expect(Object.keys(commands).join("\n")).toContain(stated.join(" "));
      return;
    }
    const complete = stated[1]?.startsWith("--")
      ? [stated[0], "MODEL", ...stated.slice(1)]
      : stated;
    const accepted = [stated, complete].some((some) => isCommand(some as string[]));
    expect(accepted).toBe(true);
  },
);

function isCommand(words: readonly string[]): boolean {
  const numbers = words.map((word) => (word === "N" ? "2" : word));
  try {
    return parse(numbers, { version: "etude 0.0.0", columns: 80 }).kind === "command";
  } catch {
    return false;
  }
}

const kept: readonly CommandName[] = [
  ...(["preset save", "preset list", "preset show", "generate", "blend", "regenerate"] as const),
  ...(["sweep-control", "quality", "vary", "compare", "ancestors", "instrument"] as const),
  ...(["preset export", "preset import", "preset describe", "preset rename"] as const),
  ...(["preset delete", "history list", "history show", "history play-path"] as const),
  ...(["history regenerate", "history export", "history prune", "history repair"] as const),
  ...(["dataset add", "dataset list", "dataset info", "dataset remove", "history delete"] as const),
  ...(["model list", "model info", "model describe", "model tag", "model export"] as const),
  ...(["model export-onnx", "model import", "model repair", "model rename"] as const),
  ...(["model delete", "model undelete", "model empty-trash"] as const),
];

/** Shorter, and of fewer sounds: the same options. */
const SHORTER: readonly (readonly [RegExp, string])[] = [
  [/--duration \d+/, "--duration 1"],
  [/--count \d+/, "--count 2"],
  [/--keys 36-84/, "--keys 60-61"],
  [/--bars \d/, "--bars 1"],
  [/^(etude instrument (?!.*--keys))/, "$1--keys 60-61 --seconds 0.5 "],
  [/^etude (generate|blend)(?!.*--quality)/, "etude $1 --quality draft"],
  [/^etude vary (?!.*--)/, "etude vary --count 2 "],
  [/--mode sustain --grains/, "--duration 1 --mode sustain --grains"],
];

/** What must be so before. */
const before: Readonly<Record<string, string>> = {
  "etude generate rain --morph dark:glass:0.3":
    "etude preset save takes/rain-8.wav glass --replace",
  "etude preset rename rain dark pads/dark": "etude preset delete rain pads/dark",
  "etude preset delete rain dark": "etude preset rename rain airs/dark dark",
  "etude model delete rain": "etude model rename tin-roof rain",
};

/** Run by tests of their own: they train, or need a page that was built. */
const ELSEWHERE = /^etude train|--html|--note/;

const examples = kept.flatMap((name) =>
  commands[name].examples.filter((line) => !ELSEWHERE.test(line)),
);

const control = (name: string): ControlFacts => ({
  ...{ name, label: name, unit: "octaves", step: 0.1 },
  range: { low: 0, middle: 1, high: 2 },
  safe: { least: -5, most: 5 },
  evidence: { spearman: 1, spearmanLowest: 1, effect: 1, leakage: 0, leaksInto: null },
});

function modelNamed(name: string, scale: number): Model {
  const tiny = tinyModel({ train: [], validation: [], totalSeconds: 1 });
  return {
    ...tiny,
    description: { ...tiny.description, name },
    weights: tiny.weights.map((weight) => weight * scale),
    analysis: {
      version: 1,
      measured: { sounds: 4, positions: [], files: 4, phases: "sketch" },
      controls: [control("brightness"), control("attack")],
      ...{ declined: [], characters: [], labels: {} },
    },
  };
}

describe("the examples of the help that keep and find sounds", () => {
  let folder: string;
  /** Of two sounds, in the place of those in the examples. */
  let ids: readonly string[] = [];

  const run = async (line: string): Promise<string> => {
    const shorter = SHORTER.reduce((text, [from, to]) => text.replace(from, to), line);
    const words = shorter
      .replaceAll("3fa2", ids[0] ?? "3fa2")
      .replaceAll("77c0", ids[1] ?? "77c0")
      .split(" ")
      .map((word) => word.replace(/^~/, folder));
    const { exitCode, stdout } = await commandHere(words.slice(1), folder);
    expect(await exitCode).toBe(0);
    return stdout();
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "etude documented 🎻 "));
    for (const [i, name] of ["rain", "bells", "strings", "wind"].entries()) {
      await mkdir(join(folder, "runs", name), { recursive: true });
      const file = join(folder, "runs", name, "model.etude");
      await writeFile(file, await writeModel(modelNamed(name, 1 + i / 10)));
      if (i < 2) await run(`etude model import runs/${name}`);
    }
    await mkdir(join(folder, "recordings", "rain"), { recursive: true });
    await mkdir(join(folder, "phone"));
    const tone = {
      sampleRate: 48_000,
      channels: [sine({ hz: 300, rateHz: 48_000, length: 9600 })],
    };
    const names = ["recordings/rain/a.wav", "phone/storm.wav", "take.wav", "mine.flac"];
    for (const name of names) await writeFile(join(folder, name), writeWav(tone));
    await run("etude generate rain --seed 7 --count 2 -o takes --quality draft --duration 0.2");
    const told = JSON.parse(await run("etude history list --json")) as { sounds: { id: string }[] };
    ids = told.sounds.map(({ id }) => id);
  }, 60_000);

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test.each(examples)(
    "%s",
    async (line) => {
      const first = before[line];
      if (first !== undefined) await run(first);
      await run(line);
    },
    60_000,
  );
});
