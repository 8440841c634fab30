/** Sounds that a model makes in the browser, and those that were kept. */

import { UserError } from "../../../errors.ts";
import { browserClock } from "../../../host.browser.ts";
import { sha256Of } from "../../../sha256.ts";
import { decodeBytes } from "../../../sound/audio/codecs/decode.ts";
import { type AudioFileFormat, fileFormats } from "../../../sound/audio/codecs/file-format.ts";
import { writeWav } from "../../../sound/audio/codecs/wav-write.ts";
import { writeAudio } from "../../../sound/audio/codecs/write-audio.ts";
import { durationSeconds, type Sound } from "../../../sound/audio/sound.ts";
import { waveformOf } from "../../../sound/audio/waveform.ts";
import { withExport } from "../../../sound/library/history-entry.ts";
import { listedSounds, soundQueryOf } from "../../../sound/library/sound-list.ts";
import { changedTags, type TagChange } from "../../../sound/library/tags.ts";
import { fileSafe } from "../../../sound/work/file-safe.ts";
import { makeSound } from "../../../sound/work/make-sound.ts";
import {
  readSoundRequest,
  type SoundRequest,
  type StartRequest,
} from "../../../sound/work/sound-request.ts";
import { startOfBytes } from "../../../sound/work/start-sound.ts";
import type { Shelves, SoundCard, SoundCards } from "../../contract.ts";
import { type AloneRoute, type Asked, bodyOf, done, type FileAnswer } from "./answer.ts";
import type { Models } from "./models.browser.ts";
import type { Files } from "./opfs.browser.ts";
import { jsonBytes, readJson } from "./runs.browser.ts";

/** Sounds that a page shows at a time. */
const SHOWN = 60;
const COLUMNS = 140;

export class Sounds {
  readonly #files: Files;
  readonly #models: Models;
  readonly #onChange: () => void;
  /** The change that is under way: the next one begins with what it has written. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(files: Files, models: Models, onChange: () => void) {
    this.#files = files;
    this.#models = models;
    this.#onChange = onChange;
  }

  async facts(): Promise<Shelves["history"]> {
    const all = await this.#cards();
    return {
      count: all.length,
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      newestWallMs: all.at(-1)?.madeWallMs ?? 0,
      marks: all.reduce((sum, { tags, exports }) => sum + tags.length + exports.length, 0),
    };
  }

  /** @returns WAV, 16 bit. */
  async draft(asked: Asked): Promise<Uint8Array<ArrayBuffer>> {
    return writeWav((await this.#make(asked)).sound, { encoding: "int16", madeHere: true });
  }

  /** What the model hears in a file, for a sound to start from. */
  async hear({ at, body, query }: Asked): Promise<StartRequest> {
    return startOfBytes(body, query.get("name") ?? "", await this.#models.voice(at("voice")));
  }

  async keep(asked: Asked): Promise<SoundCard> {
    const { wish, sound, sha256, name } = await this.#make(asked);
    const bytes = writeWav(sound, { encoding: "float32", madeHere: true });
    const about = { modelName: name, modelId: sha256.slice(0, 12), request: wish, isPlayed: false };
    return this.#remember(bytes, sound, about);
  }

  /** Keeps what was played by hand. @throws UserError "recording-not-read". */
  async keepPlayed({ at, body, query }: Asked): Promise<SoundCard> {
    const { model, sha256 } = await this.#models.voice(at("voice"));
    const wish = JSON.parse(query.get("request") ?? "{}") as unknown;
    const outcome = await decodeBytes(body);
    if (!outcome.ok) throw notFound(query.get("title") ?? "played");
    return this.#remember(body, outcome.sound, {
      modelName: model.description.name,
      modelId: sha256.slice(0, 12),
      request: readSoundRequest(wish, "the wish of the page"),
      isPlayed: true,
      title: query.get("title") ?? "played",
    });
  }

  /** @throws UserError "sound-not-found". */
  async change(
    id: string,
    change: (card: SoundCard) => Partial<Pick<SoundCard, "title" | "tags" | "exports">>,
  ): Promise<SoundCard> {
    const work = this.#changing.then(async () => {
      const { card } = await this.kept(id);
      const changed = { ...card, ...change(card) };
      await this.#files.write(cardFile(id), jsonBytes(changed));
      this.#onChange();
      return changed;
    });
    this.#changing = work.catch(() => undefined);
    return work;
  }

  /** The sound as a file of a format; that it was taken along is remembered. */
  async file(id: string, format: AudioFileFormat): Promise<FileAnswer> {
    const answer = await soundFileOf(await this.kept(id), format);
    const added = { wallMs: browserClock.wallMs(), format, path: answer.fileName };
    await this.change(id, ({ exports }) => ({ exports: withExport(exports, added) }));
    return answer;
  }

  async #remember(
    bytes: Uint8Array<ArrayBuffer>,
    sound: Sound,
    about: Pick<SoundCard, "modelName" | "modelId" | "request" | "isPlayed" | "title">,
  ): Promise<SoundCard> {
    const id = (await sha256Of(bytes)).slice(0, 12);
    const { lows, highs } = waveformOf(sound.channels, COLUMNS);
    const percents = (values: Float32Array): number[] =>
      Array.from(values, (value) => Math.round(100 * value));
    const card: SoundCard = {
      ...{ id, ...about, tags: [], exports: [] },
      madeWallMs: browserClock.wallMs(),
      durationSeconds: durationSeconds(sound),
      bytes: bytes.length,
      ...{ lows: percents(lows), highs: percents(highs) },
    };
    await this.#files.write(soundFile(id), bytes);
    await this.#files.write(cardFile(id), jsonBytes(card));
    this.#onChange();
    return card;
  }

  async list(query: URLSearchParams): Promise<SoundCards> {
    const all = (await this.#cards()).map((card) => ({ ...card, seed: card.request.seed }));
    const found = listedSounds(all, soundQueryOf(query));
    const skip = Number(query.get("skip") ?? 0) || 0;
    return { sounds: found.slice(skip, skip + SHOWN), found: found.length };
  }

  /** @throws UserError "sound-not-found". */
  async kept(
    id: string,
  ): Promise<{ readonly card: SoundCard; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const card = await this.#card(id);
    const bytes = await this.#files.read(soundFile(id));
    if (card === undefined || bytes === undefined) throw notFound(id);
    return { card, bytes };
  }

  async remove(id: string): Promise<void> {
    await this.#files.remove(`history/${id}`);
    this.#onChange();
  }

  async #make(asked: Asked): Promise<{
    readonly wish: SoundRequest;
    readonly sound: Sound;
    readonly sha256: string;
    readonly name: string;
  }> {
    const wish = readSoundRequest(bodyOf(asked), "the wish of the page");
    const { model, codec, sha256 } = await this.#models.voice(asked.at("voice"));
    const sound = await makeSound({ model, codec }, wish, () => asked.signal.throwIfAborted());
    return { wish, sound, sha256, name: model.description.name };
  }

  /** The oldest first. */
  async #cards(): Promise<SoundCard[]> {
    const ids = await this.#files.namesIn("history");
    const all = ids.map((id) => this.#card(id));
    return (await Promise.all(all))
      .filter((card) => card !== undefined)
      .sort((a, b) => a.madeWallMs - b.madeWallMs);
  }

  async #card(id: string): Promise<SoundCard | undefined> {
    const card = await readJson<SoundCard>(this.#files, cardFile(id));
    // Cards of before know neither tags nor exports.
    return card && { ...card, tags: card.tags ?? [], exports: card.exports ?? [] };
  }
}

