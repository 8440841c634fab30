/** The report of `etude doctor`: facts, problems found in them, and their text. Pure. */

import { formatBytes, formatNumber, formatQuantity } from "../show/numbers.ts";
import { errorText } from "../sound/train/device-choice.ts";
import { type DeviceTrial, isRight } from "../sound/train/device-trial.ts";
import type { StepSpeed } from "../sound/work/step-speed.ts";

/** Plain JSON; `etude doctor --json` prints it with `problems`. Sizes in bytes. */
export interface DoctorFacts {
  /** "etude 0.1.0" */
  readonly program: string;
  readonly node: string;
  /** "linux x64" */
  readonly platform: string;
  readonly processor: string;
  readonly coreCount: number;
  readonly runtime: RuntimeFacts;
  readonly gpu: GpuFacts;
  readonly deviceWanted: string;
  readonly threads: number;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly disk: { readonly folder: string; readonly freeBytes: number | null };
  /** The folders of runs, models and sounds, and whether they are writable. */
  readonly folders: readonly {
    readonly name: string;
    readonly path: string;
    readonly isWritable: boolean;
  }[];
  readonly decoders: readonly { readonly format: string; readonly isAvailable: boolean }[];
  readonly config: {
    readonly path: string;
    readonly exists: boolean;
    /** Message and hint of what is wrong with it. */
    readonly problem: { readonly message: string; readonly hint: string } | null;
  };
}

export interface RuntimeFacts {
  /** null where none can be loaded. */
  readonly kind: "native" | "wasm" | null;
  /** "onnxruntime-node 1.30.0, cpu, 2 threads", or why there is none. */
  readonly description: string;
  /** Of real training steps, measured now; null where there is nothing to measure. */
  readonly speed: StepSpeed | null;
}

export interface GpuFacts {
  /** What the system says of its cards; the runtime gives neither a name nor limits. */
  readonly cards: readonly string[];
  /** Vulkan's, on Linux; null on systems that bring their own. */
  readonly drivers: readonly string[] | null;
  /** Steps of the default model, tried now; null where none was tried, or it failed. */
  readonly trial: DeviceTrial | null;
  /** Why there is no trial; null where there is one. */
  readonly failure: string | null;
  /** What to do about that; null where nothing can be done, or was asked. */
  readonly hint: string | null;
}

