/** A studio in which there is something of everything, each as small as it can be. */

import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { writeWav } from "../../src/sound/audio/codecs/wav-write.ts";
import { keepModel } from "../../src/sound/work/keep-model.node.ts";
import { train } from "../../src/sound/work/train.node.ts";
import { bells } from "./bells.ts";
import { shortDemo } from "./recordings.ts";
import { ask, type OpenStudio, openStudioIn } from "./studio.ts";

/**
 * The models "Bells" and "Anvil", the runs "done" and "cut", a corpus "kit" of five sounds, two more
 * in the folder "more", and of the bells a sound, a preset and an instrument.
 */
export async function furnishedStudio(folder: string): Promise<OpenStudio> {
  const voice = await twoModels(folder);
  await twoRuns(folder);
  const studio = await openStudioIn(folder);
  await keptThings(studio.address, voice);
  return studio;
}

/** @returns The voice of the first. */
async function twoModels(folder: string): Promise<string> {
  const library = join(folder, ".local/share/etude/models");
  const file = join(folder, "bells.etude");
  await writeFile(file, await bells());
  const { manifest } = await keepModel(file, { library, name: "Bells", nowWallMs: 1 });
  await writeFile(file, await bells(60));
  await keepModel(file, { library, name: "Anvil", nowWallMs: 2 });
  return `model:${manifest.id}`;
}

/** One that has finished, and the same as if it had been stopped. */
async function twoRuns(folder: string): Promise<void> {
  const corpus = join(folder, "corpus");
  await mkdir(corpus);
  await mkdir(join(folder, "more"));
  for (const [i, { sound }] of shortDemo(7).entries()) {
    const name = i < 5 ? `corpus/${i}.wav` : `more/more ${i - 4}.wav`;
    await writeFile(join(folder, name), writeWav(sound));
  }
  const runFolder = join(folder, "runs", "done");
  const small = {
    model: "mel",
    latentSize: 4,
    chunkSeconds: 0.2,
    batchSize: 1,
    epochs: 1,
  } as const;
  for await (const _ of train({
    folder: corpus,
    runFolder,
    name: "done",
    ...small,
    epochsPerPreview: 50,
  }));
  await cp(runFolder, join(folder, "runs", "cut"), { recursive: true });
  await rm(join(folder, "runs", "cut", "model.etude"));
}

/** A corpus, a sound, a preset and an instrument. */
async function keptThings(address: string, voice: string): Promise<void> {
  const root = `${new URL(address).pathname}api/`;
  for (const { name, sound } of shortDemo(5)) {
    const place = `${root}corpora/kit/sound?path=${name}.wav`;
    await ask(address, place, { method: "PUT", body: writeWav(sound) });
  }
  const post = async (place: string, body: unknown): Promise<void> => {
    const given = { method: "POST", body: JSON.stringify(body) };
    const { status, body: told } = await ask(address, `${root}${place}`, given);
    expect({ status, told }).toMatchObject({ status: 200 });
  };
  await post("corpora/kit/read", {});
  const request = { version: 1, seed: 3, sampleRate: 48_000, quality: "draft", length: 12_000 };
  const of = `voices/${encodeURIComponent(voice)}`;
  await post(`${of}/keep`, request);
  const bright = { ...request, controls: { brightness: 5 } };
  await post(`${of}/presets`, { name: "glass", request: bright, replace: false });
  await post(`${of}/instruments`, {
    ...{ name: "One bell", request, lowKey: 60, highKey: 60, step: 1, velocities: 1 },
    ...{ roundRobins: 1, loops: false, secondsMax: 0.2, formats: ["sfz"] },
  });
}
