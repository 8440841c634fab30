/** Sweeps: read from their folders, for other processes carry them out, as long as a page looks. */

import { basename } from "node:path";
import { UserError } from "../../errors.ts";
import { readEventLog } from "../../events/log.node.ts";
import type { Json } from "../../json.ts";
import {
  type KeptSweep,
  openKeptSweep,
  type SweepGlance,
  sweepFolders,
  sweepRunLog,
} from "../../queue/kept-sweep.node.ts";
import type { SweepCard } from "../contract.ts";
import { noPicture } from "../run-picture.ts";
import { sweepRunOf } from "../sweep-run-id.ts";
import { type Channel, openChannel, whileRead } from "./channel.ts";
import { pictureBook } from "./picture-book.ts";
import { sweepCard } from "./sweep-card.node.ts";
import type { StudioTools } from "./tools.ts";

/** The coordinator looks at its runs as often as this, give or take. */
const LOOK_MS = 1000;

export interface SweepDeskTools extends Pick<StudioTools, "clock" | "onBug"> {
  /** The folder of runs, absolute: sweeps lie among them. */
  readonly runs: string;
}

export class SweepDesk {
  readonly #tools: SweepDeskTools;
  readonly #sweeps = new Map<string, KeptSweep>();
  readonly #runs = new Map<string, Channel>();
  #cards: readonly SweepCard[] = [];
  /** The list of all. */
  readonly channel: Channel;

  constructor(tools: SweepDeskTools) {
    this.#tools = tools;
    const channel = openChannel("sweeps", () => this.#cards);
    this.channel = whileRead(channel, (signal) => {
      this.#keepLooking(channel, signal).catch(tools.onBug);
    });
  }

  /** The picture of a run, followed as its log grows. @throws UserError "run-not-found". */
  async runChannel(id: string): Promise<Channel> {
    const known = this.#runs.get(id);
    if (known !== undefined) return known;
    const of = sweepRunOf(id);
    const folders = await sweepFolders(this.#tools.runs);
    const folder = folders.find((one) => basename(one) === of?.sweep);
    if (folder === undefined || of === undefined) throw notFound(id);
    const channel = this.#followed(id, sweepRunLog(folder, of.job));
    this.#runs.set(id, channel);
    return channel;
  }

  #followed(id: string, log: string): Channel {
    const { clock, onBug } = this.#tools;
    let book = pictureBook(noPicture);
    const channel = openChannel(`run:${id}`, () => book.picture());
    /** Until it ends; what was read of the log before stays until this one says something. */
    const read = async (signal: AbortSignal): Promise<void> => {
      const options = { follow: { clock, signal }, onDamagedLine: () => {} };
      let isFirst = true;
      for await (const event of readEventLog(log, options)) {
        if (signal.aborted) return;
        if (isFirst) {
          book = pictureBook(noPicture);
          channel.tell();
          isFirst = false;
        }
        book.add(event);
        channel.tell(event as unknown as Json);
      }
    };
    // A sweep that is resumed writes the log of each open run anew.
    const follow = async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        await read(signal).catch((failure: unknown) => {
          // There is none yet, or it has gone with its sweep.
          if (!(failure instanceof UserError)) throw failure;
        });
        await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      }
    };
    return whileRead(channel, (signal) => {
      follow(signal).catch(onBug);
    });
  }

  async #keepLooking(channel: Channel, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const cards = await this.#look();
      if (JSON.stringify(cards) !== JSON.stringify(this.#cards)) {
        this.#cards = cards;
        channel.tell();
      }
      await this.#tools.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** The newest first. */
  async #look(): Promise<readonly SweepCard[]> {
    const folders = await sweepFolders(this.#tools.runs);
    const glances = await Promise.all(folders.map((folder) => this.#glance(folder)));
    return glances
      .flatMap((glance) => glance ?? [])
      .sort((a, b) => b.startedWallMs - a.startedWallMs)
      .map(sweepCard);
  }

  /** @returns undefined of one whose plan cannot be read; `etude sweep --resume` says why. */
  async #glance(folder: string): Promise<SweepGlance | undefined> {
    try {
      const known = this.#sweeps.get(folder);
      const sweep = (await known?.isStill()) ? known : await openKeptSweep(folder);
      if (sweep === undefined) return undefined;
      this.#sweeps.set(folder, sweep);
      return await sweep.look();
    } catch (failure) {
      if (failure instanceof UserError) return undefined;
      throw failure;
    }
  }
}

function notFound(id: string): UserError {
  return new UserError({
    code: "run-not-found",
    message: `Cannot find a run of a sweep called "${id}"`,
    hint: "Reload the page: the folder of its sweep may have been moved or deleted.",
  });
}
