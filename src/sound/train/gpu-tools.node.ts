/**
 * The GPU of this machine, for a training session on Node.
 *
 * It is tried in a process of its own: a driver that ends the process, hangs or writes on the
 * terminal then harms no run.
 */

import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors.ts";
import { openGpu } from "../tensor/ort.node.ts";
import type { GpuTools, WantedTrial } from "./device-choice.ts";
import type { DeviceTrial } from "./device-trial.ts";

/** What the process says, as one line of JSON. */
export type TrialReport =
  | { readonly trial: DeviceTrial }
  | {
      readonly failure: string;
      /** Of a GPU that is missing: what to do. */
      readonly hint?: string;
    };

/** A GPU that takes longer is of no use; software ones do. */
const TRIAL_MS_MAX = 45_000;

export const gpuTools: GpuTools = { isLikely, tryOut, open: openGpu };

/** Windows and Macs with Apple's chips have one; Linux shows it as a file. */
function isLikely(): boolean {
  const { platform, arch, env } = process;
  if (platform === "win32") return true;
  if (platform === "darwin") return arch === "arm64";
  // There the runtime has no WebGPU.
  if (platform !== "linux" || arch !== "x64") return false;
  const isNamed = env["VK_ICD_FILENAMES"] !== undefined || env["VK_DRIVER_FILES"] !== undefined;
  return isNamed || existsSync("/dev/nvidia0") || existsSync("/dev/dxg") || hasRenderNode();
}

function hasRenderNode(): boolean {
  try {
    return readdirSync("/dev/dri").some((name) => name.startsWith("renderD"));
  } catch {
    return false;
  }
}

async function tryOut(wanted: WantedTrial): Promise<DeviceTrial> {
  const { model, batchSize, threads } = wanted;
  const given = JSON.stringify({ model, batchSize, threads } satisfies WantedTrial);
  const output = await new Promise<string>((resolve, reject) => {
    const options = { timeout: TRIAL_MS_MAX, killSignal: "SIGKILL", windowsHide: true } as const;
    execFile(process.execPath, [trialProgram(), given], options, (failure, stdout) => {
      if (failure === null || stdout !== "") resolve(stdout);
      else reject(new Error(endOf(failure)));
    });
  });
  const report = JSON.parse(output) as TrialReport;
  if ("trial" in report) return report.trial;
  const { failure, hint } = report;
  if (hint === undefined) throw new Error(failure);
  throw new UserError({ code: "gpu-missing", message: failure, hint });
}

function endOf({ killed, signal, code }: { killed?: boolean; signal?: unknown; code?: unknown }) {
  if (killed) return `it has not done a dozen steps in ${TRIAL_MS_MAX / 1000} s`;
  return `its driver ended the process that tried it (${signal ?? `exit code ${code}`})`;
}

/** Processes run compiled code: Node 20 cannot start TypeScript. */
function trialProgram(): string {
  const built = import.meta.url.endsWith(".ts")
    ? "../../../program/gpu-trial.node.js"
    : "./gpu-trial.node.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
