import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT, type Examples } from "../model/conditions.ts";
import { LEVEL_MIN_DB, type PackedFrames } from "../model/sound-frames.ts";
import { emptyExamples, exampleMaker, measuringBatches, stepsPerPass } from "./batches.ts";
import { completeSettings } from "./settings.ts";

const EXAMPLE_FRAMES = 16;
const plain = completeSettings(20, { augmentationShare: 0 });
const changed = completeSettings(20, { augmentationShare: 1 });

/** A file whose every byte says which file it is. */
function fileOf(mark: number, frameCount: number): PackedFrames {
  const steps = new Uint8Array(frameCount * BIN_COUNT).fill(mark);
  const conditions = new Float32Array(frameCount * CONDITION_COUNT).map((_, at) =>
    at % CONDITION_COUNT === 0 ? Math.log2(mark) : 1,
  );
  return { frameCount, reference: 1, steps, conditions };
}

const files = [fileOf(100, 1), fileOf(150, 10), fileOf(200, 400)];

function filled(batch: number, settings = plain, seed = 1): Float32Array {
  return examplesOf(batch, settings, seed).frames;
}

function examplesOf(batch: number, settings = plain, seed = 1): Examples {
  const random = seededRandom(seed);
  const maker = exampleMaker(files, { exampleFrames: EXAMPLE_FRAMES, settings, random });
  const examples = emptyExamples(batch * EXAMPLE_FRAMES);
  examples.frames.fill(Number.NaN);
  examples.conditions.fill(Number.NaN);
  maker.fill(examples);
  return examples;
}

test("fill() gives the pitch of each frame, at most as far away as a change moves it", () => {
  const marksOf = ({ conditions }: Examples): number[] =>
    [...conditions].filter((_, at) => at % CONDITION_COUNT === 0).map((octaves) => 2 ** octaves);
  for (const mark of marksOf(examplesOf(12))) {
    expect(Math.min(...[100, 150, 200].map((known) => Math.abs(mark - known)))).toBeLessThan(0.01);
  }
  const moved = marksOf(examplesOf(12, changed));
  expect(moved.every((mark) => mark > 75 && mark < 270)).toBe(true);
  expect(new Set(moved.map(Math.round)).size).toBeGreaterThan(5);
});

test("fill() that moves the pitch of a tone moves its partial along", () => {
  // One tone in bin 100 over silence.
  const steps = new Uint8Array(400 * BIN_COUNT);
  for (let frame = 0; frame < 400; frame += 1) steps[frame * BIN_COUNT + 100] = 255;
  const conditions = new Float32Array(400 * CONDITION_COUNT).map((_, at) =>
    at % CONDITION_COUNT === 0 ? Math.log2(100) : 1,
  );
  const settings = { ...changed, augmentation: { gainDb: 0, tiltDb: 0, bumpDb: 0 } };
  const maker = exampleMaker([{ frameCount: 400, reference: 1, steps, conditions }], {
    ...{ exampleFrames: EXAMPLE_FRAMES, settings, random: seededRandom(2) },
  });
  const examples = emptyExamples(EXAMPLE_FRAMES);
  maker.fill(examples);
  const row = examples.frames.subarray(0, BIN_COUNT);
  const bin = row.indexOf(Math.max(...row));
  const mark = 2 ** (examples.conditions[0] ?? Number.NaN);
  expect(mark).not.toBe(100);
  expect(Math.abs(bin - mark)).toBeLessThan(1);
});

const levelOf = (mark: number): number => Math.fround(mark / (255 / 96) + LEVEL_MIN_DB);

test("fill() fills every window to its end with pieces of files", () => {
  const found = new Set(filled(12));
  expect([...found].toSorted((a, b) => a - b)).toEqual([levelOf(100), levelOf(150), levelOf(200)]);
});

test("fill() with augmentation stays finite and above the floor", () => {
  const frames = filled(12, changed);
  expect(frames.every((level) => Number.isFinite(level) && level >= LEVEL_MIN_DB)).toBe(true);
  expect(new Set(frames).size).toBeGreaterThan(100);
});

test("fill() gives the same examples for the same seed, and others for others", () => {
  expect(filled(4, changed, 3)).toEqual(filled(4, changed, 3));
  expect(filled(4, changed, 3)).not.toEqual(filled(4, changed, 4));
});

test("a maker that is taken down and put back goes on as if it had never stopped", () => {
  const random = seededRandom(9);
  const options = { exampleFrames: EXAMPLE_FRAMES, settings: changed };
  const first = exampleMaker(files, { ...options, random });
  const size = 3 * EXAMPLE_FRAMES;
  first.startEpoch();
  first.fill(emptyExamples(size));
  const kept = JSON.parse(JSON.stringify({ random: random.state, deck: first.deckState }));

  const next = emptyExamples(size);
  first.fill(next);
  const second = exampleMaker(files, {
    ...options,
    random: seededRandom(kept.random),
    deckState: kept.deck,
  });
  const again = emptyExamples(size);
  second.fill(again);
  expect(again).toEqual(next);
});

test("startEpoch() deals every file, long ones more often", () => {
  const maker = exampleMaker(files, {
    exampleFrames: EXAMPLE_FRAMES,
    settings: plain,
    random: seededRandom(1),
  });
  maker.startEpoch();
  const cards = [0, 1, 2].map(
    (file) => maker.deckState.deck.filter((card) => card === file).length,
  );
  expect(cards[0]).toBe(1);
  expect(cards[1]).toBe(1);
  expect(cards[2]).toBeGreaterThan(3);
});

test("stepsPerPass() is what it takes to see every frame once", () => {
  expect(stepsPerPass(files, { exampleFrames: 16, batchSize: 2 })).toBe(Math.ceil(411 / 32));
  expect(stepsPerPass([fileOf(1, 1)], { exampleFrames: 16, batchSize: 8 })).toBe(1);
});

test("measuringBatches() are unchanged pieces, the same every time, no more than there is", () => {
  const make = (batchCount: number): Examples[] =>
    measuringBatches(files, {
      exampleFrames: EXAMPLE_FRAMES,
      settings: changed,
      random: seededRandom(5),
      batchCount,
      batchSize: 2,
    });
  expect(make(2)).toEqual(make(2));
  expect(make(100)).toHaveLength(13);
  const levels = new Set(make(3).flatMap(({ frames }) => [...frames]));
  for (const level of levels) {
    expect([levelOf(100), levelOf(150), levelOf(200)]).toContain(level);
  }
});