export function soundRoutes(sounds: Sounds): readonly AloneRoute[] {
  return [
    {
      method: "POST",
      path: "voices/:voice/start",
      answer: async (asked) => ({ json: await sounds.hear(asked) }),
    },
    {
      method: "POST",
      path: "voices/:voice/draft",
      answer: async (asked) => ({ bytes: await sounds.draft(asked), type: "audio/wav" }),
    },
    {
      method: "POST",
      path: "voices/:voice/keep",
      answer: async (asked) => ({ json: await sounds.keep(asked) }),
    },
    {
      method: "POST",
      path: "voices/:voice/played",
      answer: async (asked) => ({ json: await sounds.keepPlayed(asked) }),
    },
    {
      method: "POST",
      path: "history/:sound/rename",
      answer: (asked) =>
        done(
          sounds.change(asked.at("sound"), () => ({
            title: bodyOf<{ readonly name: string }>(asked).name,
          })),
        ),
    },
    {
      method: "POST",
      path: "history/:sound/tags",
      answer: async (asked) => {
        const change = bodyOf<TagChange>(asked);
        const { tags } = await sounds.change(asked.at("sound"), (card) => ({
          tags: changedTags(card.tags, change),
        }));
        return { json: { tags } };
      },
    },
    {
      method: "GET",
      path: "history",
      answer: async ({ query }) => ({ json: await sounds.list(query) }),
    },
    {
      method: "GET",
      path: "history/:sound/sound",
      answer: async ({ at }) => ({
        bytes: (await sounds.kept(at("sound"))).bytes,
        type: "audio/wav",
      }),
    },
    {
      method: "GET",
      path: "history/:sound/file",
      answer: ({ at, query }) => sounds.file(at("sound"), formatOf(query.get("format"))),
    },
    {
      method: "DELETE",
      path: "history/:sound",
      answer: ({ at }) => done(sounds.remove(at("sound"))),
    },
  ];
}

async function soundFileOf(
  { card, bytes }: Awaited<ReturnType<Sounds["kept"]>>,
  format: AudioFileFormat,
): Promise<FileAnswer> {
  const outcome = await decodeBytes(bytes);
  if (!outcome.ok) throw notFound(card.id);
  const name = fileSafe(card.title ?? `${card.modelName}-${card.request.seed}`);
  return {
    bytes: await writeAudio(outcome.sound, { format }),
    type: "application/octet-stream",
    fileName: `${name}.${fileFormats[format].extension}`,
  };
}

function cardFile(id: string): string {
  return `history/${id}/card.json`;
}

function soundFile(id: string): string {
  return `history/${id}/sound.wav`;
}

function formatOf(given: string | null): AudioFileFormat {
  const formats = Object.keys(fileFormats) as AudioFileFormat[];
  return formats.find((one) => one === given) ?? "wav";
}

function notFound(id: string): UserError {
  return new UserError({
    code: "sound-not-found",
    message: `Cannot find the sound "${id}"`,
    hint: "Reload the page.",
  });
}
