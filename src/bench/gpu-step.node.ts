/**
 * A training step of both models on the GPU and on the processor, and PyTorch's `mel` step.
 *
 * For a machine with a GPU: `npm run bench gpu-step`, with ETUDE_TORCH_BENCH and ETUDE_PYTHON for
 * the other side as in `mel-step`; the script is asked for `--device cuda` there. How far the GPU is
 * from the processor is said with the times. Tensors stay on the device between steps.
 */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../errors.ts";
import { describeRecipe, kinds } from "../sound/model/kinds.ts";
import { errorText } from "../sound/train/device-choice.ts";
import { gpuTools } from "../sound/train/gpu-tools.node.ts";
import type { Bench } from "./bench.ts";

const THREADS = 2;
/** As a training of a few dozen files takes them; with more a GPU has more to do at once. */
const BATCHES = { spectral: [16, 64], mel: [32, 128] } as const;

export const gpuStep: Bench = async (say) => {
  for (const name of ["spectral", "mel"] as const) {
    const model = describeRecipe(name, kinds[name].usual);
    for (const batchSize of BATCHES[name]) {
      try {
        const trial = await gpuTools.tryOut({ model, batchSize, threads: THREADS });
        const { stepMs, processor, repeats } = trial;
        say(
          `${name}, batch ${batchSize}: ${stepMs.toFixed(1)} ms a step on the GPU, ${processor.stepMs.toFixed(1)} ms on the processor (${THREADS} threads), ratio ${(processor.stepMs / stepMs).toFixed(1)}; ${errorText(trial)}; repeats bit for bit: ${repeats}`,
        );
      } catch (failure) {
        say(`${name}, batch ${batchSize}: ${messageOf(failure)}`);
      }
    }
  }
  say(torchText());
};

function torchText(): string {
  const script = process.env["ETUDE_TORCH_BENCH"] ?? resolve("../shared/bench/torch_mel_step.py");
  if (!existsSync(script)) return "PyTorch: its script was not found here";
  try {
    const args = [script, "--layout", "contiguous", "--steps", "20", "--device", "cuda"];
    const line = execFileSync(process.env["ETUDE_PYTHON"] ?? "python3", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { msMedian, torch } = JSON.parse(line) as { msMedian: number; torch: string };
    return `PyTorch ${torch} on the same GPU: ${msMedian} ms a step of mel, batch 32`;
  } catch {
    return "PyTorch: it has no GPU here, or its script knows no --device";
  }
}
