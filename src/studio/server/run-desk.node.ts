/** Runs: one is trained here at a time; those of before are read from their logs. */

import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../../errors.ts";
import type { RunEvent } from "../../events/events.ts";
import { readEventLog } from "../../events/log.node.ts";
import type { Json } from "../../json.ts";
import type { DeviceWish } from "../../sound/tensor/runtime.ts";
import { keptRun, runFolders } from "../../sound/train/kept-runs.node.ts";
import { runPaths } from "../../sound/train/run-folder.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { type Engine, engineOf, trainingDeviceOf } from "../../sound/work/engine.node.ts";
import { fileSafe } from "../../sound/work/file-safe.ts";
import { freeFolder } from "../../sound/work/free-folder.node.ts";
import { defaultOutside } from "../../sound/work/outside-corpus.node.ts";
import { resumeTraining, train } from "../../sound/work/train.node.ts";
import type { RunCard, TrainWish } from "../contract.ts";
import { noPicture, type RunPicture } from "../run-picture.ts";
import { type Channel, openChannel } from "./channel.ts";
import { pictureBook } from "./picture-book.ts";
import type { StudioTools } from "./tools.ts";

export interface RunDeskTools extends StudioTools {
  /** A run began or ended, or there is a model. */
  onChange(): void;
}

interface OwnRun {
  readonly id: string;
  /** Until it has a record. */
  readonly card: RunCard;
  readonly channel: Channel;
  readonly stop: AbortController;
  readonly picture: () => RunPicture;
  ended: Promise<void>;
}

export class RunDesk {
  readonly #tools: RunDeskTools;
  /** Runs that do not lie among the configured ones: beside a corpus that holds that folder. */
  readonly #elsewhere = new Map<string, string>();
  readonly #channels = new Map<string, Channel>();
  /** Of runs that do not run here, as they were when a reader last subscribed. */
  readonly #pictures = new Map<string, RunPicture>();
  #active: OwnRun | undefined;
  /** The newest that ended here, so that its readers keep their channel. */
  #last: OwnRun | undefined;

  constructor(tools: RunDeskTools) {
    this.#tools = tools;
  }

