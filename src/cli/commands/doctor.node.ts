/** `etude doctor`: looks around, says what it found. Writes nothing anywhere. */

import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { messageOf } from "../../errors.ts";
import { canBeWritten } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import { Graph } from "../../sound/tensor/graph.ts";
import { lower } from "../../sound/tensor/lower.ts";
import { openRuntime } from "../../sound/tensor/ort.node.ts";
import type { Runtime } from "../../sound/tensor/runtime.ts";
import type { CommandContext, ExitCode } from "../context.ts";
import { type DoctorFacts, doctorText, problemsOf, type RuntimeFacts } from "../doctor-report.ts";
import { peopleText } from "../people-text.ts";

const MATRIX_SIZE = 512;
/** Long enough for a steady figure, short enough to wait for. */
const MEASURE_MS = 300;

/** What reads each format; WAV, AIFF, CAF and FLAC are read by étude itself. */
const decoderPackages: Readonly<Record<string, string>> = {
  mp3: "@audio/decode-mp3",
  "ogg vorbis": "@audio/decode-vorbis",
  opus: "@audio/decode-opus",
};

export async function run(context: CommandContext): Promise<ExitCode> {
  const facts = await factsOf(context);
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
      gigaflops: await measuredGigaflops(runtime, clock),
    };
  } catch (error) {
    return { kind: null, description: messageOf(error), gigaflops: null };
  }
}

/** The best of as many matrix products as fit in a moment: other programs only make it slower. */
async function measuredGigaflops(runtime: Runtime, clock: Clock): Promise<number> {
  const shape = [MATRIX_SIZE, MATRIX_SIZE];
  const data = Float32Array.from({ length: MATRIX_SIZE ** 2 }, (_, i) => (i % 7) / 7);
  const graph = new Graph();
  const product = graph.matmul(graph.input("a", shape), graph.input("b", shape));
  const program = await runtime.compile(lower(graph, { product }));
  const startedMs = clock.nowMs();
  let bestMs = Number.POSITIVE_INFINITY;
  while (clock.nowMs() - startedMs < MEASURE_MS) {
    const beforeMs = clock.nowMs();
    await program.run({ a: { shape, data }, b: { shape, data } });
    bestMs = Math.min(bestMs, clock.nowMs() - beforeMs);
  }
  await program.release();
  return (2 * MATRIX_SIZE ** 3) / (bestMs * 1e6);
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
