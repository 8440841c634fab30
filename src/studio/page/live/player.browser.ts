/**
 * Plays a model in the page: a worker makes the sound, a worklet plays it, and this is what the page
 * holds of both.
 *
 * @example
 * const player = await openPlayer();
 * await player.use({ url: "model/1" });
 * button.onclick = () => player.start();
 * player.stream({ kind: "walk" });
 */

import { MODEL_RATE_HZ } from "../../../sound/audio/spectrogram.ts";
import type { Moves } from "../../../sound/latent/controls/apply.ts";
import type { Positions } from "../../../sound/latent/controls/positions.ts";
import type { StreamWish } from "../../../sound/latent/live/performer.ts";
import workletUrl from "./audio-worklet.browser.ts?worker&url";
import type {
  ModelSource,
  PlayedVoice,
  PlayerOrder,
  PlayerReport,
  PlayOrder,
  PlayReport,
  PlayStatus,
  ReadAnswer,
  ReadOrder,
} from "./play-messages.browser.ts";
import workerUrl from "./play-worker.browser.ts?worker&url";
import readerUrl from "./reader-worker.browser.ts?worker&url";

export interface Player {
  /** What can be connected elsewhere too; it is connected to the loudspeakers. */
  readonly output: AudioNode;
  /** Of the last quarter of a second. */
  readonly status: PlayStatus;
  /**
   * Plays a model, or goes over to it without a gap.
   *
   * @param options.learns It still learns, and others of its shape will follow often. @default false
   * @throws Error where it cannot be fetched, read or played.
   */
  use(source: ModelSource, options?: { readonly learns?: boolean }): Promise<PlayedVoice>;
  /** Lets it be heard; browsers allow it in answer to a click or a key. */
  start(): Promise<void>;
  /** Stands still; start() goes on from there. */
  stop(): Promise<void>;
  stream(wish: StreamWish): void;
  /** Whole numbers from -10 to 10 by control; those that are left out are 0. */
  setControls(positions: Positions): void;
  setMoves(moves: Moves): void;
  /** @param key A MIDI note, 0 to 127. @param velocity 0 to 1. */
  noteOn(key: number, velocity: number): void;
  noteOff(key: number): void;
  sustain(isDown: boolean): void;
  bend(semitones: number): void;
  /** Lets all go. */
  quiet(): void;
  /** Keeps what is heard from now on. */
  captureStart(): void;
  /** @returns Mono samples at 48 kHz, as they were given to the loudspeakers. */
  captureStop(): Promise<Float32Array<ArrayBuffer>>;
  /** 20 times a second. @returns Ends it. */
  onLevel(listener: (level: { readonly peak: number; readonly rms: number }) => void): () => void;
  /** What went wrong while it played. @returns Ends it. */
  onTrouble(listener: (message: string) => void): () => void;
  close(): Promise<void>;
}

/** What a page brings along that cannot fetch anything. */
export interface Carried {
  /** Where a script is that would lie at this address. */
  addressOf(url: string): string;
  /** What computes. */
  readonly wasm: ArrayBuffer;
}

/** @throws Error where the browser gives no sound of 48 kHz. */
export async function openPlayer(carried?: Carried): Promise<Player> {
  const addressOf = carried?.addressOf ?? ((url: string) => url);
  const context = new AudioContext({ sampleRate: MODEL_RATE_HZ, latencyHint: "interactive" });
  await context.audioWorklet.addModule(addressOf(workletUrl));
  const node = new AudioWorkletNode(context, "block-player", {
    numberOfInputs: 0,
    outputChannelCount: [2],
  });
  node.connect(context.destination);
  const worker = new Worker(addressOf(workerUrl), { type: "module" });
  const reader = new Worker(addressOf(readerUrl), { type: "module" });
  const order = (one: PlayOrder, transfer: Transferable[] = []): void =>
    worker.postMessage(one, transfer);
  const orderPlayer = (one: PlayerOrder, transfer: Transferable[] = []): void =>
    node.port.postMessage(one, transfer);
  const { port1, port2 } = new MessageChannel();
  orderPlayer({ kind: "begin", fromWorker: port1 }, [port1]);
  order({ kind: "begin", toPlayer: port2, wasm: carried?.wasm }, [port2]);

  const levels = listeners<{ readonly peak: number; readonly rms: number }>();
  const troubles = listeners<string>();
  const captured = capture(node, orderPlayer);
  const opened = openings({ worker, reader }, troubles.tell);
  node.port.addEventListener("message", ({ data }: MessageEvent<PlayerReport>) => {
    if (data.kind === "level") levels.tell(data);
  });
  node.port.start();
  node.onprocessorerror = () => troubles.tell("The browser stopped playing");
  const awake = keptAwake(context);
  return {
    output: node,
    get status() {
      return opened.status();
    },
    use: opened.use,
    start: awake.start,
    stop: awake.stop,
    stream: (wish) => order({ kind: "stream", wish }),
    setControls: (positions) => order({ kind: "controls", positions }),
    setMoves: (moves) => order({ kind: "moves", moves }),
    noteOn: (key, velocity) => order({ kind: "press", key, velocity }),
    noteOff: (key) => order({ kind: "release", key }),
    sustain: (isDown) => order({ kind: "sustain", isDown }),
    bend: (semitones) => order({ kind: "bend", semitones }),
    quiet: () => order({ kind: "quiet" }),
    ...captured,
    onLevel: levels.add,
    onTrouble: troubles.add,
    close: async () => {
      awake.end();
      worker.terminate();
      reader.terminate();
      node.disconnect();
      await context.close();
    },
  };
}

