/** The corpora of the library as the page shows them: read once, and again where they changed. */

import { join } from "node:path";
import { UserError } from "../../errors.ts";
import type { DecoderPool } from "../../sound/audio/codecs/decoder-pool.node.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { type CorpusFile, corpusReport } from "../../sound/audio/corpus/corpus.ts";
import type { CorpusEntry } from "../../sound/audio/corpus/judge.ts";
import { readCorpus } from "../../sound/audio/corpus/scan.node.ts";
import { describeSound, type SoundDescription } from "../../sound/audio/descriptors/describe.ts";
import { MODEL_RATE_HZ } from "../../sound/audio/spectrogram.ts";
import { isRecordingOf, putAside } from "../../sound/library/recordings.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { corpusMap, type DescribedSound } from "../../sound/work/corpus-map.ts";
import type { MapPoint } from "../../sound/work/map-words.ts";
import type { CorpusView } from "../contract.ts";
import { troubleOf } from "./answers.node.ts";
import { type Channel, openChannel } from "./channel.ts";
import { corpusView, emptyView } from "./corpus-view.ts";
import type { StudioTools } from "./tools.ts";

/** A file of a corpus, without its sound. */
export interface HeldEntry extends Omit<CorpusEntry, "mono"> {
  /** The page brought it in. */
  readonly isRemovable: boolean;
}

interface Corpus {
  readonly name: string;
  readonly channel: Channel;
  entries: Map<string, HeldEntry>;
  view: CorpusView;
  reading: AbortController | undefined;
}

const TELL_EVERY_MS = 150;
const DESCRIBED_SECONDS = 4;

export class CorpusDesk {
  readonly #tools: StudioTools;
  readonly #pool: DecoderPool;
  readonly #corpora = new Map<string, Corpus>();
  /** By the hash of the file. */
  readonly #descriptions = new Map<string, SoundDescription>();

  constructor(tools: StudioTools, pool: DecoderPool) {
    this.#tools = tools;
    this.#pool = pool;
  }

