import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifestOf } from "../../test/support/library-models.ts";
import { loadConfig } from "../sound/library/config.node.ts";
import { addToDataset } from "../sound/library/datasets.node.ts";
import { modelPaths } from "../sound/library/model-library.node.ts";
import { savePreset } from "../sound/library/presets.node.ts";
import { answerShell } from "./complete.node.ts";

let folder: string;
const place = () => ({
  workingFolder: folder,
  environment: { XDG_CONFIG_HOME: join(folder, "config"), XDG_DATA_HOME: join(folder, "data") },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude complete 🎻 "));
  const { paths } = (await loadConfig(place())).settings;
  for (const [n, name] of ["tin roof", "bells"].entries()) {
    const manifest = manifestOf(n, { name });
    const files = modelPaths(paths.models, manifest.id);
    await mkdir(files.folder, { recursive: true });
    await writeFile(files.manifest, JSON.stringify(manifest));
    const preset = { name: `pads/${name}`, description: "", scales: {}, request: { seed: 1 } };
    const model = { name, sha256: manifest.sha256 };
    const changes = { replace: false, nowWallMs: n };
    await savePreset(
      { library: paths.models, modelId: manifest.id },
      { ...preset, model },
      changes,
    );
  }
  await addToDataset(paths.datasets, "rain", [folder]);
});

afterAll(() => rm(folder, { recursive: true }));

test.each([
  { words: ["=", "generate"], says: ["files", "bells", "tin roof"] },
  { words: ["=ti", "model", "info"], says: ["none", "tin roof"] },
  { words: ["=", "generate", "bells", "--preset"], says: ["none", "pads/bells"] },
  { words: ["=", "preset", "show", "roof"], says: ["none", "pads/tin roof"] },
  { words: ["=", "preset", "show", "no such model"], says: ["none"] },
  { words: ["=@", "train"], says: ["folders", "@rain"] },
  { words: ["=B20", "plan", "--gpus"], says: ["none", "B200:"] },
])("Tab knows the library: $words", async ({ words, says }) => {
  const lines = (await answerShell(words, place())).split("\n").slice(0, -1);
  const first = lines.map((line) => line.split("\t")[0]);
  expect(first).toEqual(expect.arrayContaining(says));
  expect(first).toHaveLength(says.length);
});
