/** Runs in the browser: one is trained at a time, in a thread of its own; all are kept. */

import { UserError } from "../../../errors.ts";
import type { RunEvent } from "../../../events/events.ts";
import { browserClock } from "../../../host.browser.ts";
import type { Json } from "../../../json.ts";
import type { DeviceWish } from "../../../sound/tensor/runtime.ts";
import type { TrainJob } from "../../../sound/train/job.ts";
import type { KnownSpeed } from "../../../sound/train/measured-speed.ts";
import { readRecord } from "../../../sound/train/record-file.ts";
import type { RunCard, TrainWish } from "../../contract.ts";
import { noPicture, type RunPicture } from "../../run-picture.ts";
import { type Channel, openChannel } from "../../server/channel.ts";
import { type PictureBook, pictureBook } from "../../server/picture-book.ts";
import { type AloneRoute, bodyOf, done } from "./answer.ts";
import { type Files, runStoreIn } from "./opfs.browser.ts";
import type { TrainOrder, TrainReport } from "./train-messages.ts";
import trainUrl from "./train-worker.browser.ts?worker&url";

export interface RunTools {
  readonly files: Files;
  readonly program: string;
  onChange(): void;
  /** A run has a model. */
  onModel(run: string): Promise<void>;
}

interface ActiveRun {
  readonly id: string;
  readonly worker: Worker;
  readonly book: PictureBook;
  readonly ended: Promise<void>;
}

/** What is kept beside a run, for lists. */
interface Kept {
  readonly name: string;
  readonly createdWallMs: number;
}

export class Runs {
  readonly #tools: RunTools;
  readonly #channels = new Map<string, Channel>();
  readonly #pictures = new Map<string, RunPicture>();
  #active: ActiveRun | undefined;

  constructor(tools: RunTools) {
    this.#tools = tools;
  }

