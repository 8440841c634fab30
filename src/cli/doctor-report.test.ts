import { expect, test } from "vitest";
import { type DoctorFacts, doctorText, problemsOf } from "./doctor-report.ts";

const speedOf = (audioSecondsPerSecond: number) => ({
  batchSize: 16,
  stepMs: 200,
  audioSecondsPerSecond,
  recipe: "{}",
});

const noGpu = { cards: [], drivers: null, trial: null, failure: "none found", hint: null };
const trial = {
  ...{ device: "a GPU", stepMs: 4, batchSize: 16, repeats: true },
  processor: { device: "a processor", stepMs: 200 },
  error: { loss: 2e-7, gradient: 4e-6, weights: 1e-4 },
};

const healthy: DoctorFacts = {
  program: "etude 0.0.0",
  node: "20.19.0",
  platform: "linux x64",
  processor: "some processor",
  coreCount: 4,
  runtime: { kind: "native", description: "onnxruntime-node 1.30.0, cpu", speed: speedOf(80) },
  gpu: noGpu,
  deviceWanted: "auto",
  threads: 4,
  memory: { totalBytes: 16e9, freeBytes: 8e9 },
  disk: { folder: "/music", freeBytes: 100e9 },
  folders: [{ name: "runs", path: "/music/runs", isWritable: true }],
  decoders: [{ format: "flac", isAvailable: true }],
  config: { path: "/c.toml", exists: false, problem: null },
};

test("problemsOf() finds none on a machine where all is well, and the text says so", () => {
  expect(problemsOf(healthy)).toEqual([]);
  expect(doctorText(healthy, [])).toContain("Everything is in place.");
});

test.each<{ change: Partial<DoctorFacts>; code: string; severity: string; says: string }>([
  {
    change: { runtime: { kind: null, description: "cannot load it", speed: null } },
    code: "runtime-missing",
    severity: "fatal",
    says: "cannot load it",
  },
  {
    change: { runtime: { kind: "wasm", description: "", speed: speedOf(20) } },
    code: "native-runtime-missing",
    severity: "warning",
    says: "WebAssembly",
  },
  {
    change: { runtime: { kind: "native", description: "", speed: speedOf(3.2) } },
    code: "slow",
    severity: "warning",
    says: "3.2 s of sound per second",
  },
  {
    change: { deviceWanted: "gpu", gpu: { ...noGpu, failure: "No supported adapters" } },
    code: "gpu-not-usable",
    severity: "warning",
    says: "No supported adapters",
  },
  {
    change: {
      gpu: { ...noGpu, failure: null, trial: { ...trial, error: { ...trial.error, loss: 1 } } },
    },
    code: "gpu-wrong",
    severity: "warning",
    says: "other numbers",
  },
  {
    change: { memory: { totalBytes: 2e9, freeBytes: 3e8 } },
    code: "memory-short",
    severity: "warning",
    says: "300",
  },
  {
    change: { disk: { folder: "/music", freeBytes: 5e8 } },
    code: "disk-nearly-full",
    severity: "warning",
    says: "/music",
  },
  {
    change: { disk: { folder: "/music", freeBytes: 1e6 } },
    code: "disk-nearly-full",
    severity: "fatal",
    says: "/music",
  },
  {
    change: { folders: [{ name: "runs", path: "/read-only", isWritable: false }] },
    code: "folder-not-writable",
    severity: "fatal",
    says: "/read-only",
  },
  {
    change: { decoders: [{ format: "flac", isAvailable: false }] },
    code: "decoder-missing",
    severity: "warning",
    says: "flac",
  },
  {
    change: { config: { path: "/c", exists: true, problem: { message: "line 2", hint: "Mend" } } },
    code: "config-broken",
    severity: "fatal",
    says: "line 2",
  },
])("problemsOf() tells $code as $severity, and what to do", ({ change, says, ...expected }) => {
  const problems = problemsOf({ ...healthy, ...change });
  expect(problems).toEqual([
    { ...expected, message: expect.any(String), hint: expect.any(String) },
  ]);
  expect(problems[0]?.message).toContain(says);
  expect(problems[0]?.hint).not.toBe("");
  expect(doctorText(healthy, problems)).toContain(problems[0]?.hint);
});

test("doctorText() tells what a GPU is worth, and its cards where it cannot be used", () => {
  const cards = ["NVIDIA (0x2204)"];
  const text = (gpu: DoctorFacts["gpu"]): string => doctorText({ ...healthy, gpu }, []);
  expect(text({ ...noGpu, cards, failure: null, trial })).toContain(
    "NVIDIA (0x2204): a GPU: a step of 16 examples takes 4 ms, on the processor 200 ms; loss off by 2e-7, gradients by 4e-6; repeats bit for bit",
  );
  expect(text({ ...noGpu, cards, failure: "no driver" })).toContain("NVIDIA (0x2204): no driver");
  expect(text({ ...noGpu, cards, drivers: [], failure: "none found" })).toContain(
    "NVIDIA (0x2204), Vulkan by no driver: none found",
  );
});

test("problemsOf() does not count WebAssembly as a problem where it was asked for", () => {
  const runtime = { kind: "wasm", description: "", speed: speedOf(20) } as const;
  expect(problemsOf({ ...healthy, runtime, deviceWanted: "wasm" })).toEqual([]);
});
