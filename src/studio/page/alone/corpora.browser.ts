/** Corpora in the browser's file system: added, read, played, removed and restored. */

import { UserError } from "../../../errors.ts";
import { decodeBytes } from "../../../sound/audio/codecs/decode.ts";
import { writeWav } from "../../../sound/audio/codecs/wav-write.ts";
import { corpusReport } from "../../../sound/audio/corpus/corpus.ts";
import type { CorpusEntry } from "../../../sound/audio/corpus/judge.ts";
import { describeSound } from "../../../sound/audio/descriptors/describe.ts";
import { MODEL_RATE_HZ } from "../../../sound/audio/spectrogram.ts";
import { corpusMap, type DescribedSound } from "../../../sound/work/corpus-map.ts";
import type { MapPoint } from "../../../sound/work/map-words.ts";
import type { CorpusView, DatasetCard } from "../../contract.ts";
import { type Channel, openChannel } from "../../server/channel.ts";
import { corpusView, emptyView } from "../../server/corpus-view.ts";
import { type AloneRoute, type Asked, bodyOf, done, troubleIn } from "./answer.ts";
import type { Files } from "./opfs.browser.ts";
import {
  preparedRecording,
  readRecordings,
  recordingFile,
  recordingPaths,
  recordingsFolder,
} from "./recordings.browser.ts";

interface Corpus {
  readonly channel: Channel;
  view: CorpusView;
  reading: AbortController;
}

const DESCRIBED_SECONDS = 4;

export class Corpora {
  readonly #files: Files;
  readonly #onChange: () => void;
  readonly #corpora = new Map<string, Corpus>();
  /** What was taken out, until the page is closed. */
  readonly #aside = new Map<string, () => Promise<void>>();

  constructor(files: Files, onChange: () => void) {
    this.#files = files;
    this.#onChange = onChange;
  }

  async cards(): Promise<DatasetCard[]> {
    const names = await this.#files.namesIn("datasets");
    return names.map((name) => ({ name, places: [], holdsUploads: true }));
  }

  channel(name: string): Channel {
    const known = this.#corpora.get(name);
    if (known !== undefined) return known.channel;
    const corpus: Corpus = {
      channel: openChannel(`corpus:${name}`, () => corpus.view),
      view: emptyView(name),
      reading: new AbortController(),
    };
    this.#corpora.set(name, corpus);
    this.#startReading(name, corpus);
    return corpus.channel;
  }

  changed(name: string): void {
    const corpus = this.#corpora.get(name);
    if (corpus !== undefined) this.#startReading(name, corpus);
    this.#onChange();
  }

  async bring(name: string, path: string, bytes: Uint8Array): Promise<void> {
    await this.#files.write(recordingFile(name, path), bytes);
  }

  /** @returns WAV, 16 bit. @throws UserError "recording-not-found" or "recording-not-read". */
  async soundOf(name: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#files.read(recordingFile(name, path));
    if (bytes === undefined) throw notFound(path);
    const outcome = await decodeBytes(bytes);
    if (!outcome.ok) throw notPlayed(path, outcome.message);
    return writeWav(outcome.sound, { encoding: "int16" });
  }

  /** @returns What puts it back. */
  async takeOut(name: string, path: string): Promise<string> {
    const file = recordingFile(name, path);
    const bytes = await this.#files.read(file);
    if (bytes === undefined) throw notFound(path);
    await this.#files.remove(file);
    const undo = `${name} ${this.#aside.size}`;
    this.#aside.set(undo, () => this.#files.write(file, bytes));
    this.changed(name);
    return undo;
  }

  async putBack(name: string, undo: string): Promise<void> {
    await this.#aside.get(undo)?.();
    this.changed(name);
  }

  async removeAll(name: string): Promise<void> {
    this.#corpora.get(name)?.reading.abort();
    this.#corpora.delete(name);
    await this.#files.remove(recordingsFolder(name));
    this.#onChange();
  }

  /** Where its sounds lie by what they are like. */
  async map(name: string, signal: AbortSignal): Promise<MapPoint[]> {
    const described: DescribedSound[] = [];
    for (const path of await recordingPaths(this.#files, name)) {
      signal.throwIfAborted();
      const { outcome } = await preparedRecording(this.#files, name, path);
      if (!outcome.ok) continue;
      const start = outcome.mono.subarray(0, DESCRIBED_SECONDS * MODEL_RATE_HZ);
      const description = describeSound(start, MODEL_RATE_HZ);
      if (description !== undefined) described.push({ path, description });
    }
    return corpusMap(described);
  }

  #startReading(name: string, corpus: Corpus): void {
    corpus.reading.abort();
    corpus.reading = new AbortController();
    const { signal } = corpus.reading;
    this.#read(name, corpus, signal).catch((failure: unknown) => {
      if (signal.aborted) return;
      corpus.view = { ...corpus.view, progress: undefined, trouble: troubleIn(failure) };
      corpus.channel.tell();
    });
  }

  async #read(name: string, corpus: Corpus, signal: AbortSignal): Promise<void> {
    const entries: Omit<CorpusEntry, "mono">[] = [];
    for await (const { mono: _, ...entry } of readRecordings(this.#files, name, { signal })) {
      entries.push(entry);
      const progress = { done: entry.index + 1, total: entry.fileCount };
      corpus.view = { ...corpus.view, progress, trouble: undefined };
      corpus.channel.tell();
    }
    signal.throwIfAborted();
    const report = corpusReport(
      name,
      entries.map(({ file }) => file),
    );
    const shown = entries.map(
      (entry) => [entry.file.path, { ...entry, isRemovable: true }] as const,
    );
    corpus.view = corpusView(name, report, new Map(shown));
    corpus.channel.tell();
  }
}

export function corpusRoutes(corpora: Corpora): readonly AloneRoute[] {
  const pathOf = ({ query }: Asked): string => query.get("path") ?? "";
  return [
    {
      method: "PUT",
      path: "corpora/:name/sound",
      answer: (asked) => done(corpora.bring(asked.at("name"), pathOf(asked), asked.body)),
    },
    {
      method: "POST",
      path: "corpora/:name/read",
      answer: async ({ at }) => {
        corpora.changed(at("name"));
        return { json: {} };
      },
    },
    {
      method: "GET",
      path: "corpora/:name/sound",
      answer: async (asked) => ({
        bytes: await corpora.soundOf(asked.at("name"), pathOf(asked)),
        type: "audio/wav",
      }),
    },
    {
      method: "GET",
      path: "corpora/:name/map",
      answer: async ({ at, signal }) => ({ json: await corpora.map(at("name"), signal) }),
    },
    {
      method: "DELETE",
      path: "corpora/:name",
      answer: ({ at }) => done(corpora.removeAll(at("name"))),
    },
    {
      method: "DELETE",
      path: "corpora/:name/sound",
      answer: async (asked) => ({
        json: { undo: await corpora.takeOut(asked.at("name"), pathOf(asked)) },
      }),
    },
    {
      method: "POST",
      path: "corpora/:name/undo",
      answer: (asked) =>
        done(corpora.putBack(asked.at("name"), bodyOf<{ readonly undo: string }>(asked).undo)),
    },
  ];
}

function notFound(path: string): UserError {
  return new UserError({
    code: "recording-not-found",
    message: `Cannot find "${path}": it is not in this corpus`,
    hint: "Reload the page.",
  });
}

function notPlayed(path: string, why: string): UserError {
  return new UserError({
    code: "recording-not-read",
    message: `Cannot play "${path}": ${why}`,
    hint: "Its line in the list says more.",
  });
}
