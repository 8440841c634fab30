/** What runs leave behind, in terms that can be compared. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { RunEvent } from "../../src/events/events.ts";
import { readTensorFile } from "../../src/sound/model/safetensors.ts";
import { ofType } from "./etude-process.ts";

/** Everything about a run that must not depend on when it ran and how often it was stopped. */
export function numbersOf(events: readonly RunEvent[]): { readonly [place: string]: unknown } {
  const told: Record<string, unknown> = {};
  const tell = (place: string, value: unknown): void => {
    // What is told twice, before and after a resume, must be told alike.
    if (place in told) expect({ place, value }).toEqual({ place, value: told[place] });
    told[place] = value;
  };
  for (const { step, loss, vae, gradientNorm, learningRate } of ofType(events, "step-done")) {
    tell(`step ${step}`, { loss, vae, gradientNorm, learningRate });
  }
  for (const event of ofType(events, "epoch-done")) {
    const { seq: _seq, atMs: _atMs, elapsedMs: _elapsedMs, etaMs: _etaMs, ...rest } = event;
    tell(`epoch ${event.epoch}`, rest);
  }
  return told;
}

/** SHA-256 of all numbers of the finished model. */
export async function modelSum(runFolder: string): Promise<unknown> {
  const bytes = await readFile(join(runFolder, "model.etude"));
  const { tensors } = await readTensorFile(bytes, runFolder);
  expect(Object.keys(tensors)).toContain("latents");
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  return JSON.parse(bytes.toString("utf8", 8, 8 + headerBytes)).__metadata__.sha256;
}

export async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  const place = Math.floor(bytes.length * 0.6);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

export interface WavHead {
  readonly format: number;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  readonly frameCount: number;
  /** Largest sample, where 1 is full scale. */
  readonly peak: number;
}

/** A reader of mono WAV files that shares no code with the program. */
export function headOf(bytes: Buffer): WavHead {
  expect(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16)).toBe("RIFFWAVEfmt ");
  expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
  const data = bytes.indexOf("data", 36, "latin1");
  const bitsPerSample = bytes.readUInt16LE(34);
  const size = bitsPerSample / 8;
  const frameCount = bytes.readUInt32LE(data + 4) / size;
  const format = bytes.readUInt16LE(20);
  let peak = 0;
  for (let i = 0; i < frameCount; i += 1) {
    const at = data + 8 + i * size;
    const value =
      format === 3 ? bytes.readFloatLE(at) : bytes.readIntLE(at, size) / 2 ** (bitsPerSample - 1);
    peak = Math.max(peak, Math.abs(value));
  }
  return { format, sampleRate: bytes.readUInt32LE(24), bitsPerSample, frameCount, peak };
}
