/** What the measures of a sound mean: which are faults, how bad they are, and in which words. */

import type { FaultCode, Finding, QualityMeasures } from "./quality-types.ts";

/**
 * The faults, worst first.
 *
 * | fault | yellow | red |
 * |---|---|---|
 * | not-numbers | | any |
 * | silent, quiet | loudest 50 ms below -45 dBFS | below -60 dBFS |
 * | clipped | 2 flat tops | 0.5 % of all samples in at least 10, or 2 % |
 * | offset | 0.045, or 0.01 and half the level | 0.08, or 0.02 and the level |
 * | dropouts | | any |
 * | clicks | any | 3 |
 * | noise | sound less than 4 dB over it | less than 1 dB |
 * | spurs | any | less than 20 dB below the loudest moment |
 * | low-bandwidth | below 10 kHz | below 6 kHz |
 */
export function findingsOf(measures: QualityMeasures): Finding[] {
  const silence = levelFinding(measures);
  const found =
    silence?.severity === "red"
      ? [numbersFinding(measures), silence, offsetFinding(measures)]
      : [
          numbersFinding(measures),
          silence,
          clippingFinding(measures),
          offsetFinding(measures),
          dropoutFinding(measures),
          clickFinding(measures),
          noiseFinding(measures),
          spurFinding(measures),
          bandwidthFinding(measures),
        ];
  const findings = found.filter((finding) => finding !== undefined);
  return [
    ...findings.filter(({ severity }) => severity === "red"),
    ...findings.filter(({ severity }) => severity === "yellow"),
  ];
}

function numbersFinding({ notNumbers }: QualityMeasures): Finding | undefined {
  if (notNumbers === 0) return undefined;
  return red("not-numbers", `${count(notNumbers, "sample")} that ${are(notNumbers)} no number`);
}

function levelFinding({ loudestDbfs }: QualityMeasures): Finding | undefined {
  const level = `its loudest moment is at ${Math.round(loudestDbfs)} dBFS`;
  if (loudestDbfs < -60) return red("silent", `silent: ${level}`);
  return loudestDbfs < -45 ? yellow("quiet", `very quiet: ${level}`) : undefined;
}

function clippingFinding({ clipping }: QualityMeasures): Finding | undefined {
  if (clipping.count < 2) return undefined;
  const isBad = (clipping.share >= 0.005 && clipping.count >= 10) || clipping.share >= 0.02;
  const share = Number((100 * clipping.share).toPrecision(2));
  return (isBad ? red : yellow)(
    "clipped",
    `clipped: ${count(clipping.count, "flat top")}, ${share} % of the samples`,
  );
}

function offsetFinding({ offset, loudestDbfs }: QualityMeasures): Finding | undefined {
  const size = Math.abs(offset);
  const level = 10 ** (loudestDbfs / 20);
  if (size < 0.045 && (size < 0.01 || size < level / 2)) return undefined;
  const isBad = size >= 0.08 || (size >= 0.02 && size >= level);
  return (isBad ? red : yellow)("offset", `a constant offset of ${offset.toFixed(3)}`);
}

function dropoutFinding({ dropouts }: QualityMeasures): Finding | undefined {
  const [first] = dropouts;
  if (first === undefined) return undefined;
  const length = `${Math.round(1000 * first.seconds)} ms at ${first.atSeconds.toFixed(2)} s`;
  const which = dropouts.length === 1 ? "" : "the first ";
  return red("dropouts", `${count(dropouts.length, "gap")}: ${which}${length}`);
}

function clickFinding({ clicks }: QualityMeasures): Finding | undefined {
  const [first] = clicks;
  if (first === undefined) return undefined;
  const which = clicks.length === 1 ? "" : ", the first";
  return (clicks.length >= 3 ? red : yellow)(
    "clicks",
    `${count(clicks.length, "click")}${which} at ${first.atSeconds.toFixed(2)} s`,
  );
}

function noiseFinding({ soundOverNoiseDb: over }: QualityMeasures): Finding | undefined {
  if (over === null || over >= 4) return undefined;
  if (over < 1) return red("noise", "steady noise: nothing stands out of it");
  return yellow("noise", `noisy: the sound is only ${Math.round(over)} dB over a steady noise`);
}

function spurFinding({ spurs }: QualityMeasures): Finding | undefined {
  const [first] = spurs;
  if (first === undefined) return undefined;
  const isBad = spurs.some(({ levelDb }) => levelDb > -20);
  const others = spurs.length === 1 ? "" : ` and ${spurs.length - 1} more`;
  return (isBad ? red : yellow)(
    "spurs",
    `a steady line at ${Math.round(first.hz)} Hz${others}, ${Math.round(first.overDb)} dB over what is beside it`,
  );
}

function bandwidthFinding({ bandwidthHz }: QualityMeasures): Finding | undefined {
  if (bandwidthHz === null || bandwidthHz >= 10_000) return undefined;
  const message = `cut off above ${(bandwidthHz / 1000).toFixed(1)} kHz`;
  return (bandwidthHz < 6000 ? red : yellow)("low-bandwidth", message);
}

function red(code: FaultCode, message: string): Finding {
  return { code, severity: "red", message };
}

function yellow(code: FaultCode, message: string): Finding {
  return { code, severity: "yellow", message };
}

function count(many: number, one: string): string {
  return `${many} ${one}${many === 1 ? "" : "s"}`;
}

function are(many: number): string {
  return many === 1 ? "is" : "are";
}
