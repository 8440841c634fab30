// Turns a recording into the frames that models learn from, and back into sound.
//
//     node examples/04-frames-and-back.mjs RECORDING [FILE]

import { writeFile } from "node:fs/promises";
import {
  framesOfSound,
  MODEL_RATE_HZ,
  readSound,
  resample,
  seededRandom,
  soundOfFrames,
  writeWav,
} from "etude";

const [path = "demo/recordings/bell.wav", file = "back.wav"] = process.argv.slice(2);

const { sampleRate, channels } = await readSound(path);
const mono = resample(channels[0] ?? new Float32Array(0), sampleRate, MODEL_RATE_HZ);
const frames = framesOfSound(mono);
console.log(`${frames.frameCount} frames of ${frames.levels.length / frames.frameCount} levels`);

// Levels say nothing of phases: those are made up, from random numbers where nothing else helps.
const back = soundOfFrames(frames, { length: mono.length, random: seededRandom(1) });
await writeFile(file, writeWav({ sampleRate: MODEL_RATE_HZ, channels: [back] }));
console.log(`${back.length} samples in ${file}`);
