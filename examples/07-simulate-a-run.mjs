// Simulates a large training run with a spike of the loss, and shows where it stands out.
//
//     node examples/07-simulate-a-run.mjs [SEED]

import { simulate } from "etude/rehearsal";

const [seed = "7"] = process.argv.slice(2);
const options = {
  seed: Number(seed),
  model: "TinyLlama-1.1B",
  gpus: "H100:32",
  incidents: ["loss-spike@400"],
  byChance: false,
};

for (const event of simulate(options)) {
  if (event.type === "run-started") console.log(`${event.title} (${event.source})`);
  if (event.type !== "step-done") continue;
  if (event.step % 50 === 0)
    console.log(`step ${event.step}: gradient ${event.gradientNorm?.toFixed(2)}`);
  if (event.step === 500) break;
}
