/** The lists of datasets and runs, sent to every page. */

import { realpath } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import { type Dataset, listDatasets } from "../../sound/library/datasets.node.ts";
import type { HistoryFacts } from "../../sound/library/history-entry.ts";
import { readHistory } from "../../sound/library/history-store.node.ts";
import { readModels } from "../../sound/library/model-library.node.ts";
import type { ModelManifest } from "../../sound/library/model-manifest.ts";
import { readPresets } from "../../sound/library/presets.node.ts";
import { recordingsFolder } from "../../sound/library/recordings.node.ts";
import type { DatasetCard, ModelCard, PresetCard, Shelves, Trouble } from "../contract.ts";
import { troubleOf } from "./answers.node.ts";
import { type Channel, openChannel } from "./channel.ts";
import type { RunDesk } from "./run-desk.node.ts";
import type { StudioTools } from "./tools.ts";

export interface ShelvesDesk {
  readonly channel: Channel;
  /** Reads the lists again, and publishes them. */
  changed(): void;
}

export function openShelves(tools: StudioTools, runs: RunDesk): ShelvesDesk {
  let now: Shelves = {
    datasets: [],
    runs: [],
    models: [],
    presets: [],
    history: historyFacts([]),
    troubles: [],
  };
  const channel = openChannel("shelves", () => now);
  let isLooking = false;
  let isStale = false;

  async function look(): Promise<void> {
    isLooking = true;
    do {
      isStale = false;
      now = await shelvesOf(tools, runs);
      channel.tell();
    } while (isStale);
    isLooking = false;
  }

  const changed = (): void => {
    isStale = true;
    if (isLooking) return;
    look().catch((failure: unknown) => {
      isLooking = false;
      tools.onBug(failure);
    });
  };
  changed();
  return { channel, changed };
}

async function shelvesOf({ settings }: StudioTools, runs: RunDesk): Promise<Shelves> {
  const troubles: Trouble[] = [];
  const library = settings.paths.datasets;
  const datasets = await listDatasets(library, (error) => troubles.push(troubleOf(error)));
  const { cards, failures } = await runs.cards();
  for (const failure of failures) {
    if (!(failure instanceof UserError)) throw failure;
    troubles.push(troubleOf(failure));
  }
  const models = readModels(settings.paths.models, (error) => troubles.push(troubleOf(error)));
  return {
    datasets: await Promise.all(datasets.map((dataset) => cardOf(library, dataset))),
    runs: cards,
    presets: await presetCards(settings.paths.models, models),
    models: models.map(modelCard).sort((a, b) => b.addedWallMs - a.addedWallMs),
    history: historyFacts(await readHistory(settings.paths.history)),
    troubles,
  };
}

async function presetCards(
  library: string,
  models: readonly ModelManifest[],
): Promise<PresetCard[]> {
  const cards = models.map(async ({ id: modelId, name: modelName }) => {
    const presets = await readPresets({ library, modelId });
    return presets.map(({ id, name, changedWallMs }): PresetCard => {
      return { id, name, changedWallMs, modelId, modelName };
    });
  });
  return (await Promise.all(cards)).flat();
}

function historyFacts(entries: readonly HistoryFacts[]): Shelves["history"] {
  return {
    count: entries.length,
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    newestWallMs: entries.at(-1)?.madeWallMs ?? 0,
    marks: entries.reduce(
      (sum, { tags = [], exports = [] }) => sum + tags.length + exports.length,
      0,
    ),
  };
}

async function cardOf(library: string, { name, sources }: Dataset): Promise<DatasetCard> {
  const paths = sources.map(({ path }) => path);
  const folder = recordingsFolder(library, name);
  const uploads = await realpath(folder).catch(() => folder);
  return {
    name,
    places: paths.filter((path) => path !== uploads),
    holdsUploads: paths.includes(uploads),
  };
}

function modelCard({
  id,
  name,
  description,
  tags,
  addedWallMs,
  facts,
  run,
}: ModelManifest): ModelCard {
  const { bytes, architecture, epoch, corpusSeconds, validationLoss } = facts;
  return {
    id,
    name,
    description,
    tags,
    addedWallMs,
    bytes,
    architecture,
    epoch,
    corpusSeconds,
    validationLoss,
    recordings: facts.trainRecordings + facts.validationRecordings,
    elapsedMs: run?.elapsedMs,
    verdict: run?.verdict,
  };
}
