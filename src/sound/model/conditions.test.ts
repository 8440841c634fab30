import { expect, test } from "vitest";
import { CONDITION_COUNT, framedConditions, groupedConditions, unpitched } from "./conditions.ts";

const GROUP = 4;

function conditions(frames: readonly (readonly [pitch: number, voicing: number])[]): Float32Array {
  return Float32Array.from(frames.flat());
}

function pitchesOf(of: Float32Array): number[] {
  return [...of].filter((_, at) => at % CONDITION_COUNT === 0);
}

test("conditions of groups keep a vibrato of 6 Hz, 50 cents to each side, to 7 cents", () => {
  const semitone = 1 / 12;
  const pitchAt = (frame: number): number =>
    8 + 0.5 * semitone * Math.sin((2 * Math.PI * 6 * frame) / 93.75);
  const frames = conditions(Array.from({ length: 80 }, (_, i) => [pitchAt(i), 1] as const));
  const back = pitchesOf(framedConditions(groupedConditions(frames, GROUP), GROUP));
  const cents = back.slice(8, -8).map((pitch, i) => 1200 * Math.abs(pitch - pitchAt(i + 8)));
  expect(Math.max(...cents)).toBeLessThan(7);
});

test("a new note begins at once: no glide joins two that are an octave apart", () => {
  const notes = conditions(Array.from({ length: 16 }, (_, i) => [i < 8 ? 7 : 8, 1] as const));
  const back = pitchesOf(framedConditions(groupedConditions(notes, GROUP), GROUP));
  expect(back).toEqual([...new Array<number>(8).fill(7), ...new Array<number>(8).fill(8)]);
});

test("a note that begins in the middle of a group gives the group its own pitch, not one between", () => {
  const notes = conditions(Array.from({ length: 8 }, (_, i) => [i < 2 ? 7 : 8, 1] as const));
  expect(pitchesOf(groupedConditions(notes, GROUP))).toEqual([8, 8]);
});

test("a group takes the pitch of its voiced frames, one without any that of the group before", () => {
  const frames = conditions([
    ...([
      [5, 0],
      [5, 0],
      [9, 1],
      [9, 1],
    ] as const),
    ...([
      [9, 0],
      [9, 0],
      [9, 0],
      [9, 0],
    ] as const),
    ...([
      [8, 1],
      [8, 1],
    ] as const),
  ]);
  const rows = groupedConditions(frames, GROUP);
  expect([...rows]).toEqual([9, 0.5, 9, 0, 8, 1]);
});

test("unvoiced groups say nothing about the pitch of their neighbours", () => {
  const rows = conditions([
    [8, 1],
    [8.1, 0],
  ]);
  expect(pitchesOf(framedConditions(rows, GROUP)).slice(0, GROUP)).toEqual([8, 8, 8, 8]);
});

test("unpitched() is without voice, and stays so in groups and back", () => {
  const back = framedConditions(groupedConditions(unpitched(8), GROUP), GROUP);
  expect(back).toEqual(unpitched(8));
});
