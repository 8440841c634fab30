/** Derives the seeds, scenes, files and ports of each job from the options. */

import type { UserError } from "../../errors.ts";
import { wrongUsage } from "../../options/read-value.ts";
import type { Scene } from "../../rehearsal/engine/scene.ts";
import type { CommandValues } from "../context.ts";

type SimulateValues = CommandValues<"simulate">;

/** One of several runs at the same time. */
export interface Job {
  /** Counted from 1. */
  readonly number: number;
  /** How many there are. */
  readonly jobs: number;
}

/** Where a job writes and serves what is not shown. */
export type JobOutputs = Pick<SimulateValues, "truth" | "export" | "metricsPort">;

const PORT_MAX = 65_535;

/** @throws UserError "usage" where an option does not work with several jobs. */
export function requireJobs({ jobs, browser, metricsPort = 0 }: SimulateValues): void {
  if (jobs === 1) return;
  if (browser) throw jobsInPage();
  requirePorts(jobs, metricsPort);
}

/** @param jobs The highest number of one. @throws UserError "usage" where there are too few ports. */
export function requirePorts(jobs: number, metricsPort: number): void {
  if (metricsPort === 0 || metricsPort + jobs - 1 <= PORT_MAX) return;
  throw wrongUsage(
    `Cannot serve ${jobs} jobs from --metrics-port ${metricsPort} on: need one port each, up to ${PORT_MAX}`,
    `Give ${PORT_MAX - jobs + 1} at most, or 0 for any free ports.`,
  );
}

/**
 * The seed of a run: the first runs of all jobs, then the second ones, and so on, so that no two
 * have the same one. The first round of N jobs is that of N runs one after the other.
 *
 * @param run Counted from 0.
 */
export function seedOfRun(seed: number, run: number, { number, jobs }: Job): number {
  return (seed + run * jobs + number - 1) % 2 ** 32;
}

/** In the same order: with as many scenes as jobs, each job has its own and keeps it. */
export function sceneOfRun(scenes: readonly Scene[], run: number, { number, jobs }: Job): Scene {
  const scene = scenes[(run * jobs + number - 1) % scenes.length];
  if (scene === undefined) throw new RangeError("Cannot choose a scene: found none, need one");
  return scene;
}

/** @param order As the scenes were given, some perhaps twice. */
export function inOrder(scenes: readonly Scene[], order: readonly string[]): readonly Scene[] {
  return [...scenes].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

export function outputsOf(values: JobOutputs, { number }: Job): JobOutputs {
  const { truth, metricsPort = 0 } = values;
  return {
    truth: truth === undefined ? undefined : fileOfJob(truth, number),
    export: values.export.map((word) => exportOfJob(word, number)),
    metricsPort:
      values.metricsPort === undefined || metricsPort === 0
        ? values.metricsPort
        : metricsPort + number - 1,
  };
}

/** "out/run.csv" -> "out/run-2.csv"; "run" -> "run-2". */
function fileOfJob(path: string, job: number): string {
  const [, start = "", name = path] = /^(.*[/\\])?([^/\\]*)$/s.exec(path) ?? [];
  const dot = name.lastIndexOf(".");
  const end = dot > 0 ? dot : name.length;
  return `${start}${name.slice(0, end)}-${job}${name.slice(end)}`;
}

/** TensorBoard compares the runs of one folder, so each job is a folder in it. */
function exportOfJob(word: string, job: number): string {
  const [, format, path = ""] = /^([^=]*)=(.+)$/s.exec(word) ?? [];
  if (format === undefined) return word;
  return format === "tensorboard"
    ? `${format}=${path.replace(/[/\\]+$/, "")}/job-${job}`
    : `${format}=${fileOfJob(path, job)}`;
}

function jobsInPage(): UserError {
  return wrongUsage(
    "Cannot use --jobs with --browser: a page shows one run",
    "Leave --browser out to see them side by side here, or open the page several times with other seeds.",
  );
}
