/**
 * An instrument as .multisample, the exchange format of Bitwig and PreSonus: a zip, not compressed,
 * of the samples and one description.
 *
 * Source: github.com/bitwig/multisample, with its schema.
 */

import type { MappedSample, SampleMap } from "./sample-map.ts";
import { xmlElement, xmlText } from "./xml-text.ts";

/** Name of the description in the zip. */
export const MULTISAMPLE_XML = "multisample.xml";

export function multisampleText({ name, roundRobins, samples }: SampleMap): string {
  const element = (tag: string, text: string): string => `<${tag}>${xmlText(text)}</${tag}>`;
  const lines = xmlElement("multisample", { name }, [
    element("generator", "étude"),
    element("category", ""),
    element("creator", ""),
    element("description", "Played by a model of sound"),
    ...samples.flatMap((sample) => sampleElement(sample, roundRobins > 1)),
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join("\n")}\n`;
}

function sampleElement(sample: MappedSample, takesTurns: boolean): string[] {
  const { file, rootKey, lowKey, highKey, lowVelocity, highVelocity, length, loop } = sample;
  return xmlElement(
    "sample",
    {
      file,
      gain: "0.0",
      "sample-start": 0,
      "sample-stop": length,
      "zone-logic": takesTurns ? "round-robin" : "always-play",
    },
    [
      ...xmlElement("key", {
        low: lowKey,
        high: highKey,
        root: rootKey,
        track: "1.0",
        tune: "0.0",
      }),
      ...xmlElement("velocity", { low: lowVelocity, high: highVelocity }),
      ...xmlElement("select", {}),
      ...(loop
        ? xmlElement("loop", { mode: "loop", start: loop.start, stop: loop.end, fade: "0.0" })
        : xmlElement("loop", { mode: "off" })),
    ],
  );
}
