/**
 * `etude doctor`: inspects the machine and the configuration, and reports. Of what it finds it keeps
 * the speed of training, for the estimates of later runs.
 */

import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { messageOf, UserError } from "../../errors.ts";
import { canBeWritten } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import { describeRecipe, kinds } from "../../sound/model/kinds.ts";
import { defaultModel } from "../../sound/model/model-names.ts";
import { gpuHint, openRuntime } from "../../sound/tensor/ort.node.ts";
import { speedsOf } from "../../sound/train/device-choice.ts";
import { gpuCards, vulkanDrivers } from "../../sound/train/gpu-cards.node.ts";
import { gpuTools } from "../../sound/train/gpu-tools.node.ts";
import { completeSettings } from "../../sound/train/settings.ts";
import { keepSpeed, speedsFile } from "../../sound/work/speeds.node.ts";
import { FILES_ASSUMED, measureStepSpeed } from "../../sound/work/step-speed.ts";
import type { CommandContext, ExitCode } from "../context.ts";
import {
  type DoctorFacts,
  doctorText,
  type GpuFacts,
  problemsOf,
  type RuntimeFacts,
} from "../doctor-report.ts";
import { peopleText } from "../people-text.ts";

/** The decoder of each format; étude reads WAV, AIFF, CAF and FLAC itself. */
const decoderPackages: Readonly<Record<string, string>> = {
  mp3: "@audio/decode-mp3",
  "ogg vorbis": "@audio/decode-vorbis",
  opus: "@audio/decode-opus",
};

export async function run(context: CommandContext): Promise<ExitCode> {
  const facts = await factsOf(context);
  const { speed, description } = facts.runtime;
  if (speed !== null) {
    const { batchSize, stepMs, recipe } = speed;
    const known = { runtime: description, recipe, batchSize, stepMs };
    await keepSpeed(speedsFile(context.settings.paths.data), known);
  }
  const { trial } = facts.gpu;
  for (const known of trial === null ? [] : speedsOf(trial, { model })) {
    await keepSpeed(speedsFile(context.settings.paths.data), known);
  }
  const problems = problemsOf(facts);
  context.stdout.write(
    context.json
      ? `${JSON.stringify({ ...facts, problems }, null, 2)}\n`
      : peopleText(doctorText(facts, problems), context.stdout),
  );
  return problems.some((problem) => problem.severity === "fatal") ? 1 : 0;
}

async function factsOf(context: CommandContext): Promise<DoctorFacts> {
  const { settings, workingFolder, config } = context;
  const threads = settings.hardware.threads || availableParallelism();
  const { device } = settings.hardware;
  return {
    program: context.program,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() || "unknown processor",
    coreCount: availableParallelism(),
    runtime: await runtimeFacts(device === "wasm" ? "wasm" : "auto", threads, context.clock),
    gpu: await gpuFacts(device, threads),
    deviceWanted: device,
    threads,
    memory: memoryFacts(),
    disk: { folder: workingFolder, freeBytes: await freeDiskBytes(workingFolder) },
    folders: await Promise.all(
      Object.entries(settings.paths).map(async ([name, path]) => ({
        name,
        path,
        isWritable: await canBeWritten(path),
      })),
    ),
    decoders: [
      ...["wav", "aiff", "caf", "flac"].map((format) => ({ format, isAvailable: true })),
      ...(await Promise.all(
        Object.entries(decoderPackages).map(async ([format, name]) => ({
          format,
          isAvailable: await canBeLoaded(name),
        })),
      )),
    ],
    config,
  };
}

const model = describeRecipe(defaultModel, kinds[defaultModel].usual);

/** Tried where one is likely or asked for. */
async function gpuFacts(wanted: string, threads: number): Promise<GpuFacts> {
  const cards = gpuCards();
  const isLikely = gpuTools.isLikely();
  const isLinux = process.platform === "linux";
  const drivers = isLinux ? vulkanDrivers() : null;
  const none = { cards, drivers, trial: null, hint: null };
  if (wanted === "cpu" || wanted === "wasm") return { ...none, failure: "not tried" };
  if (!isLikely && wanted === "auto") {
    // Who has none needs no advice.
    const failure =
      isLinux && process.arch === "x64"
        ? "none found (no /dev/dri/renderD*, no /dev/nvidia0)"
        : "none found";
    return { ...none, failure, hint: cards.length > 0 ? gpuHint() : null };
  }
  try {
    const { batchSize } = completeSettings(FILES_ASSUMED, { model: model.name });
    return { ...none, trial: await gpuTools.tryOut({ model, batchSize, threads }), failure: null };
  } catch (failure) {
    const hint = failure instanceof UserError ? failure.hint : null;
    return { ...none, failure: messageOf(failure), hint };
  }
}

async function runtimeFacts(
  kind: "auto" | "wasm",
  threads: number,
  clock: Clock,
): Promise<RuntimeFacts> {
  try {
    const runtime = await openRuntime({ kind, threads });
    return {
      kind: runtime.kind,
      description: runtime.description,
      speed: await measureStepSpeed({ runtime, clock }),
    };
  } catch (error) {
    return { kind: null, description: messageOf(error), speed: null };
  }
}

/** A container's limit counts where there is one. */
function memoryFacts(): DoctorFacts["memory"] {
  const limitBytes = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    totalBytes: Math.min(totalmem(), limitBytes),
    freeBytes: Math.min(freemem(), process.availableMemory()),
  };
}

async function freeDiskBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

async function canBeLoaded(name: string): Promise<boolean> {
  try {
    await import(name);
    return true;
  } catch {
    return false;
  }
}