// --- internal ---

const nothingYet: PlayStatus = {
  queueDepth: 0,
  missedSamples: 0,
  lateSamples: 0,
  soundingKeys: 0,
  preparedKeys: 0,
  load: 0,
};

interface Listeners<T> {
  add(listener: (value: T) => void): () => void;
  tell(value: T): void;
}

function listeners<T>(): Listeners<T> {
  const all = new Set<(value: T) => void>();
  return {
    add: (listener) => {
      all.add(listener);
      return () => all.delete(listener);
    },
    tell: (value) => {
      for (const listener of all) listener(value);
    },
  };
}

/** Orders to open models, each read by one worker and opened by the other, and their answers. */
function openings(
  { worker, reader }: { readonly worker: Worker; readonly reader: Worker },
  trouble: (message: string) => void,
): Pick<Player, "use"> & { status(): PlayStatus } {
  let status = nothingYet;
  let asked = 0;
  const waiting = new Map<number, Opening>();
  const end = (id: number, how: (opening: Opening) => void): void => {
    const opening = waiting.get(id);
    waiting.delete(id);
    if (opening !== undefined) how(opening);
  };
  reader.onmessage = ({ data }: MessageEvent<ReadAnswer>) => {
    const { id } = data;
    if ("message" in data) return end(id, ({ failed }) => failed(new Error(data.message)));
    const learns = waiting.get(id)?.learns ?? false;
    const open: PlayOrder = { kind: "open", id, model: data.model, learns };
    worker.postMessage(open, [data.model.weights.buffer as ArrayBuffer]);
  };
  worker.onmessage = ({ data }: MessageEvent<PlayReport>) => {
    if (data.kind === "status") status = data.status;
    else if (data.kind === "trouble") trouble(data.message);
    else if (data.kind === "opened") end(data.id, ({ done }) => done(data.voice));
    else end(data.id, ({ failed }) => failed(new Error(data.message)));
  };
  reader.onerror = worker.onerror = ({ message }) => {
    for (const { failed } of waiting.values()) failed(new Error(message));
    waiting.clear();
    trouble(message);
  };
  return {
    status: () => status,
    use: (source, { learns = false } = {}) =>
      new Promise((done, failed) => {
        asked += 1;
        waiting.set(asked, { done, failed, learns });
        const order: ReadOrder = { id: asked, source: absolute(source) };
        reader.postMessage(order);
      }),
  };
}

interface Opening {
  readonly learns: boolean;
  done(voice: PlayedVoice): void;
  failed(reason: Error): void;
}

/** A worker would look for it beside itself. */
function absolute(source: ModelSource): ModelSource {
  return "url" in source ? { url: new URL(source.url, document.baseURI).href } : source;
}

function capture(
  node: AudioWorkletNode,
  order: (one: PlayerOrder) => void,
): Pick<Player, "captureStart" | "captureStop"> {
  let pieces: Float32Array<ArrayBuffer>[] = [];
  let whenEnded: ((samples: Float32Array<ArrayBuffer>) => void) | undefined;
  node.port.addEventListener("message", ({ data }: MessageEvent<PlayerReport>) => {
    if (data.kind === "captured") pieces.push(data.samples);
    if (data.kind !== "capture-ended") return;
    whenEnded?.(joined(pieces));
    pieces = [];
  });
  return {
    captureStart: () => {
      pieces = [];
      order({ kind: "capture", isOn: true });
    },
    captureStop: () =>
      new Promise((done) => {
        whenEnded = done;
        order({ kind: "capture", isOn: false });
      }),
  };
}

function joined(pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Browsers put sound to sleep: until the first click, when the device changes, when the machine
 * slept. It is woken as soon as they allow it.
 */
function keptAwake(context: AudioContext): Pick<Player, "start" | "stop"> & { end(): void } {
  let isWanted = false;
  const resume = (): void => {
    if (isWanted && context.state !== "running") void context.resume();
  };
  const ending = new AbortController();
  const { signal } = ending;
  context.addEventListener("statechange", resume, { signal });
  document.addEventListener("visibilitychange", resume, { signal });
  document.addEventListener("pointerdown", resume, { signal, capture: true });
  document.addEventListener("keydown", resume, { signal, capture: true });
  navigator.mediaDevices?.addEventListener("devicechange", resume, { signal });
  return {
    start: async () => {
      isWanted = true;
      await context.resume();
    },
    stop: async () => {
      isWanted = false;
      await context.suspend();
    },
    end: () => ending.abort(),
  };
}
