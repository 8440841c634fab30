/** The library: models and the sounds that were kept, renamed, thrown away, put back, taken along. */

import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { UserError } from "../../errors.ts";
import { type AudioFileFormat, fileFormats } from "../../sound/audio/codecs/file-format.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { narrowed } from "../../sound/audio/waveform.ts";
import { renameModel, tagModel } from "../../sound/library/change-model.node.ts";
import { type HistoryFacts, unpackedWaveform } from "../../sound/library/history-entry.ts";
import { deleteEntries, readHistory } from "../../sound/library/history-store.node.ts";
import {
  modelPaths,
  readManifest,
  restoreModel,
  trashModel,
} from "../../sound/library/model-library.node.ts";
import { listedSounds, soundQueryOf } from "../../sound/library/sound-list.ts";
import { fileSafe } from "../../sound/work/file-safe.ts";
import {
  findEntry,
  nameSound,
  noteExport,
  rememberedSound,
  soundOfEntry,
  tagSound,
} from "../../sound/work/history.node.ts";
import { soundFile } from "../../sound/work/write-made.node.ts";
import type { SoundCard, SoundCards } from "../contract.ts";
import { answerBytes, answerJson } from "./answers.node.ts";
import type { Call, Route } from "./router.node.ts";
import type { ShelvesDesk } from "./shelves.node.ts";
import type { StudioTools } from "./tools.ts";
import type { VoiceDesk } from "./voice-desk.node.ts";
import { readWish } from "./wish.node.ts";

const nameWish = v.object({ name: v.string() });
const tagWish = v.object({ add: v.array(v.string()), remove: v.array(v.string()) });

/** Sounds that a page shows at a time. */
const SHOWN = 60;
const COLUMNS = 140;

export function libraryRoutes(
  tools: StudioTools,
  parts: { readonly shelves: ShelvesDesk; readonly voices: VoiceDesk },
): readonly Route[] {
  return [...modelRoutes(tools, parts), ...historyRoutes(tools, parts)];
}

function modelRoutes(
  { settings }: StudioTools,
  { shelves }: { readonly shelves: ShelvesDesk },
): readonly Route[] {
  const library = settings.paths.models;
  const changing =
    (work: (id: string, call: Call) => Promise<unknown>) =>
    async (call: Call): Promise<void> => {
      await work(knownId(call.at("model")), call);
      shelves.changed();
      answerJson(call.response, {});
    };

  async function download({ response, at }: Call): Promise<void> {
    const id = knownId(at("model"));
    const { name } = readManifest(library, id);
    const bytes = await readFile(modelPaths(library, id).model);
    const fileName = `${fileSafe(name)}.etude`;
    answerBytes(response, { bytes, type: "application/octet-stream", fileName });
  }

  return [
    { method: "GET", path: "models/:model/file", answer: download },
    {
      method: "POST",
      path: "models/:model/rename",
      answer: changing(async (id, { request }) =>
        renameModel(library, id, (await readWish(request, nameWish)).name),
      ),
    },
    {
      method: "POST",
      path: "models/:model/tags",
      answer: changing(async (id, { request }) =>
        tagModel(library, id, await readWish(request, tagWish)),
      ),
    },
    { method: "DELETE", path: "models/:model", answer: changing((id) => trashModel(library, id)) },
    {
      method: "POST",
      path: "models/:model/restore",
      answer: changing((id) => restoreModel(library, id)),
    },
  ];
}

