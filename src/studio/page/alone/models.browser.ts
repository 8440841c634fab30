/** Models in the browser's file system, and those of its runs: opened, played, renamed, exported. */

import { UserError } from "../../../errors.ts";
import { browserClock } from "../../../host.browser.ts";
import { type Codec, openCodec } from "../../../sound/latent/codec.ts";
import { usualModeOf } from "../../../sound/latent/generate.ts";
import { changedTags, type TagChange } from "../../../sound/library/tags.ts";
import { type Model, readModel, writeModel } from "../../../sound/model/model-file.ts";
import { modelIdentity } from "../../../sound/model/model-identity.ts";
import type { Runtime } from "../../../sound/tensor/runtime.ts";
import { learnedFrames, unfinishedModel } from "../../../sound/train/unfinished-model.ts";
import { analyzeModel } from "../../../sound/work/analyze.ts";
import { fileSafe } from "../../../sound/work/file-safe.ts";
import type { ModelCard, VoiceView } from "../../contract.ts";
import { voiceView } from "../../voice-view.ts";
import { openRuntime } from "../live/runtime.browser.ts";
import { type AloneRoute, type Asked, bodyOf, done } from "./answer.ts";
import { type Files, runStoreIn } from "./opfs.browser.ts";
import { browserCorpus } from "./recordings.browser.ts";
import { jsonBytes, readJson } from "./runs.browser.ts";

export interface OpenVoice {
  readonly model: Model;
  readonly codec: Codec;
  readonly sha256: string;
}

export class Models {
  readonly #files: Files;
  readonly #onChange: () => void;
  #runtime: Promise<Runtime> | undefined;
  /** The one that was used last stays open. */
  #open: { readonly name: string; readonly voice: Promise<OpenVoice> } | undefined;
  /** Until the page is closed. */
  readonly #thrownAway = new Map<string, () => Promise<void>>();

  constructor(files: Files, onChange: () => void) {
    this.#files = files;
    this.#onChange = onChange;
  }

  async cards(): Promise<ModelCard[]> {
    const ids = await this.#files.namesIn("models");
    const cards = await Promise.all(ids.map((id) => this.#cardOf(id)));
    return cards.filter((card) => card !== undefined).sort((a, b) => b.addedWallMs - a.addedWallMs);
  }

  /** @throws UserError "voice-not-found" and those of reading models. */
  voice(name: string): Promise<OpenVoice> {
    // A run that still learns has newer weights each time.
    if (this.#open?.name === name && !name.startsWith("run:")) return this.#open.voice;
    this.#forget();
    const voice = this.#opened(name);
    this.#open = { name, voice };
    voice.catch(() => {
      if (this.#open?.voice === voice) this.#open = undefined;
    });
    return voice;
  }

  async view(name: string): Promise<VoiceView> {
    const { model, codec } = await this.voice(name);
    const { description, analysis } = model;
    const hasPitch = codec.conditions.includes("pitch");
    const usualMode = await usualModeOf(codec, model);
    return voiceView(name, { description, hasPitch, usualMode, ...(analysis && { analysis }) });
  }

  /** Measures its controls and writes them into its file. */
  async analyze(name: string, signal: AbortSignal): Promise<VoiceView> {
    const { model } = await this.voice(name);
    const runtime = await this.#running();
    const analysis = await analyzeModel(model, {}, { runtime, signal, breathe });
    await this.#files.write(fileOf(name), await writeModel({ ...model, analysis }));
    this.#forget();
    return this.view(name);
  }

  async file(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return writeModel((await this.voice(name)).model);
  }

  /** Takes the model of a finished run. */
  async takeFromRun(run: string): Promise<void> {
    const bytes = await this.#files.read(`runs/${run}/model.etude`);
    if (bytes !== undefined) await this.take(bytes, run);
  }

  /** @returns Its id. @throws UserError of reading models. */
  async take(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<string> {
    const model = await readModel(bytes, name);
    const id = (await modelIdentity(model)).slice(0, 12);
    const { description } = model;
    const { train, validation, totalSeconds } = description.corpus;
    await this.#keep(bytes, {
      ...{ id, name: description.name, description: "", tags: [] },
      addedWallMs: browserClock.wallMs(),
      bytes: bytes.length,
      architecture: description.recipe.name,
      epoch: description.epoch,
      corpusSeconds: totalSeconds,
      recordings: train.length + validation.length,
      validationLoss: description.validationReconstruction,
      elapsedMs: undefined,
      verdict: undefined,
    });
    return id;
  }

  async change(id: string, how: (card: ModelCard) => Partial<ModelCard>): Promise<void> {
    const card = await this.#cardOf(id);
    if (card === undefined) throw notFound(id);
    await this.#files.write(`models/${id}/card.json`, jsonBytes({ ...card, ...how(card) }));
    this.#forget();
    this.#onChange();
  }

  async throwAway(id: string): Promise<void> {
    const bytes = await this.#files.read(`models/${id}/model.etude`);
    const card = await this.#cardOf(id);
    if (bytes === undefined || card === undefined) throw notFound(id);
    await this.#files.remove(`models/${id}`);
    this.#thrownAway.set(id, () => this.#keep(bytes, card));
    this.#onChange();
  }

  async putBack(id: string): Promise<void> {
    await this.#thrownAway.get(id)?.();
  }

  async #keep(bytes: Uint8Array, card: ModelCard): Promise<void> {
    await this.#files.write(`models/${card.id}/model.etude`, bytes);
    await this.#files.write(`models/${card.id}/card.json`, jsonBytes(card));
    this.#onChange();
  }

  #running(): Promise<Runtime> {
    this.#runtime ??= openRuntime();
    return this.#runtime;
  }

  #forget(): void {
    const before = this.#open?.voice;
    this.#open = undefined;
    void before?.then(({ codec }) => codec.release()).catch(() => undefined);
  }

