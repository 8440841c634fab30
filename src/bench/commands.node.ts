/** Whole commands as a person runs them, timed from outside. */

import { spawn, spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { nodeClock } from "../host.node.ts";
import { fillNormal, seededRandom } from "../random.ts";
import { writeWav } from "../sound/audio/codecs/wav-write.ts";
import { demoCorpus } from "../sound/audio/corpus/demo-corpus.ts";
import type { Bench } from "./bench.ts";
import { median } from "./statistics.ts";
import { inTemporaryFolder } from "./temporary-folder.node.ts";

const ETUDE = resolve(import.meta.dirname, "../../bin/etude.mjs");

export const coldStart: Bench = async (say) => {
  const times = Array.from({ length: 7 }, () => {
    const startedMs = nodeClock.nowMs();
    spawnSync(process.execPath, [ETUDE, "--help"]);
    return nodeClock.nowMs() - startedMs;
  });
  say(`etude --help: ${(median(times) / 1000).toFixed(2)} s (asked: under 0.3)`);
};

/** Seeds of the demo corpus that make five minutes of sound together. */
const FIVE_MINUTES = 7;
const CANCELS = 5;

export const trainingCommand: Bench = async (say) => {
  await inTemporaryFolder(async (folder) => {
    const corpus = join(folder, "corpus");
    await mkdir(corpus);
    for (let seed = 1; seed <= FIVE_MINUTES; seed += 1) {
      for (const { name, sound } of demoCorpus(seed)) {
        await writeFile(join(corpus, `${seed}-${name}.wav`), writeWav(sound));
      }
    }
    const previews: number[] = [];
    const cancels: number[] = [];
    for (let i = 0; i < CANCELS; i += 1) {
      const run = join(folder, `run-${i}`);
      const { previewMs, cancelMs, code } = await cancelledRun([corpus, "-o", run], 500 + 700 * i);
      previews.push(previewMs);
      cancels.push(cancelMs);
      if (code !== 3) say(`a cancelled run ended with ${code}, not 3`);
    }
    say(
      `first preview of a 5-minute corpus: ${(median(previews) / 1000).toFixed(1)} s (asked: within 15)`,
    );
    say(
      `Ctrl-C to exit: median ${median(cancels).toFixed(0)} ms, worst ${Math.max(...cancels).toFixed(0)} ms (asked: within 1000)`,
    );
  });
};

interface CancelledRun {
  /** From the command to the first new sound. */
  readonly previewMs: number;
  readonly cancelMs: number;
  readonly code: number | null;
}

/** Trains until some time after the first new sound, then stops it. */
function cancelledRun(args: readonly string[], afterMs: number): Promise<CancelledRun> {
  const startedMs = nodeClock.nowMs();
  const child = spawn(process.execPath, [ETUDE, "train", ...args, "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  return new Promise((done) => {
    let previewMs = 0;
    let cancelledMs = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      if (previewMs > 0 || !chunk.toString().includes('"reconstruction","epoch":0')) return;
      previewMs = nodeClock.nowMs() - startedMs;
      setTimeout(() => {
        cancelledMs = nodeClock.nowMs();
        child.kill("SIGINT");
      }, afterMs);
    });
    child.on("exit", (code) => {
      done({ previewMs, cancelMs: nodeClock.nowMs() - cancelledMs, code });
    });
  });
}

export const generation: Bench = async (say) => {
  await inTemporaryFolder(async (folder) => {
    const run = join(folder, "run");
    const corpus = join(folder, "corpus");
    await mkdir(corpus);
    for (const { name, sound } of demoCorpus(1)) {
      await writeFile(join(corpus, `${name}.wav`), writeWav(sound));
    }
    spawnSync(process.execPath, [ETUDE, "train", corpus, "-o", run, "--epochs", "1"]);
    const seconds = 10;
    const { stdout } = spawnSync(process.execPath, [
      ...[ETUDE, "generate", run, "-o", join(folder, "sounds"), "--json"],
      ...["--seed", "1", "--count", "6", "--duration", String(seconds)],
    ]);
    const files = JSON.parse(stdout.toString()) as { tookMs: number }[];
    // The first one waits for the compiler.
    const ms = median(files.slice(1).map(({ tookMs }) => tookMs));
    say(
      `${seconds} s of sound in ${ms.toFixed(0)} ms, file written: ${((1000 * seconds) / ms).toFixed(0)} times real time (asked: at least 10)`,
    );
  });
};

const MEMORY_FILES = 500;
const MEMORY_FILE_SECONDS = 5;

export const memory: Bench = async (say) => {
  await inTemporaryFolder(async (folder) => {
    const corpus = join(folder, "corpus");
    await mkdir(corpus);
    const random = seededRandom(5);
    for (let i = 0; i < MEMORY_FILES; i += 1) {
      const samples = fillNormal(random, new Float32Array(MEMORY_FILE_SECONDS * 48_000));
      for (let j = 0; j < samples.length; j += 1) {
        samples[j] = 0.1 * (samples[j] ?? 0) * Math.exp(-j / (4000 + 100 * i));
      }
      await writeFile(
        join(corpus, `${i}.wav`),
        writeWav({ sampleRate: 48_000, channels: [samples] }),
      );
    }
    const { stdout } = spawnSync(
      process.execPath,
      [ETUDE, "train", corpus, "-o", join(folder, "run"), "--epochs", "1", "--json"],
      { maxBuffer: 1e9 },
    );
    const bytes = [...stdout.toString().matchAll(/"memoryBytes":(\d+)/g)].map(([, n]) => Number(n));
    say(
      `${MEMORY_FILES} files of ${MEMORY_FILE_SECONDS} s: ${(Math.max(...bytes) / 1e9).toFixed(2)} GB at the end of an epoch (asked: at most 1.5 at any time; writing a checkpoint takes up to 0.15 more)`,
    );
  });
};
