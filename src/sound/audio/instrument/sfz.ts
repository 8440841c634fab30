/**
 * An instrument as SFZ, the text format of most free samplers.
 *
 * Source: sfzformat.com.
 */

import { type MappedSample, type SampleMap, VELOCITY_TRACKING } from "./sample-map.ts";

/** @param folder Of the samples, relative to the file. */
export function sfzText(map: SampleMap, folder: string): string {
  const { name, roundRobins, releaseSeconds, samples } = map;
  const lines = [
    `// ${name.replace(/[\p{Cc}]/gu, " ")}, made by étude`,
    "<control>",
    `default_path=${folder}/`,
    "<global>",
    `ampeg_release=${releaseSeconds}`,
    `amp_veltrack=${100 * VELOCITY_TRACKING}`,
  ];
  for (const sample of samples) lines.push(region(sample, roundRobins));
  return `${lines.join("\n")}\n`;
}

function region(sample: MappedSample, roundRobins: number): string {
  const { file, rootKey, lowKey, highKey, lowVelocity, highVelocity, roundRobin, loop } = sample;
  const opcodes: Record<string, string | number> = {
    lokey: lowKey,
    hikey: highKey,
    pitch_keycenter: rootKey,
    lovel: lowVelocity,
    hivel: highVelocity,
    ...(roundRobins > 1 && { seq_length: roundRobins, seq_position: roundRobin }),
    // The end of a loop is the last sample that is played.
    ...(loop
      ? { loop_mode: "loop_continuous", loop_start: loop.start, loop_end: loop.end - 1 }
      : { loop_mode: "no_loop" }),
  };
  const rest = Object.entries(opcodes).map(([key, value]) => `${key}=${value}`);
  // A path may hold spaces, so the sample stands last on its line.
  return `<region> ${rest.join(" ")} sample=${file}`;
}
