/** `etude corpus` with waveforms, as a program that is run twice. */

import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import { type Ended, endOf, startEtude } from "./support/etude-process.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude pictures 🎻 "));
  await mkdir(join(folder, "sounds"));
  // One sample among a million, in one of two channels, between samples of the model's rate.
  const click = new Float32Array(1_000_000);
  click[700_001] = 0.8;
  const quiet = new Float32Array(1_000_000).fill(0.001);
  const sound = { sampleRate: 96_000, channels: [quiet, click] };
  await writeFile(join(folder, "sounds", "click.wav"), writeWav(sound));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function etude(...words: string[]): Promise<Ended> {
  return endOf(startEtude(words, folder));
}

test("a click of one sample is visible, and the second run leaves the picture untouched", async () => {
  const words = ["corpus", "sounds", "--thumbnails", "pictures", "--json"];
  const first = await etude(...words);
  expect(first.exitCode).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({
    thumbnails: { files: [{ source: "click.wav", file: "click.wav.svg", written: true }] },
  });
  const path = join(folder, "pictures", "click.wav.svg");
  // Column 280 of 400 reaches the upper edge; all others lie at the middle.
  const columns = [...(await readFile(path, "utf8")).matchAll(/M([\d.]+) ([\d.]+)V/g)];
  expect(columns).toHaveLength(400);
  expect(columns.filter(([, , top]) => Number(top) < 39).map(([, x]) => x)).toEqual(["280.5"]);

  const { mtimeNs, ino } = await stat(path, { bigint: true });
  const second = JSON.parse((await etude(...words)).stdout) as object;
  expect(second).toMatchObject({ thumbnails: { files: [{ written: false }] } });
  expect(await stat(path, { bigint: true })).toMatchObject({ mtimeNs, ino });
  expect(await readdir(join(folder, "sounds"))).toEqual(["click.wav"]);
});

test("--waveforms draws a line for each file, above the report", async () => {
  const { exitCode, stdout } = await etude("corpus", "sounds", "--waveforms");
  const [line = ""] = stdout.split("\n");
  expect(exitCode).toBe(0);
  expect(line.startsWith("click.wav ")).toBe(true);
  expect(line.match(/[█#]/g)).toHaveLength(1);
  expect(stdout).toContain("\nCorpus ");
});
