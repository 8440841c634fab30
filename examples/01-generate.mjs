// Opens a model, makes a new sound and writes it as WAV.
//
//     node examples/01-generate.mjs [MODEL] [FILE]

import { writeFile } from "node:fs/promises";
import { durationSeconds, loadModel, writeWav } from "etude";

const [path = "demo/run", file = "new-sound.wav"] = process.argv.slice(2);

const model = await loadModel(path);
const sound = await model.generate({ seed: 7, durationSeconds: 2 });
await writeFile(file, writeWav(sound, { encoding: "int24", madeHere: true }));
await model.release();

console.log(`${model.model.description.name}: ${durationSeconds(sound)} s in ${file}`);