function historyRoutes(
  tools: StudioTools,
  { shelves, voices }: { readonly shelves: ShelvesDesk; readonly voices: VoiceDesk },
): readonly Route[] {
  const { history } = tools.settings.paths;
  const entryOf = async (id: string): Promise<HistoryFacts> =>
    findEntry(await readHistory(history), id);
  const places = { settings: tools.settings, workingFolder: tools.workingFolder };

  async function list({ response, query }: Call): Promise<void> {
    const all = listedSounds(await readHistory(history), soundQueryOf(query));
    const skip = Number(query.get("skip") ?? 0) || 0;
    const shown = all.slice(skip, skip + SHOWN);
    const cards = await Promise.all(shown.map((entry) => cardOf(history, entry)));
    const found: SoundCards = { sounds: cards.flat(), found: all.length };
    answerJson(response, found);
  }

  async function play({ response, at, signal }: Call): Promise<void> {
    const sound = await soundOfEntry(history, await entryOf(at("sound")), { places, signal });
    const bytes = writeWav(sound, { encoding: "int16", madeHere: true });
    answerBytes(response, { bytes, type: "audio/wav" });
  }

  async function download({ response, at, query, signal }: Call): Promise<void> {
    const format = formatOf(query.get("format"));
    const entry = await entryOf(at("sound"));
    const sound = await soundOfEntry(history, entry, { places, signal });
    const record = await rememberedSound(history, entry);
    const name = record.title ?? `${record.model.name}-${record.request.seed}`;
    const bytes = await soundFile({ sound, record, name }, { format });
    const fileName = `${fileSafe(name)}.${fileFormats[format].extension}`;
    answerBytes(response, { bytes, type: "application/octet-stream", fileName });
    await noteExport(history, entry, { wallMs: tools.clock.wallMs(), format, path: fileName });
    shelves.changed();
  }

  async function tag({ request, response, at }: Call): Promise<void> {
    const { tags = [] } = await tagSound(
      history,
      await entryOf(at("sound")),
      await readWish(request, tagWish),
    );
    shelves.changed();
    answerJson(response, { tags });
  }

  async function rename({ request, response, at }: Call): Promise<void> {
    const { name } = await readWish(request, nameWish);
    await nameSound(history, await entryOf(at("sound")), name);
    shelves.changed();
    answerJson(response, {});
  }

  async function ancestors({ response, at, signal }: Call): Promise<void> {
    const entry = await entryOf(at("sound"));
    const { model } = await rememberedSound(history, entry);
    const sound = await soundOfEntry(history, entry, { places, signal });
    answerJson(response, await voices.ancestors(sound, model.sha256));
  }

  async function remove({ response, at }: Call): Promise<void> {
    await deleteEntries(history, [await entryOf(at("sound"))]);
    shelves.changed();
    answerJson(response, {});
  }

  return [
    { method: "GET", path: "history", answer: list },
    { method: "GET", path: "history/:sound/sound", answer: play },
    { method: "GET", path: "history/:sound/file", answer: download },
    { method: "GET", path: "history/:sound/ancestors", answer: ancestors },
    { method: "POST", path: "history/:sound/rename", answer: rename },
    { method: "POST", path: "history/:sound/tags", answer: tag },
    { method: "DELETE", path: "history/:sound", answer: remove },
  ];
}

/** None where its record is gone. */
async function cardOf(history: string, entry: HistoryFacts): Promise<SoundCard[]> {
  try {
    const { request, history: part } = await rememberedSound(history, entry);
    const { lows, highs } = narrowed(unpackedWaveform(part.waveform), COLUMNS);
    const percents = (values: Float32Array): number[] =>
      Array.from(values, (value) => Math.round(100 * value));
    const { id, madeWallMs, modelName, modelId, durationSeconds, bytes } = entry;
    const { title, isPlayed = false, tags = [], exports = [] } = entry;
    return [
      {
        ...{ id, madeWallMs, modelName, modelId, durationSeconds, bytes, request },
        ...(title !== undefined && { title }),
        ...{ isPlayed, tags, exports, lows: percents(lows), highs: percents(highs) },
      },
    ];
  } catch (failure) {
    if (failure instanceof UserError) return [];
    throw failure;
  }
}

function formatOf(given: string | null): AudioFileFormat {
  const formats = Object.keys(fileFormats) as AudioFileFormat[];
  const format = formats.find((one) => one === given);
  if (format !== undefined) return format;
  throw new UserError({
    code: "no-such-format",
    message: `Cannot write "${given}": need one of ${formats.join(", ")}`,
    hint: "Choose one of these.",
  });
}

function knownId(id: string): string {
  if (/^[0-9a-f]{12}$/.test(id)) return id;
  throw new UserError({
    code: "model-not-found",
    message: `Cannot find the model "${id}"`,
    hint: "Reload the page.",
  });
}