  async #opened(name: string): Promise<OpenVoice> {
    const runtime = await this.#running();
    const model = await this.#modelOf(name, runtime);
    const codec = await openCodec(runtime, model.recipe, model.layout);
    return { model, codec, sha256: await modelIdentity(model) };
  }

  async #modelOf(name: string, runtime: Runtime): Promise<Model> {
    const file = fileOf(name);
    const bytes = await this.#files.read(file);
    if (bytes !== undefined) return this.#named(await readModel(bytes, file), name);
    const [, run] = /^run:(.+)$/s.exec(name) ?? [];
    if (run === undefined) throw notFound(name);
    const { signal } = new AbortController();
    const store = runStoreIn(this.#files, `runs/${run}`);
    const corpusOf = (corpus: string) => browserCorpus(this.#files, corpus);
    return unfinishedModel(store, {
      runtime,
      learned: () => learnedFrames(store, corpusOf, signal),
    });
  }

  async #named(model: Model, name: string): Promise<Model> {
    const [, id] = /^model:(.+)$/s.exec(name) ?? [];
    const card = id === undefined ? undefined : await this.#cardOf(id);
    if (card === undefined) return model;
    return { ...model, description: { ...model.description, name: card.name } };
  }

  #cardOf(id: string): Promise<ModelCard | undefined> {
    return readJson<ModelCard>(this.#files, `models/${id}/card.json`);
  }
}

const BYTES = "application/octet-stream";

export function modelRoutes(models: Models): readonly AloneRoute[] {
  return [
    {
      method: "GET",
      path: "voices/:voice",
      answer: async ({ at }) => ({ json: await models.view(at("voice")) }),
    },
    {
      method: "POST",
      path: "voices/:voice/analyze",
      answer: async ({ at, signal }) => ({ json: await models.analyze(at("voice"), signal) }),
    },
    {
      method: "GET",
      path: "voices/:voice/model.etude",
      answer: async ({ at }) => ({ bytes: await models.file(at("voice")), type: BYTES }),
    },
    {
      method: "POST",
      path: "models",
      answer: async ({ body, query }) => ({
        json: { id: await models.take(body, query.get("name") ?? "the file") },
      }),
    },
    {
      method: "GET",
      path: "models/:model/file",
      answer: async ({ at }) => {
        const voice = `model:${at("model")}`;
        const { name } = await models.view(voice);
        return {
          bytes: await models.file(voice),
          type: BYTES,
          fileName: `${fileSafe(name)}.etude`,
        };
      },
    },
    {
      method: "POST",
      path: "models/:model/rename",
      answer: (asked) => {
        const { name } = bodyOf<{ readonly name: string }>(asked);
        return done(models.change(asked.at("model"), () => ({ name })));
      },
    },
    { method: "POST", path: "models/:model/tags", answer: (asked) => done(retag(models, asked)) },
    {
      method: "DELETE",
      path: "models/:model",
      answer: ({ at }) => done(models.throwAway(at("model"))),
    },
    {
      method: "POST",
      path: "models/:model/restore",
      answer: ({ at }) => done(models.putBack(at("model"))),
    },
  ];
}

function retag(models: Models, asked: Asked): Promise<void> {
  const change = bodyOf<TagChange>(asked);
  return models.change(asked.at("model"), ({ tags }) => ({ tags: changedTags(tags, change) }));
}

// --- internal ---

function fileOf(voice: string): string {
  const [, kind, id = ""] = /^(model|run):(.+)$/s.exec(voice) ?? [];
  if (kind === undefined) throw notFound(voice);
  return `${kind}s/${id}/model.etude`;
}

function breathe(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}

function notFound(voice: string): UserError {
  return new UserError({
    code: "voice-not-found",
    message: `Cannot find the model "${voice}"`,
    hint: "It may have been deleted: look into the library.",
  });
}
