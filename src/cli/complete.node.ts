/** `etude __complete`: answers a shell, and prints nothing where it cannot. */

import type { ConfigPlace } from "../sound/library/config.node.ts";
import { complete, completionText, type SuggestionSource } from "./complete.ts";
import { programTable } from "./outline.ts";

/** Where the configuration is looked for. */
type Place = Pick<ConfigPlace, "workingFolder" | "environment">;

/**
 * @param words What follows `__complete`: "=" with the word to complete, then the words before it.
 * @returns The answer, as `completionText` writes it.
 */
export async function answerShell(words: readonly string[], place: Place): Promise<string> {
  const [current = "=", ...before] = words;
  const line = [...before, current.slice(1)];
  const lookUp = sources(place);
  return completionText(await complete(line, programTable, (list, given) => lookUp[list](given)));
}

type Sources = {
  readonly [L in Parameters<SuggestionSource>[0]]: (
    given: Readonly<Record<string, string>>,
  ) => Promise<readonly string[]>;
};

/** Each loads only what it needs, to answer fast. */
function sources(place: Place): Sources {
  const paths = async () => {
    const { loadConfig } = await import("../sound/library/config.node.ts");
    return (await loadConfig(place)).settings.paths;
  };
  const models = async () => {
    const { readModels } = await import("../sound/library/model-library.node.ts");
    return readModels((await paths()).models);
  };
  const datasets = async (): Promise<readonly string[]> => {
    const { listDatasets } = await import("../sound/library/datasets.node.ts");
    return (await listDatasets((await paths()).datasets, () => {})).map(({ name }) => name);
  };
  return {
    "export-formats": async () =>
      Object.keys((await import("../show/metrics/formats.ts")).EXPORT_FORMATS),
    gpus: async () => (await import("../rehearsal/catalog/gpus.ts")).GPUS.map(({ name }) => name),
    incidents: async () => (await import("../rehearsal/incidents/library.ts")).INCIDENT_NAMES,
    // Joke entries are not suggested.
    "simulated-models": async () =>
      (await import("../rehearsal/catalog/models.ts")).MODELS.filter(
        ({ isFunny }) => isFunny !== true,
      ).map(({ name }) => name),
    "sweep-settings": async () => (await import("./sweep-axes.ts")).AXIS_NAMES,
    "library-models": async () => (await models()).map(({ name }) => name),
    "library-presets": async ({ MODEL = "" }) => {
      const { modelsMeant } = await import("../sound/library/find-model.ts");
      const { readPresets } = await import("../sound/library/presets.node.ts");
      const [model, ...more] = modelsMeant(await models(), MODEL);
      if (model === undefined || more.length > 0) return [];
      const { models: library } = await paths();
      return (await readPresets({ library, modelId: model.id })).map(({ name }) => name);
    },
    "dataset-names": datasets,
    datasets: async () => (await datasets()).map((name) => `@${name}`),
  };
}
