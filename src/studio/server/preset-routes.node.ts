/** Presets of a model of the library: saved, renamed, deleted. */

import * as v from "valibot";
import { UserError } from "../../errors.ts";
import type { ModelManifest } from "../../sound/library/model-manifest.ts";
import { deletePresets, readPresets, renamePresets } from "../../sound/library/presets.node.ts";
import { requestOfPreset } from "../../sound/work/preset-request.ts";
import { presetFromRequest } from "../../sound/work/presets.node.ts";
import { soundRequestShape } from "../../sound/work/sound-request.ts";
import type { PresetView } from "../contract.ts";
import { answerJson } from "./answers.node.ts";
import type { Call, Route } from "./router.node.ts";
import type { ShelvesDesk } from "./shelves.node.ts";
import type { StudioTools } from "./tools.ts";
import type { VoiceDesk } from "./voice-desk.node.ts";
import { readWish } from "./wish.node.ts";

const name = v.pipe(v.string(), v.trim());
const saveWish = v.strictObject({ name, request: soundRequestShape, replace: v.boolean() });
const renameWish = v.strictObject({ from: v.string(), name });

export function presetRoutes(
  { settings, clock }: StudioTools,
  { voices, shelves }: { readonly voices: VoiceDesk; readonly shelves: ShelvesDesk },
): readonly Route[] {
  const library = settings.paths.models;

  async function manifestOf({ at }: Call): Promise<ModelManifest> {
    const { manifest } = await voices.placeOf(at("voice"));
    if (manifest !== undefined) return manifest;
    throw new UserError({
      code: "preset-no-model",
      message: "Cannot keep presets with a model that is not in the library yet",
      hint: "It comes there when its training ends; choose it at the top then.",
    });
  }

  async function answerAll({ response }: Call, modelId: string): Promise<void> {
    const presets = await readPresets({ library, modelId });
    const views = presets.map((preset): PresetView => {
      const { id, name: called, description, changedWallMs } = preset;
      return { id, name: called, description, changedWallMs, request: requestOfPreset(preset) };
    });
    answerJson(response, views);
  }

  async function list(call: Call): Promise<void> {
    const { manifest } = await voices.placeOf(call.at("voice"));
    if (manifest === undefined) answerJson(call.response, []);
    else await answerAll(call, manifest.id);
  }

  async function save(call: Call): Promise<void> {
    const { request, ...wish } = await readWish(call.request, saveWish);
    const manifest = await manifestOf(call);
    const options = { ...wish, nowWallMs: clock.wallMs() };
    await presetFromRequest(library, { manifest, request }, options);
    shelves.changed();
    await answerAll(call, manifest.id);
  }

  async function rename(call: Call): Promise<void> {
    const wish = await readWish(call.request, renameWish);
    const { id: modelId } = await manifestOf(call);
    await renamePresets({ library, modelId }, wish.from, wish.name);
    shelves.changed();
    await answerAll(call, modelId);
  }

  async function remove(call: Call): Promise<void> {
    const { id: modelId } = await manifestOf(call);
    await deletePresets({ library, modelId }, [call.query.get("name") ?? ""]);
    shelves.changed();
    await answerAll(call, modelId);
  }

  return [
    { method: "GET", path: "voices/:voice/presets", answer: list },
    { method: "POST", path: "voices/:voice/presets", answer: save },
    { method: "POST", path: "voices/:voice/presets/rename", answer: rename },
    { method: "DELETE", path: "voices/:voice/presets", answer: remove },
  ];
}