  /** @throws UserError "training-going-on" and those of training. @returns The id of the run. */
  async start({ dataset, name: given, device, ...rest }: TrainWish): Promise<string> {
    this.#requireIdle();
    const { folder, name: corpusName } = await corpusFolderOf(this.#tools, `@${dataset}`);
    const name = given ?? corpusName;
    const { runs } = this.#tools.settings.paths;
    const parent = await defaultOutside(runs, folder, this.#tools);
    const runFolder = await freeFolder(parent, fileSafe(name));
    const id = basename(runFolder);
    if (parent !== runs) this.#elsewhere.set(id, runFolder);
    this.#requireIdle();
    await this.#follow(id, noPicture, (signal) =>
      train({ folder, runFolder, name, ...this.#place(device), ...rest, signal }),
    );
    return id;
  }

  async resume(id: string, longer: { readonly minutes?: number }): Promise<void> {
    this.#requireIdle();
    const runFolder = await this.folderOf(id);
    const picture = await this.#pictureOf(id);
    this.#requireIdle();
    await this.#follow(id, picture, (signal) =>
      resumeTraining({ runFolder, ...this.#place(), ...longer, signal }),
    );
  }

  /** Resolves when it has ended, with a checkpoint. */
  async cancel(id: string): Promise<void> {
    const run = this.#active;
    if (run?.id !== id) return;
    run.stop.abort();
    await run.ended;
  }

  /** Id of the run that is trained here now. */
  get active(): string | undefined {
    return this.#active?.id;
  }

  /** The newest first; with what could not be read. */
  async cards(): Promise<{ readonly cards: RunCard[]; readonly failures: unknown[] }> {
    const failures: unknown[] = [];
    const { runs } = this.#tools.settings.paths;
    const folders = [...(await runFolders(runs)), ...this.#elsewhere.values()];
    const cards = await Promise.all(
      folders.map(async (folder): Promise<RunCard[]> => {
        const id = basename(folder);
        try {
          return [{ ...(await keptRun(folder)), id, isOurs: this.active === id }];
        } catch (failure) {
          if (id === this.active) return [];
          failures.push(failure);
          return [];
        }
      }),
    );
    const known = cards.flat();
    const begun = this.#active;
    // One that has just begun has no record yet.
    if (begun && !known.some(({ id }) => id === begun.id)) known.push(begun.card);
    return { cards: known.sort((a, b) => b.createdWallMs - a.createdWallMs), failures };
  }

  async channel(id: string): Promise<Channel> {
    if (this.#own(id) === undefined) this.#pictures.set(id, await this.#pictureOf(id));
    return this.#channelOf(id);
  }

  /** One for each run: readers of a stopped run receive its events when it goes on. */
  #channelOf(id: string): Channel {
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    const picture = (): RunPicture =>
      this.#own(id)?.picture() ?? this.#pictures.get(id) ?? noPicture;
    const channel = openChannel(`run:${id}`, picture);
    this.#channels.set(id, channel);
    return channel;
  }

  /** @throws UserError "run-not-found". */
  async folderOf(id: string): Promise<string> {
    const known = this.#elsewhere.get(id);
    if (known !== undefined) return known;
    const folders = await runFolders(this.#tools.settings.paths.runs);
    const found = folders.find((folder) => basename(folder) === id);
    if (found !== undefined) return found;
    throw new UserError({
      code: "run-not-found",
      message: `Cannot find a run called "${id}"`,
      hint: "Reload the page: it may have been moved or deleted.",
    });
  }

  /** A preview that the run made. @throws UserError "preview-not-found". */
  async preview(id: string, path: string): Promise<Uint8Array> {
    const { previews } = runPaths(await this.folderOf(id));
    const name = basename(path.replaceAll("\\", "/"));
    const names = await readdir(previews).catch((): string[] => []);
    if (names.includes(name)) return readFile(join(previews, name));
    throw new UserError({
      code: "preview-not-found",
      message: `Cannot find the preview "${name}"`,
      hint: "It may have been deleted from the folder of the run.",
    });
  }

  /** Ends the run, with a checkpoint. */
  async close(): Promise<void> {
    const run = this.#active;
    run?.stop.abort();
    await run?.ended;
  }

  /** Resolves once the run has begun; rejects where it failed before. */
  #follow(
    id: string,
    from: RunPicture,
    begin: (signal: AbortSignal) => AsyncGenerator<RunEvent>,
  ): Promise<void> {
    const book = pictureBook(from);
    const run: OwnRun = {
      id,
      card: {
        id,
        name: from.state.started?.title ?? id,
        createdWallMs: this.#tools.clock.wallMs(),
        state: "at-work",
        bytes: 0,
        isOurs: true,
      },
      stop: new AbortController(),
      picture: book.picture,
      channel: this.#channelOf(id),
      ended: Promise.resolve(),
    };
    this.#active = run;
    run.channel.tell();
    return new Promise((resolve, reject) => {
      const listen = async (): Promise<void> => {
        for await (const event of begin(run.stop.signal)) {
          book.add(event);
          run.channel.tell(event as unknown as Json);
          resolve();
          if (TOLD_OF.has(event.type)) this.#tools.onChange();
        }
      };
      const failed = (failure: unknown): void => {
        if (!(failure instanceof UserError)) this.#tools.onBug(failure);
        reject(failure);
      };
      run.ended = listen()
        .catch(failed)
        .finally(() => {
          this.#active = undefined;
          this.#last = run;
          run.channel.tell();
          this.#tools.onChange();
        });
      this.#tools.onChange();
    });
  }

  #own(id: string): OwnRun | undefined {
    return [this.#active, this.#last].find((run) => run?.id === id);
  }

  async #pictureOf(id: string): Promise<RunPicture> {
    const own = this.#own(id);
    if (own !== undefined) return own.picture();
    const book = pictureBook(noPicture);
    try {
      const { events } = runPaths(await this.folderOf(id));
      for await (const event of readEventLog(events)) book.add(event);
    } catch (failure) {
      // What was readable is shown.
      if (!(failure instanceof UserError) || failure.code === "run-not-found") throw failure;
    }
    return book.picture();
  }

  #place(
    wish?: TrainWish["device"],
  ): Omit<Engine, "device"> & { readonly device: DeviceWish; readonly library: string } {
    const { settings } = this.#tools;
    const device = wish === "processor" ? "native" : (wish ?? trainingDeviceOf(settings));
    return { ...engineOf(settings), device, library: settings.paths.models };
  }

  #requireIdle(): void {
    if (this.#active === undefined) return;
    throw new UserError({
      code: "training-going-on",
      message: "Cannot start another training: one is going on",
      hint: "Stop it first; what it has learned is kept.",
    });
  }
}

const TOLD_OF: ReadonlySet<RunEvent["type"]> = new Set(["run-started", "plan-made", "model-saved"]);
