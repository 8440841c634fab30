// Measures how well a model rebuilds recordings that it never learned from.
//
//     node examples/03-evaluate.mjs [MODEL] [FOLDER]

import { resolve } from "node:path";
import { evaluateModel, nodeClock, openRuntime } from "etude";

const [model = "demo/run", folder = "demo/recordings"] = process.argv
  .slice(2)
  .map((path) => resolve(path));

const runtime = await openRuntime();
const { signal } = new AbortController();
const { methods, rows, training } = await evaluateModel(
  resolve(model),
  { folder: resolve(folder) },
  { runtime, clock: nodeClock, signal },
);

console.log(`${rows.length} held-out recordings; training made it: ${training}`);
for (const { name, summary } of methods) {
  console.log(`${name.padEnd(10)} ${summary.melL1Db.mean.toFixed(2)} dB from the original`);
}