  /** @throws UserError "training-going-on" and those of training. @returns The id of the run. */
  async start({ dataset, name = dataset, device, ...overrides }: TrainWish): Promise<string> {
    if (this.#active !== undefined) throw goingOn();
    const { files, program } = this.#tools;
    const taken = new Set(await files.namesIn("runs"));
    let id = name;
    for (let number = 2; taken.has(id); number += 1) id = `${name}-${number}`;
    const kept: Kept = { name, createdWallMs: browserClock.wallMs() };
    await files.write(`runs/${id}/card.json`, jsonBytes(kept));
    const job = { corpusFolder: dataset, name, program, overrides };
    const wish: DeviceWish = device === "processor" ? "wasm" : (device ?? "auto");
    await this.#begin(id, { ...job, device: wish, threads: threadsHere(), resume: false });
    return id;
  }

  async resume(id: string, longer: { readonly minutes?: number }): Promise<void> {
    const { files, program } = this.#tools;
    const { corpusFolder, name } = await readRecord(runStoreIn(files, `runs/${id}`));
    await this.#begin(id, { corpusFolder, name, program, overrides: longer, resume: true });
  }

  /** Resolves when it has ended, with a checkpoint. */
  async cancel(id: string): Promise<void> {
    if (this.#active?.id !== id) return;
    const order: TrainOrder = { kind: "stop" };
    this.#active.worker.postMessage(order);
    await this.#active.ended;
  }

  /** @returns WAV. @throws UserError "preview-not-found". */
  async preview(id: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
    const name = path.replace(/^.*\//s, "");
    const bytes = await this.#tools.files.read(`runs/${id}/previews/${name}`);
    if (bytes === undefined) throw noPreview(name);
    return bytes;
  }

  async channel(id: string): Promise<Channel> {
    await this.#pictureOf(id);
    return this.#channelOf(id);
  }

  /** The newest first. */
  async cards(): Promise<RunCard[]> {
    const ids = await this.#tools.files.namesIn("runs");
    const cards = await Promise.all(ids.map((id) => this.#cardOf(id)));
    return cards.sort((a, b) => b.createdWallMs - a.createdWallMs);
  }

  #channelOf(id: string): Channel {
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    const channel = openChannel(`run:${id}`, () => this.#pictureNow(id));
    this.#channels.set(id, channel);
    return channel;
  }

  #pictureNow(id: string): RunPicture {
    if (this.#active?.id === id) return this.#active.book.picture();
    return this.#pictures.get(id) ?? noPicture;
  }

  async #pictureOf(id: string): Promise<RunPicture> {
    const known = this.#pictures.get(id);
    if (known !== undefined) return known;
    const kept = await readJson<RunPicture>(this.#tools.files, `runs/${id}/picture.json`);
    const picture = stopped(kept ?? noPicture);
    this.#pictures.set(id, picture);
    return picture;
  }

  /** Resolves once it has begun; rejects where it failed before. */
  async #begin(id: string, job: TrainJob): Promise<void> {
    if (this.#active !== undefined) throw goingOn();
    const from = await this.#pictureOf(id);
    const book = pictureBook(from);
    const speeds = await this.#speeds();
    const worker = new Worker(trainUrl, { type: "module" });
    await new Promise<void>((begun, failed) => {
      const ended = new Promise<void>((over) => {
        worker.onmessage = ({ data }: MessageEvent<TrainReport>) => {
          if (data.kind === "event") {
            this.#see(id, book, data.event);
            begun();
            return;
          }
          void this.#close(id, book).then(over);
          if (data.trouble !== undefined) failed(new UserError(data.trouble));
        };
        worker.onerror = ({ message }) => {
          void this.#close(id, book).then(over);
          failed(new Error(message));
        };
      });
      this.#active = { id, worker, book, ended };
      const after = { seq: from.seq + 1, atMs: 0 };
      const folder = `runs/${id}`;
      const order: TrainOrder = { kind: "begin", job: { ...job, speeds }, folder, after };
      worker.postMessage(order);
      this.#channelOf(id).tell();
      this.#tools.onChange();
    });
  }

  #see(id: string, book: PictureBook, event: RunEvent): void {
    book.add(event);
    this.#channelOf(id).tell(event as unknown as Json);
    if (event.type === "device-status" && event.measured) void this.#keepSpeeds(event.measured);
    if (event.type === "checkpoint-saved") void this.#keepPicture(id, book.picture());
    if (event.type === "model-saved") void this.#tools.onModel(id);
    if (event.type === "run-started" || event.type === "plan-made") this.#tools.onChange();
  }

  async #close(id: string, book: PictureBook): Promise<void> {
    this.#active?.worker.terminate();
    this.#pictures.set(id, book.picture());
    this.#active = undefined;
    await this.#keepPicture(id, book.picture());
    this.#channelOf(id).tell();
    this.#tools.onChange();
  }

  #keepPicture(id: string, picture: RunPicture): Promise<void> {
    return this.#tools.files.write(`runs/${id}/picture.json`, jsonBytes(picture));
  }

  /** What this browser was measured to do. */
  async #speeds(): Promise<readonly KnownSpeed[]> {
    return (await readJson<readonly KnownSpeed[]>(this.#tools.files, SPEEDS)) ?? [];
  }

  async #keepSpeeds(measured: readonly KnownSpeed[]): Promise<void> {
    const isOld = (old: KnownSpeed): boolean =>
      measured.some(({ runtime, recipe }) => runtime === old.runtime && recipe === old.recipe);
    const others = (await this.#speeds()).filter((old) => !isOld(old));
    const kept = [...measured, ...others].slice(0, SPEEDS_MAX);
    await this.#tools.files.write(SPEEDS, jsonBytes(kept));
  }

  async #cardOf(id: string): Promise<RunCard> {
    const kept = await readJson<Kept>(this.#tools.files, `runs/${id}/card.json`);
    const isOurs = this.#active?.id === id;
    return {
      id,
      name: kept?.name ?? id,
      createdWallMs: kept?.createdWallMs ?? 0,
      state: isOurs ? "at-work" : stateOf(await this.#pictureOf(id)),
      bytes: 0,
      isOurs,
    };
  }
}

export function runRoutes(runs: Runs): readonly AloneRoute[] {
  return [
    {
      method: "POST",
      path: "runs",
      answer: async (asked) => ({ json: { id: await runs.start(bodyOf<TrainWish>(asked)) } }),
    },
    {
      method: "POST",
      path: "runs/:run/cancel",
      answer: ({ at }) => done(runs.cancel(at("run"))),
    },
    {
      method: "POST",
      path: "runs/:run/resume",
      answer: (asked) => done(runs.resume(asked.at("run"), bodyOf(asked))),
    },
    {
      method: "GET",
      path: "runs/:run/preview",
      answer: async ({ at, query }) => ({
        bytes: await runs.preview(at("run"), query.get("path") ?? ""),
        type: "audio/wav",
      }),
    },
  ];
}

// --- internal ---

const SPEEDS = "speeds.json";
const SPEEDS_MAX = 50;

/** More would only wait for memory. */
const THREADS_MAX = 4;

function threadsHere(): number {
  return crossOriginIsolated ? Math.min(THREADS_MAX, navigator.hardwareConcurrency) : 1;
}

function stateOf({ state }: RunPicture): RunCard["state"] {
  if (state.savedModel !== undefined) return "finished";
  return state.stepsDone > 0 || state.checkpoint !== undefined ? "stopped" : "not-begun";
}

/** A page that was closed has told no end of its run. */
function stopped(picture: RunPicture): RunPicture {
  if (picture.state.status !== "running") return picture;
  return { ...picture, state: { ...picture.state, status: "cancelled" } };
}

export async function readJson<T>(files: Files, name: string): Promise<T | undefined> {
  const bytes = await files.read(name);
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T);
}

export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function goingOn(): UserError {
  return new UserError({
    code: "training-going-on",
    message: "Cannot start another training: one is going on",
    hint: "Stop it first; what it has learned is kept.",
  });
}

function noPreview(name: string): UserError {
  return new UserError({
    code: "preview-not-found",
    message: `Cannot find the preview "${name}"`,
    hint: "Reload the page.",
  });
}
