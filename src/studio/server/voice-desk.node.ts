/** Models that can be played: those of the library, and those of runs that have saved one. */

import { readFile, stat } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import type { HistoryFacts } from "../../sound/library/history-entry.ts";
import { modelPaths, readManifest } from "../../sound/library/model-library.node.ts";
import { runPaths } from "../../sound/train/run-folder.node.ts";
import { rememberSound } from "../../sound/work/history.node.ts";
import type { MakeTools, SoundMaker } from "../../sound/work/maker.node.ts";
import type { MadeSamples, ModelPlace } from "../../sound/work/maker-jobs.ts";
import { audioFacts } from "../../sound/work/sound-record.ts";
import type { SoundRequest } from "../../sound/work/sound-request.ts";
import type { VoiceView } from "../contract.ts";
import { voiceView } from "../voice-view.ts";
import type { RunDesk } from "./run-desk.node.ts";
import type { StudioTools } from "./tools.ts";

export class VoiceDesk {
  readonly #tools: StudioTools;
  readonly #runs: RunDesk;
  readonly #maker: SoundMaker;

  constructor(tools: StudioTools, runs: RunDesk, maker: SoundMaker) {
    this.#tools = tools;
    this.#runs = runs;
    this.#maker = maker;
  }

  /** @throws UserError "voice-not-found" and those of opening models. */
  async view(voice: string): Promise<VoiceView> {
    const place = await this.placeOf(voice);
    return voiceView(voice, await this.#maker.describe(place), place.name);
  }

  /** Measures what can be turned on it. */
  async analyze(voice: string, tools: MakeTools): Promise<VoiceView> {
    const place = await this.placeOf(voice);
    return voiceView(voice, await this.#maker.analyze(place, tools), place.name);
  }

  async make(voice: string, request: SoundRequest, tools: MakeTools): Promise<MadeSamples> {
    return this.#maker.make(await this.placeOf(voice), request, tools);
  }

  /** @returns WAV, 16 bit. */
  async draft(voice: string, request: SoundRequest, tools: MakeTools): Promise<Uint8Array> {
    return writeWav(await this.make(voice, request, tools), { encoding: "int16", madeHere: true });
  }

  /** Makes it well, and keeps it in the history. */
  async keep(voice: string, request: SoundRequest, tools: MakeTools): Promise<HistoryFacts> {
    const { about, tookMs: _, ...sound } = await this.make(voice, request, tools);
    const file = {
      name: `${about.model.name}-${request.seed}.wav`,
      format: "wav",
      encoding: "float32",
    };
    const madeWallMs = this.#tools.clock.wallMs();
    const record = { ...about, madeWallMs, request, audio: await audioFacts(sound), file };
    return rememberSound(this.#tools.settings.paths.history, { sound, record });
  }

  /** The model's file, for a player in the page. @throws UserError "voice-not-found". */
  async file(voice: string): Promise<Uint8Array> {
    const { path } = await this.placeOf(voice);
    const { model, best } = runPaths(path);
    for (const file of [model, best, path]) {
      if ((await stat(file).catch(() => undefined))?.isFile()) return readFile(file);
    }
    throw notFound(voice);
  }

  /** @param voice "model:ID" of the library, or "run:ID". */
  async placeOf(voice: string): Promise<ModelPlace> {
    const [, kind, id = ""] = /^(model|run):(.+)$/s.exec(voice) ?? [];
    if (kind === "run") return { path: await this.#runs.folderOf(id) };
    if (kind !== "model" || !/^[0-9a-f]{12}$/.test(id)) throw notFound(voice);
    const { models } = this.#tools.settings.paths;
    const { name } = readManifest(models, id);
    return { path: modelPaths(models, id).model, name };
  }
}

function notFound(voice: string): UserError {
  return new UserError({
    code: "voice-not-found",
    message: `Cannot find the model "${voice}"`,
    hint: "It may have been deleted: look into the library.",
  });
}