  /** @throws UserError "dataset-not-found" and others of datasets. */
  async channel(name: string): Promise<Channel> {
    return (await this.#corpusOf(name)).channel;
  }

  /** Its recordings are others now. */
  changed(name: string): void {
    const corpus = this.#corpora.get(name);
    if (corpus !== undefined) this.#startReading(corpus);
  }

  /** It is gone. */
  forget(name: string): void {
    this.#corpora.get(name)?.reading?.abort();
    this.#corpora.delete(name);
  }

  /** @returns WAV, 16 bit. @throws UserError "recording-not-found" or "recording-not-read". */
  async soundOf(name: string, path: string): Promise<Uint8Array> {
    const { diskPath } = entryOf(await this.#corpusOf(name), path);
    const { outcome } = await this.#pool.decode(diskPath);
    if (outcome.ok) return writeWav(outcome.sound, { encoding: "int16" });
    throw new UserError({
      code: "recording-not-read",
      message: `Cannot play "${path}": ${outcome.message}`,
      hint: "Its line in the list says more.",
    });
  }

  /** @returns What puts it back. @throws UserError "recording-not-ours" and others. */
  async remove(name: string, path: string): Promise<() => Promise<void>> {
    const corpus = await this.#corpusOf(name);
    const entry = entryOf(corpus, path);
    const { folder } = await corpusFolderOf(this.#tools, `@${name}`);
    const library = this.#tools.settings.paths.datasets;
    const putBack = await putAside(library, name, pathOnDisk(folder, entry));
    corpus.entries.delete(path);
    this.#show(corpus, folder);
    // A recording that it doubled is used from now on, so all is looked at again.
    this.#startReading(corpus);
    return putBack;
  }

  /** Where its sounds lie by what they are like. */
  async map(name: string, signal: AbortSignal): Promise<MapPoint[]> {
    const corpus = await this.#corpusOf(name);
    const used = [...corpus.entries.values()].filter(({ file }) => file.fate === "used");
    const described: DescribedSound[] = [];
    for (const { file, diskPath, contentHash = "" } of used) {
      signal.throwIfAborted();
      const description = this.#descriptions.get(contentHash) ?? (await this.#described(diskPath));
      if (description === undefined) continue;
      this.#descriptions.set(contentHash, description);
      described.push({ path: file.path, description });
    }
    return corpusMap(described);
  }

  /** Its first seconds stand for it. */
  async #described(diskPath: Uint8Array): Promise<SoundDescription | undefined> {
    const { outcome } = await this.#pool.prepare(diskPath, MODEL_RATE_HZ);
    if (!outcome.ok) return undefined;
    return describeSound(
      outcome.mono.subarray(0, DESCRIBED_SECONDS * MODEL_RATE_HZ),
      MODEL_RATE_HZ,
    );
  }

  async #corpusOf(name: string): Promise<Corpus> {
    const known = this.#corpora.get(name);
    if (known !== undefined) return known;
    await corpusFolderOf(this.#tools, `@${name}`);
    const corpus: Corpus = {
      name,
      channel: openChannel(`corpus:${name}`, () => corpus.view),
      entries: new Map(),
      view: emptyView(name),
      reading: undefined,
    };
    this.#corpora.set(name, corpus);
    this.#startReading(corpus);
    return corpus;
  }

  #startReading(corpus: Corpus): void {
    corpus.reading?.abort();
    const reading = new AbortController();
    corpus.reading = reading;
    const signal = AbortSignal.any([reading.signal, this.#tools.signal]);
    this.#read(corpus, signal).catch((failure: unknown) => {
      if (signal.aborted) return;
      corpus.view = { ...corpus.view, progress: undefined, trouble: troubleOf(failure) };
      corpus.channel.tell();
      if (!(failure instanceof UserError)) this.#tools.onBug(failure);
    });
  }

  async #read(corpus: Corpus, signal: AbortSignal): Promise<void> {
    const { settings, clock } = this.#tools;
    const { name } = corpus;
    const { folder } = await corpusFolderOf(this.#tools, `@${name}`);
    const entries: Corpus["entries"] = new Map();
    let toldMs = clock.nowMs();
    for await (const { mono: _, ...entry } of readCorpus(folder, { pool: this.#pool, signal })) {
      const place = pathOnDisk(folder, entry);
      const isRemovable = await isRecordingOf(settings.paths.datasets, name, place);
      entries.set(entry.file.path, { ...entry, isRemovable });
      if (clock.nowMs() - toldMs < TELL_EVERY_MS) continue;
      toldMs = clock.nowMs();
      const progress = { done: entry.index + 1, total: entry.fileCount };
      corpus.view = { ...corpus.view, progress, trouble: undefined };
      corpus.channel.tell();
    }
    signal.throwIfAborted();
    corpus.entries = entries;
    this.#show(corpus, folder);
  }

  #show(corpus: Corpus, folder: string): void {
    const files: CorpusFile[] = [...corpus.entries.values()].map(({ file }) => file);
    corpus.view = corpusView(corpus.name, corpusReport(folder, files), corpus.entries);
    corpus.channel.tell();
  }
}

function entryOf(corpus: Corpus, path: string): HeldEntry {
  const entry = corpus.entries.get(path);
  if (entry !== undefined) return entry;
  throw new UserError({
    code: "recording-not-found",
    message: `Cannot find "${path}": it is not in this corpus`,
    hint: "Reload the page.",
  });
}

/** Only of names that are UTF-8; others cannot have come through the page. */
function pathOnDisk(
  folder: string,
  { file, diskPath }: Pick<CorpusEntry, "file" | "diskPath">,
): string {
  const text = new TextDecoder().decode(diskPath);
  return text.includes("\ufffd") ? join(folder, ...file.path.split("/")) : text;
}
