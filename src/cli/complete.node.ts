/** `etude __complete`: answers a shell, and stays silent where it cannot. */

import { complete, completionText, type SuggestionSource } from "./complete.ts";
import { programTable } from "./outline.ts";

/**
 * @param words What follows `__complete`: "=" with the word to complete, then the words before it.
 * @returns The answer, as `completionText` writes it.
 */
export async function answerShell(words: readonly string[]): Promise<string> {
  const [current = "=", ...before] = words;
  const line = [...before, current.slice(1)];
  return completionText(await complete(line, programTable, (list, given) => sources[list](given)));
}

/** Each loads only what it needs: somebody waits at the keyboard. */
const sources: {
  readonly [L in Parameters<SuggestionSource>[0]]: (
    given: Readonly<Record<string, string>>,
  ) => Promise<readonly string[]>;
} = {
  "export-formats": async () =>
    Object.keys((await import("../show/metrics/formats.ts")).EXPORT_FORMATS),
  gpus: async () => (await import("../rehearsal/catalog/gpus.ts")).GPUS.map(({ name }) => name),
  incidents: async () => (await import("../rehearsal/incidents/library.ts")).INCIDENT_NAMES,
  // Joke entries are not suggested.
  "simulated-models": async () =>
    (await import("../rehearsal/catalog/models.ts")).MODELS.filter(
      ({ isFunny }) => isFunny !== true,
    ).map(({ name }) => name),
  "library-models": async () => (await libraryModels()).map(({ name }) => name),
  "library-presets": async ({ MODEL = "" }) => {
    const { modelsMeant } = await import("../sound/library/find-model.ts");
    const { readPresets } = await import("../sound/library/presets.node.ts");
    const [model, ...more] = modelsMeant(await libraryModels(), MODEL);
    if (model === undefined || more.length > 0) return [];
    const { models: library } = await paths();
    return (await readPresets({ library, modelId: model.id })).map(({ name }) => name);
  },
  "dataset-names": datasetNames,
  datasets: async () => (await datasetNames()).map((name) => `@${name}`),
};

async function paths() {
  const { loadConfig } = await import("../sound/library/config.node.ts");
  const place = { workingFolder: process.cwd(), environment: process.env };
  return (await loadConfig(place)).settings.paths;
}

async function libraryModels() {
  const { readModels } = await import("../sound/library/model-library.node.ts");
  return readModels((await paths()).models);
}

async function datasetNames(): Promise<readonly string[]> {
  const { listDatasets } = await import("../sound/library/datasets.node.ts");
  return (await listDatasets((await paths()).datasets, () => {})).map(({ name }) => name);
}