export interface DoctorProblem {
  readonly code: string;
  /** "fatal" keeps étude from working; "warning" makes it slower or smaller. */
  readonly severity: "fatal" | "warning";
  /** Without a full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

const MEMORY_WANTED_BYTES = 1.5e9;
const DISK_WANTED_BYTES = 1e9;
const DISK_NEEDED_BYTES = 50e6;
/** Seconds of sound a second: below it, ten minutes do not get far on a usual corpus. */
const SPEED_WANTED = 10;

/** A problem with its condition, in the order of the report. */
const rules: readonly ((facts: DoctorFacts) => DoctorProblem | undefined)[] = [
  ({ runtime }) =>
    when(runtime.kind === null, {
      code: "runtime-missing",
      severity: "fatal",
      message: `No runtime can be loaded: ${runtime.description}`,
      hint: "Install the packages again with npm ci.",
    }),
  ({ config }) =>
    when(config.problem !== null, {
      code: "config-broken",
      severity: "fatal",
      message: config.problem?.message ?? "",
      hint: config.problem?.hint ?? "",
    }),
  ({ folders }) => {
    const closed = folders.filter((folder) => !folder.isWritable);
    return when(closed.length > 0, {
      code: "folder-not-writable",
      severity: "fatal",
      message: `Cannot write to ${closed.map(({ name, path }) => `"${path}" (${name})`).join(", ")}`,
      hint: "Make it writable, or name another folder under [paths] in the configuration or with --output-dir.",
    });
  },
  ({ disk }) =>
    when(disk.freeBytes !== null && disk.freeBytes < DISK_WANTED_BYTES, {
      code: "disk-nearly-full",
      severity: (disk.freeBytes ?? 0) < DISK_NEEDED_BYTES ? "fatal" : "warning",
      message: `Only ${formatBytes(disk.freeBytes ?? 0)} are free in "${disk.folder}"`,
      hint: "Free some space, or work in a folder on another disk: a run keeps four checkpoints.",
    }),
  ({ runtime, deviceWanted }) =>
    when(runtime.kind === "wasm" && deviceWanted !== "wasm", {
      code: "native-runtime-missing",
      severity: "warning",
      message: "The native runtime is missing; WebAssembly computes, several times slower",
      hint: "Install it with npm ci, on a platform that onnxruntime-node supports.",
    }),
  ({ deviceWanted, gpu }) =>
    when(gpu.failure !== null && (deviceWanted === "gpu" || gpu.hint !== null), {
      code: "gpu-not-usable",
      severity: "warning",
      message: `No GPU can be used: ${gpu.failure}`,
      hint: gpu.hint ?? "Leave --device out: the processor computes.",
    }),
  ({ gpu }) =>
    when(gpu.trial !== null && !isRight(gpu.trial), {
      code: "gpu-wrong",
      severity: "warning",
      message: "The GPU gives other numbers than the processor, so it is not used",
      hint: "Install the newest driver of the GPU.",
    }),
  ({ runtime }) =>
    when(runtime.speed !== null && runtime.speed.audioSecondsPerSecond < SPEED_WANTED, {
      code: "slow",
      severity: "warning",
      message: `Training processes ${formatNumber(runtime.speed?.audioSecondsPerSecond ?? 0)} s of sound per second here now, which is slow`,
      hint: "Close other programs, use more --threads, or train on a smaller corpus.",
    }),
  ({ memory }) =>
    when(memory.freeBytes < MEMORY_WANTED_BYTES, {
      code: "memory-short",
      severity: "warning",
      message: `Only ${formatBytes(memory.freeBytes)} of memory are free`,
      hint: "Close other programs, or train with a smaller --batch-size.",
    }),
  ({ decoders }) => {
    const missing = decoders.filter((decoder) => !decoder.isAvailable);
    return when(missing.length > 0, {
      code: "decoder-missing",
      severity: "warning",
      message: `Files of these formats cannot be read: ${missing.map(({ format }) => format).join(", ")}`,
      hint: "Install the packages again with npm ci, or convert those files to WAV.",
    });
  },
];

export function problemsOf(facts: DoctorFacts): DoctorProblem[] {
  return rules.map((rule) => rule(facts)).filter((problem) => problem !== undefined);
}

export function doctorText(facts: DoctorFacts, problems: readonly DoctorProblem[]): string {
  const { runtime, memory, disk, config, decoders } = facts;
  const available = decoders.filter((decoder) => decoder.isAvailable);
  const rows = [
    ["program", `${facts.program}, Node ${facts.node}, ${facts.platform}`],
    ["processor", `${facts.processor}, ${facts.coreCount} cores`],
    ["runtime", runtime.description],
    ["device", `${facts.deviceWanted} asked for, ${formatQuantity(facts.threads, "thread")}`],
    ["gpu", gpuText(facts.gpu)],
    ["training", speedText(runtime)],
    ["memory", `${formatBytes(memory.freeBytes)} free of ${formatBytes(memory.totalBytes)}`],
    [
      "disk",
      disk.freeBytes === null
        ? "not known"
        : `${formatBytes(disk.freeBytes)} free in ${disk.folder}`,
    ],
    ["reads", available.map(({ format }) => format).join(", ")],
    ...facts.folders.map(({ name, path }) => [name, path]),
    ["config", config.exists ? config.path : `none; ${config.path} would be read`],
  ];
  const table = rows.map(([name = "", value = ""]) => `${name.padEnd(11)}${value}\n`).join("");
  return `${table}\n${problemText(problems)}`;
}

function gpuText({ cards, drivers, trial, failure }: GpuFacts): string {
  const by = drivers === null ? "" : `, Vulkan by ${drivers.join(", ") || "no driver"}`;
  const found = cards.length === 0 ? [] : [`${cards.join("; ")}${by}`];
  if (trial === null) return [...found, failure ?? "not tried"].join(": ");
  const { stepMs, processor, batchSize, repeats } = trial;
  const times = `a step of ${formatQuantity(batchSize, "example")} takes ${formatNumber(stepMs)} ms, on the processor ${formatNumber(processor.stepMs)} ms`;
  const same = repeats ? "repeats bit for bit" : "does not repeat bit for bit";
  return [
    ...found,
    `${trial.device}: ${times}; ${errorText(trial)}; ${same}; its limits are not told by the runtime`,
  ].join(": ");
}

function speedText({ speed }: RuntimeFacts): string {
  if (speed === null) return "not measured";
  const { batchSize, stepMs, audioSecondsPerSecond } = speed;
  const step = `a step of ${formatQuantity(batchSize, "example")} takes ${formatNumber(stepMs)} ms`;
  return `${formatNumber(audioSecondsPerSecond)} s of sound per second (${step}, measured now and kept for estimates)`;
}

function problemText(problems: readonly DoctorProblem[]): string {
  if (problems.length === 0) return "Everything is in place.\n";
  return problems
    .map(({ severity, message, hint }) => `${severity}: ${message}\n  ${hint}\n`)
    .join("");
}

function when(isSo: boolean, problem: DoctorProblem): DoctorProblem | undefined {
  return isSo ? problem : undefined;
}
