/**
 * An instrument for DecentSampler (.dspreset).
 *
 * Source: the developer guide of DecentSampler. Turns are taken only where `seqMode` says
 * `round_robin`; its default plays all at once.
 */

import { type MappedSample, type SampleMap, VELOCITY_TRACKING } from "./sample-map.ts";
import { xmlElement } from "./xml-text.ts";

/** @param folder Of the samples, relative to the file. */
export function decentSamplerText(map: SampleMap, folder: string): string {
  const { samples, roundRobins, releaseSeconds } = map;
  const turns = Array.from({ length: roundRobins }, (_, i) => i + 1);
  const groups = turns.flatMap((turn) =>
    xmlElement(
      "group",
      {
        name: `turn ${turn}`,
        ...(roundRobins > 1 && {
          seqMode: "round_robin",
          seqLength: roundRobins,
          seqPosition: turn,
        }),
      },
      samples
        .filter(({ roundRobin }) => roundRobin === turn)
        .flatMap((sample) => sampleElement(sample, folder)),
    ),
  );
  const settings = { attack: 0, release: releaseSeconds, ampVelTrack: VELOCITY_TRACKING };
  const lines = xmlElement(
    "DecentSampler",
    { minVersion: "1.0.0", presetName: map.name },
    xmlElement("groups", settings, groups),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join("\n")}\n`;
}

function sampleElement(sample: MappedSample, folder: string): string[] {
  const { file, rootKey, lowKey, highKey, lowVelocity, highVelocity, loop } = sample;
  return xmlElement("sample", {
    path: `${folder}/${file}`,
    rootNote: rootKey,
    loNote: lowKey,
    hiNote: highKey,
    loVel: lowVelocity,
    hiVel: highVelocity,
    ...(loop && { loopEnabled: "true", loopStart: loop.start, loopEnd: loop.end - 1 }),
  });
}
