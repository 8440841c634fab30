/**
 * The decoder thread. It answers one job at a time, in order, and may die at any of them.
 */

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { messageOf } from "../../../errors.ts";
import {
  type PreparedOutcome,
  prepareSound,
  type ResamplerFor,
  resamplersTo,
} from "../corpus/prepare.ts";
import { decodeBytes } from "./decode.ts";
import { decodeWithFfmpeg } from "./decode-ffmpeg.node.ts";
import type { DecodeJob, FilePath, JobReply, ShareDone, SoundAhead } from "./decode-jobs.ts";
import { type DecodeOutcome, decodeFailure } from "./decode-outcome.ts";

/** Decoded sound is several times larger than the file, and all of it is held at once. */
const FILE_BYTES_MAX = 512 * 2 ** 20;

const resamplers = new Map<number, ResamplerFor>();

parentPort?.on("message", (job: DecodeJob) => {
  void answer(job).then((reply) => parentPort?.postMessage(reply, buffersOf(reply)));
});

async function answer(job: DecodeJob): Promise<JobReply<DecodeOutcome | PreparedOutcome>> {
  const file = readWhole(job.path);
  if (!(file instanceof Uint8Array)) return file;
  const reporter = reporterOf(file);
  const decode = (bytes: Uint8Array): Promise<DecodeOutcome> =>
    decodeFile(job.path, bytes, reporter);
  const outcome =
    job.task === "decode"
      ? await decode(file)
      : await prepareSound(file, {
          ...{ decode, resamplerFor: resamplersAt(job), sha256 },
          onShare: (share) => reporter.report("preparing", share),
        });
  return { bytes: file.length, outcome };
}

async function decodeFile(
  path: FilePath,
  bytes: Uint8Array,
  reporter: Reporter,
): Promise<DecodeOutcome> {
  const outcome = await decodeBytes(bytes, {
    onLength: ({ length, sampleRate }) => reporter.lasts(length / sampleRate),
    onShare: (share) => reporter.report("decoding", share),
  });
  if (outcome.ok || outcome.code !== "unsupported-format") return outcome;
  return decodeWithFfmpeg({ path, fileBytes: bytes.length, refusal: outcome });
}

/** The assumed bit rate of a file that does not state its length: 128 kbit/s. */
const BYTES_PER_SECOND = 16_000;

/** Shorter files are done before progress would be visible. */
const REPORTED_SECONDS_MIN = 60;

/** Tells the pool how long a file lasts and, of a long one, how far its preparation is. */
interface Reporter {
  /** Once the file's header has said so. */
  lasts(seconds: number): void;
  report(stage: "decoding" | "preparing", share: number): void;
}

function reporterOf(file: Uint8Array): Reporter {
  let soundSeconds = 0;
  let reported = 0;
  const lasts = (seconds: number): void => {
    soundSeconds = Math.max(soundSeconds, seconds);
    const ahead: SoundAhead = { soundSeconds };
    parentPort?.postMessage(ahead);
  };
  lasts(file.length / BYTES_PER_SECOND);
  return {
    lasts,
    report: (stage, share) => {
      // Both take about as long, where the sound is resampled.
      const whole = stage === "decoding" ? share / 2 : (1 + share) / 2;
      if (soundSeconds < REPORTED_SECONDS_MIN || whole < reported + 0.01) return;
      reported = whole;
      const done: ShareDone = { share: whole };
      parentPort?.postMessage(done);
    },
  };
}

function sha256(pieces: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

function resamplersAt({ toHz }: DecodeJob): ResamplerFor {
  const resamplerFor = resamplers.get(toHz) ?? resamplersTo(toHz);
  resamplers.set(toHz, resamplerFor);
  return resamplerFor;
}

function readWhole(filePath: FilePath): Uint8Array<ArrayBuffer> | JobReply<DecodeOutcome> {
  const path = typeof filePath === "string" ? filePath : Buffer.from(filePath);
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX) {
      const message = `the file has ${Math.round(size / 2 ** 20)} MiB, more than ${FILE_BYTES_MAX / 2 ** 20}`;
      return { bytes: size, outcome: decodeFailure("too-large", message) };
    }
    return readFileSync(path);
  } catch (error) {
    const outcome = decodeFailure("unreadable", `cannot be read: ${messageOf(error)}`);
    return { bytes: 0, outcome };
  }
}

/** Samples are transferred, not copied. Two channels may share a buffer, which moves only once. */
function buffersOf({ outcome }: JobReply<DecodeOutcome | PreparedOutcome>): ArrayBuffer[] {
  if (!outcome.ok) return [];
  if ("mono" in outcome) return [outcome.mono.buffer];
  const buffers = outcome.sound.channels.map((channel) => channel.buffer);
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}
