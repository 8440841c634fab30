/**
 * Plays blocks that a worker makes: it copies, counts what was missing, and sends used blocks back to
 * be filled again. It takes as many samples at a time as the browser asks for.
 */

import type {
  BlockMessage,
  JoinedSamples,
  PlayerOrder,
  PlayerReport,
  ReturnedBlock,
} from "./play-messages.browser.ts";

/** Samples between two reports of the level: 20 a second. */
const LEVEL_LENGTH = 2400;
/** Samples of a captured piece. */
const CAPTURE_LENGTH = 9600;
/** Where samples are missing, the sound dies away within about a millisecond, and comes back so. */
const FALL = 0.9;
const RISE_LENGTH = 64;
/** It comes back when so many blocks wait, or it would be missing again at once. */
const REFILLED_BLOCKS = 2;
/** -1 dB: blocks are limited to it, and two may meet. */
const CEILING = 10 ** (-1 / 20);

class BlockPlayer extends AudioWorkletProcessor {
  readonly #waiting: Float32Array<ArrayBuffer>[] = [];
  #worker: MessagePort | undefined;
  #at = 0;
  /** Blocks that are used up, of all that came. */
  #returned = 0;
  /** Nothing is missed before the first block is there. */
  #hasBegun = false;
  #missed = 0;
  #last = 0;
  #isRefilling = false;
  #peak = 0;
  #power = 0;
  #measured = 0;
  #captured: Float32Array<ArrayBuffer> | undefined;
  #capturedLength = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlayerOrder>) => {
      if (data.kind === "begin") this.#listenTo(data.fromWorker);
      else this.#capture(data.isOn);
    };
  }

  process(_inputs: readonly unknown[], [output = []]: readonly Float32Array[][]): boolean {
    const [out, ...others] = output;
    if (out === undefined) return true;
    this.#fill(out);
    for (const channel of others) channel.set(out);
    this.#measure(out);
    this.#keep(out);
    return true;
  }

  #listenTo(worker: MessagePort): void {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<BlockMessage>) => {
      if (!(data instanceof Float32Array)) {
        this.#join(data);
        return;
      }
      this.#waiting.push(data);
      this.#hasBegun = true;
    };
  }

  /** Adds to blocks that wait; what should have sounded by now is left out. */
  #join({ fromBlock, samples }: JoinedSamples): void {
    const length = this.#waiting[0]?.length ?? 1;
    const first = Math.max(0, (this.#returned - fromBlock) * length + this.#at);
    for (let i = first; i < samples.length; i += 1) {
      const block = this.#waiting[fromBlock - this.#returned + Math.floor(i / length)];
      if (block === undefined) break;
      const gain = first === 0 ? 1 : Math.min(1, (i - first) / RISE_LENGTH);
      const sum = (block[i % length] ?? 0) + gain * (samples[i] ?? 0);
      block[i % length] = Math.min(CEILING, Math.max(-CEILING, sum));
    }
  }

  #fill(out: Float32Array): void {
    if (this.#isRefilling && this.#waiting.length < REFILLED_BLOCKS) {
      this.#miss(out, 0);
      return;
    }
    let done = 0;
    while (done < out.length) {
      const [block] = this.#waiting;
      if (block === undefined) break;
      const part = block.subarray(this.#at, this.#at + out.length - done);
      out.set(part, done);
      done += part.length;
      this.#at += part.length;
      if (this.#at === block.length) this.#giveBack();
    }
    if (this.#isRefilling) rise(out);
    this.#isRefilling = false;
    if (done < out.length) this.#miss(out, done);
    else this.#last = out.at(-1) ?? 0;
  }

  #miss(out: Float32Array, from: number): void {
    let last = from === 0 ? this.#last : (out[from - 1] ?? 0);
    for (let i = from; i < out.length; i += 1) {
      last = Math.abs(last) < 1e-4 ? 0 : FALL * last;
      out[i] = last;
    }
    this.#last = last;
    if (!this.#hasBegun) return;
    this.#isRefilling = true;
    this.#missed += out.length - from;
  }

  #giveBack(): void {
    const block = this.#waiting.shift();
    this.#at = 0;
    if (block === undefined) return;
    this.#returned += 1;
    const returned: ReturnedBlock = {
      block,
      missed: this.#missed,
      waiting: this.#waiting.length,
    };
    this.#worker?.postMessage(returned, [block.buffer]);
  }

  #measure(out: Float32Array): void {
    for (const sample of out) {
      this.#peak = Math.max(this.#peak, Math.abs(sample));
      this.#power += sample * sample;
    }
    this.#measured += out.length;
    if (this.#measured < LEVEL_LENGTH) return;
    const rms = Math.sqrt(this.#power / this.#measured);
    this.#tell({ kind: "level", peak: this.#peak, rms });
    [this.#peak, this.#power, this.#measured] = [0, 0, 0];
  }

  #capture(isOn: boolean): void {
    if (isOn) {
      this.#captured = new Float32Array(CAPTURE_LENGTH);
      this.#capturedLength = 0;
      return;
    }
    this.#sendCaptured();
    this.#captured = undefined;
    this.#tell({ kind: "capture-ended" });
  }

  #keep(out: Float32Array): void {
    if (this.#captured === undefined) return;
    for (let at = 0; at < out.length; ) {
      const part = out.subarray(at, at + CAPTURE_LENGTH - this.#capturedLength);
      this.#captured?.set(part, this.#capturedLength);
      this.#capturedLength += part.length;
      at += part.length;
      if (this.#capturedLength < CAPTURE_LENGTH) continue;
      this.#sendCaptured();
      this.#captured = new Float32Array(CAPTURE_LENGTH);
    }
  }

  #sendCaptured(): void {
    const samples = this.#captured?.slice(0, this.#capturedLength);
    this.#capturedLength = 0;
    if (samples !== undefined) this.#tell({ kind: "captured", samples }, [samples.buffer]);
  }

  #tell(report: PlayerReport, transfer: ArrayBuffer[] = []): void {
    this.port.postMessage(report, transfer);
  }
}

function rise(out: Float32Array): void {
  for (let i = 0; i < Math.min(RISE_LENGTH, out.length); i += 1) {
    out[i] = (out[i] ?? 0) * (i / RISE_LENGTH);
  }
}

registerProcessor("block-player", BlockPlayer);
