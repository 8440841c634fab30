// Encodes two recordings, mixes what the model hears in them, and decodes the mixture.
//
//     node examples/05-morph.mjs MODEL RECORDING RECORDING [FILE]

import { writeFile } from "node:fs/promises";
import { loadModel, readSound, writeWav } from "etude";

const [path = "demo/run", first = "", second = "", file = "morph.wav"] = process.argv.slice(2);

const model = await loadModel(path);
const a = await model.encode(await readSound(first));
const b = await model.encode(await readSound(second));
console.log(`${a.latentCount} and ${b.latentCount} vectors of ${model.codec.latentSize} numbers`);

// As long as the shorter of the two; from all of the first to all of the second.
const shorter = a.latentCount < b.latentCount ? a : b;
const last = shorter.means.length - 1;
const means = shorter.means.map((_, i) => {
  const share = i / Math.max(1, last);
  return (1 - share) * (a.means[i] ?? 0) + share * (b.means[i] ?? 0);
});
const sound = await model.decode({ ...shorter, means }, { quality: "draft" });
await writeFile(file, writeWav(sound, { madeHere: true }));
await model.release();
console.log(`${sound.channels[0]?.length} samples in ${file}`);
