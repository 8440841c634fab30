/** Instruments: rendered one after the other while the studio goes on, cancelled, taken along. */

import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../../errors.ts";
import {
  type KeptInstrument,
  readInstruments,
  writeInstrumentManifest,
} from "../../sound/library/instruments.node.ts";
import { fileSafe } from "../../sound/work/file-safe.ts";
import { freeFolder } from "../../sound/work/free-folder.node.ts";
import type { SoundMaker } from "../../sound/work/maker.node.ts";
import type { ModelPlace } from "../../sound/work/maker-jobs.ts";
import type { InstrumentCard, InstrumentWish } from "../contract.ts";
import { troubleOf } from "./answers.node.ts";
import { type Channel, openChannel } from "./channel.ts";
import type { StudioTools } from "./tools.ts";

interface Making {
  card: InstrumentCard;
  readonly stop: AbortController;
}

export class InstrumentDesk {
  readonly channel: Channel;
  /** Where they lie. */
  readonly shelf: string;
  readonly #tools: StudioTools;
  readonly #maker: SoundMaker;
  readonly #making = new Map<string, Making>();
  #kept: readonly KeptInstrument[] = [];

  constructor(tools: StudioTools, maker: SoundMaker) {
    this.#tools = tools;
    this.#maker = maker;
    this.shelf = join(tools.settings.paths.data, "instruments");
    this.channel = openChannel("instruments", () => this.#cards());
    this.changed();
  }

  /** Reads the list again, and publishes it. */
  changed(): void {
    readInstruments(this.shelf).then(
      (kept) => {
        this.#kept = kept;
        this.channel.tell();
      },
      (failure: unknown) => this.#tools.onBug(failure),
    );
  }

  /** @returns Its id, as soon as it is begun. */
  async start(model: ModelPlace, wish: InstrumentWish): Promise<string> {
    const folder = await freeFolder(this.shelf, fileSafe(wish.name));
    const id = basename(folder);
    if (this.#making.has(id)) throw beingMade(wish.name);
    const stop = new AbortController();
    const card: InstrumentCard = {
      ...{ id, folder, name: wish.name, modelName: model.name ?? "" },
      ...{ state: "making", share: 0, bytes: 0, samples: 0 },
      madeWallMs: this.#tools.clock.wallMs(),
    };
    const making = { card, stop };
    this.#making.set(id, making);
    this.channel.tell();
    void this.#make(making, model, wish);
    return id;
  }

  /** What was begun of it is thrown away. */
  cancel(id: string): void {
    this.#making.get(id)?.stop.abort();
  }

  /** One that failed is looked at no more. */
  dismiss(id: string): boolean {
    if (this.#making.get(id)?.card.state !== "failed") return false;
    this.#making.delete(id);
    this.channel.tell();
    return true;
  }

  async #make(making: Making, model: ModelPlace, wish: InstrumentWish): Promise<void> {
    const { id, folder, madeWallMs } = making.card;
    const signal = AbortSignal.any([making.stop.signal, this.#tools.signal]);
    const { name, ...rest } = wish;
    try {
      const options = { ...rest, name, folder, encoding: "int24" as const };
      const { samples } = await this.#maker.instrument(model, options, {
        signal,
        onProgress: (share) => {
          making.card = { ...making.card, share };
          this.channel.tell();
        },
      });
      const modelName = model.name ?? "";
      await writeInstrumentManifest(folder, { name, modelName, samples, madeWallMs });
      this.#making.delete(id);
    } catch (failure) {
      await rm(folder, { recursive: true, force: true });
      if (signal.aborted) this.#making.delete(id);
      else {
        making.card = { ...making.card, state: "failed", trouble: troubleOf(failure) };
        if (!(failure instanceof UserError)) this.#tools.onBug(failure);
      }
    }
    this.changed();
  }

  #cards(): InstrumentCard[] {
    const making = [...this.#making.values()].map(({ card }) => card).reverse();
    const kept = this.#kept.map(
      ({ format: _, version: _version, ...rest }): InstrumentCard => ({
        ...rest,
        state: "ready",
        share: 1,
      }),
    );
    return [...making, ...kept];
  }
}

function beingMade(name: string): UserError {
  return new UserError({
    code: "instrument-going-on",
    message: `Cannot begin the instrument "${name}": one of that name is being made`,
    hint: "Wait for it, or choose another name.",
  });
}
