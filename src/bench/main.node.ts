/**
 * `npm run bench [NAME...]`: the figures that the README and the log quote, measured here.
 *
 * Times depend on the machine and on what else it does: run it on a quiet one. Where two
 * sides are compared, they take turns, and the ratio of the medians is what counts.
 */

import type { Bench } from "./bench.ts";
import { coldStart, generation, memory, trainingCommand } from "./commands.node.ts";
import { controls } from "./controls.node.ts";
import { gpuStep } from "./gpu-step.node.ts";
import { melStep } from "./mel-step.node.ts";
import { simulator } from "./simulator.node.ts";
import { spectralStep } from "./spectral-step.node.ts";
import { stream } from "./stream.node.ts";
import { studio } from "./studio.node.ts";
import { sweep } from "./sweep.node.ts";

const benches: { readonly [name: string]: Bench } = {
  "mel-step": melStep,
  "spectral-step": spectralStep,
  "gpu-step": gpuStep,
  "cold-start": coldStart,
  "first-preview-and-cancel": trainingCommand,
  generation,
  memory,
  simulator,
  stream,
  controls,
  studio,
  sweep,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `Cannot measure ${unknown.join(", ")}: choose from ${Object.keys(benches).join(", ")}\n`,
  );
  process.exit(2);
}
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  await bench((line) => process.stdout.write(`  ${line}\n`));
}
