/**
 * What the controls of models do: 32 sounds at 9 positions each, through decoder, phases and file
 * levels; how exactly a sound is transposed; how soon a moved control is a draft of 2 s.
 *
 * With a model of the demo corpus, trained for one epoch, or those that ETUDE_MODEL names, separated
 * as paths are in PATH. Times are of the processor, not of the clock.
 */

import { basename, delimiter, dirname } from "node:path";
import { describePitch } from "../sound/audio/descriptors/pitched.ts";
import { type Codec, openCodec } from "../sound/latent/codec.ts";
import { analyzeControls } from "../sound/latent/controls/analyze.ts";
import { generate } from "../sound/latent/generate.ts";
import type { ModelAnalysis } from "../sound/model/analysis.ts";
import type { Model } from "../sound/model/model-file.ts";
import { openRuntime } from "../sound/tensor/ort.node.ts";
import { openModel } from "../sound/train/open-model.node.ts";
import type { Bench } from "./bench.ts";
import { median } from "./statistics.ts";
import { demoModel } from "./stream.node.ts";
import { inTemporaryFolder } from "./temporary-folder.node.ts";

const SOUNDS = Number(process.env["ETUDE_SOUNDS"] ?? 32);
const POSITIONS = [-8, -6, -4, -2, 0, 2, 4, 6, 8];
const SEMITONES = [-12, -7, -3, 4, 7, 12];
const TRANSPOSED_SOUNDS = 8;
const DRAFTS = 9;
/** What is off by more than this is off by an octave, or by another partial. */
const OCTAVE_CENTS = 600;

const signal = new AbortController().signal;

export const controls: Bench = async (say) => {
  await inTemporaryFolder(async (folder) => {
    const runtime = await openRuntime({ threads: 1 });
    const paths = process.env["ETUDE_MODEL"]?.split(delimiter) ?? [await demoModel(folder)];
    for (const path of paths) {
      const model = await openModel(path, { runtime, signal });
      const codec = await openCodec(runtime, model.recipe, model.layout);
      say(basename(path) === "model.etude" ? dirname(path) : path);
      const startedMs = processorMs();
      const breathe = async (): Promise<void> => {};
      const options = { sounds: SOUNDS, positions: POSITIONS, signal, breathe };
      const analysis = await analyzeControls(codec, model, options);
      print(analysis, say);
      say(`  measured in ${Math.round((processorMs() - startedMs) / 1000)} s of CPU`);
      const turned = { ...model, analysis };
      if (codec.conditions.length > 0) await transposing(codec, turned, say);
      await drafts(codec, turned, say);
      await codec.release();
    }
  });
};

function print({ controls: offered, characters, declined }: ModelAnalysis, say: Say): void {
  const figures = offered.map(({ evidence }) => evidence);
  say(
    `  ${offered.length} controls: median Spearman ${median(figures.map((f) => f.spearman)).toFixed(2)}, lowest ${Math.min(...figures.map((f) => f.spearmanLowest)).toFixed(2)}, leakage at most ${Math.max(...figures.map((f) => f.leakage)).toFixed(2)} (asked: 0.9, 0.6, 0.35)`,
  );
  for (const { name, evidence: e } of offered) {
    say(
      `    ${name}: ${e.spearman.toFixed(2)}, ${e.spearmanLowest.toFixed(2)}, ${e.leakage.toFixed(2)} into ${e.leaksInto}`,
    );
  }
  for (const { name, reason } of declined) say(`    not ${name}: it ${reason}`);
  for (const { label, varianceShare, stability } of characters) {
    say(
      `    ${label}: ${Math.round(100 * varianceShare)} % of the rest, found again ${stability.toFixed(2)}`,
    );
  }
}

/** The tracked pitch of transposed sounds beside that of the same sounds as they are. */
async function transposing(codec: Codec, model: Model, say: Say): Promise<void> {
  const cents: number[] = [];
  for (let seed = 1; seed <= TRANSPOSED_SOUNDS; seed += 1) {
    const pitchAt = async (transpose: number): Promise<number | undefined> => {
      const options = { seed, transpose, sampleRate: 48_000, quality: "draft" } as const;
      const { channels } = await generate(codec, model, options);
      return describePitch(channels[0] ?? new Float32Array(0))?.pitch;
    };
    const still = await pitchAt(0);
    if (still === undefined) continue;
    for (const semitones of SEMITONES) {
      const moved = await pitchAt(semitones);
      if (moved !== undefined) cents.push(100 * Math.abs(moved - still - semitones));
    }
  }
  const near = cents.filter((away) => away < OCTAVE_CENTS);
  const octaves = (100 * (cents.length - near.length)) / Math.max(1, cents.length);
  say(
    `  transposed: ${median(near).toFixed(1)} cents off, octave errors ${octaves.toFixed(1)} % (asked: 15, 2)`,
  );
}

async function drafts(codec: Codec, model: Model, say: Say): Promise<void> {
  const name = model.analysis?.controls[0]?.name;
  if (name === undefined) return;
  const times: number[] = [];
  for (let position = -4; times.length < DRAFTS; position = (position % 4) + 1) {
    const startedMs = processorMs();
    await generate(codec, model, {
      ...{ seed: 1, sampleRate: 48_000, length: 96_000, mode: "gesture", quality: "draft" },
      controls: { [name]: position },
    });
    times.push(processorMs() - startedMs);
  }
  say(`  ${name} moved to a draft of 2 s: ${Math.round(median(times))} ms of CPU (asked: 150)`);
}

type Say = Parameters<Bench>[0];

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
