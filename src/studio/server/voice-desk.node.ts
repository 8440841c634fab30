/** Models that can be played: those of the library, and those of runs that have saved one. */

import { UserError } from "../../errors.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import type { Sound } from "../../sound/audio/sound.ts";
import type { HistoryFacts } from "../../sound/library/history-entry.ts";
import { modelPaths, readManifest, readModels } from "../../sound/library/model-library.node.ts";
import type { ModelManifest } from "../../sound/library/model-manifest.ts";
import type { Ancestors } from "../../sound/work/ancestors.ts";
import { engineOf } from "../../sound/work/engine.node.ts";
import { rememberSound } from "../../sound/work/history.node.ts";
import type { MakeTools, SoundMaker } from "../../sound/work/maker.node.ts";
import type { MadeSamples, ModelPlace } from "../../sound/work/maker-jobs.ts";
import { type Played, rememberPlayed } from "../../sound/work/played.node.ts";
import { recordingNames } from "../../sound/work/recording-names.node.ts";
import { audioFacts } from "../../sound/work/sound-record.ts";
import type { SoundRequest, StartRequest } from "../../sound/work/sound-request.ts";
import type { VoiceView } from "../contract.ts";
import { voiceView } from "../voice-view.ts";
import type { RunDesk } from "./run-desk.node.ts";
import type { StudioTools } from "./tools.ts";

export interface Makers {
  /** For requests that a person waits for. */
  readonly maker: SoundMaker;
  /** For what takes long. */
  readonly background: SoundMaker;
}

export interface VoicePlace {
  readonly place: ModelPlace;
  /** Of a model of the library. */
  readonly manifest?: ModelManifest;
}

export class VoiceDesk {
  readonly #tools: StudioTools;
  readonly #runs: RunDesk;
  readonly #maker: SoundMaker;
  readonly #background: SoundMaker;

  constructor(tools: StudioTools, runs: RunDesk, { maker, background }: Makers) {
    this.#tools = tools;
    this.#runs = runs;
    this.#maker = maker;
    this.#background = background;
  }

  /** @throws UserError "voice-not-found" and those of opening models. */
  async view(voice: string): Promise<VoiceView> {
    const { place } = await this.placeOf(voice);
    return voiceView(voice, await this.#maker.describe(place), place.name);
  }

  /** Measures what can be turned on it. */
  async analyze(voice: string, tools: MakeTools): Promise<VoiceView> {
    const { place } = await this.placeOf(voice);
    const { settings } = this.#tools;
    const by = { threads: engineOf(settings).threads, library: settings.paths.models };
    return voiceView(voice, await this.#background.analyze(place, by, tools), place.name);
  }

  async make(voice: string, request: SoundRequest, tools: MakeTools): Promise<MadeSamples> {
    return this.#maker.make((await this.placeOf(voice)).place, request, tools);
  }

  /** What the model hears in a sound file, for a sound to start from. */
  async hear(
    voice: string,
    file: { readonly bytes: Uint8Array; readonly name: string },
  ): Promise<StartRequest> {
    return this.#maker.hear((await this.placeOf(voice)).place, file);
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

  /** Keeps what was played by hand on a model. */
  async keepPlayed(voice: string, played: Omit<Played, "model">): Promise<HistoryFacts> {
    const { place } = await this.placeOf(voice);
    const { description, sha256 } = await this.#maker.describe(place);
    const model = { name: place.name ?? description.name, sha256 };
    const { clock, settings } = this.#tools;
    return rememberPlayed(settings.paths.history, { ...played, model }, clock.wallMs());
  }

  /** Of a sound that a model made, as far as that model is in the library. */
  async ancestors(sound: Sound, identity: string): Promise<Ancestors> {
    const { models } = this.#tools.settings.paths;
    const manifest = readModels(models).find(({ sha256 }) => sha256 === identity);
    if (manifest === undefined) throw notFound(identity.slice(0, 12));
    const { place } = await this.placeOf(`model:${manifest.id}`);
    const names = await recordingNames({ path: place.path, manifest });
    return this.#background.ancestors(place, { sound, names });
  }

  /** The model's file, for a player in the page; also while it learns. */
  async file(voice: string, tools: MakeTools): Promise<Uint8Array> {
    return this.#background.file((await this.placeOf(voice)).place, tools);
  }

  /**
   * @param voice "model:ID" of the library, or "run:ID".
   * @throws UserError "voice-not-found".
   */
  async placeOf(voice: string): Promise<VoicePlace> {
    const [, kind, id = ""] = /^(model|run):(.+)$/s.exec(voice) ?? [];
    if (kind === "run") return { place: { path: await this.#runs.folderOf(id) } };
    if (kind !== "model" || !/^[0-9a-f]{12}$/.test(id)) throw notFound(voice);
    const { models } = this.#tools.settings.paths;
    const manifest = readManifest(models, id);
    return { place: { path: modelPaths(models, id).model, name: manifest.name }, manifest };
  }
}

function notFound(voice: string): UserError {
  return new UserError({
    code: "voice-not-found",
    message: `Cannot find the model "${voice}"`,
    hint: "It may have been deleted: look into the library.",
  });
}
