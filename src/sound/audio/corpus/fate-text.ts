/** The state of a corpus file as text. */

import type { AudioFormat } from "../codecs/sniff.ts";
import type { CorpusFile, UsedFile } from "./corpus.ts";

export const formatNames: { readonly [F in AudioFormat]: string } = {
  wav: "WAV",
  aiff: "AIFF",
  caf: "CAF",
  flac: "FLAC",
  "ogg-flac": "Ogg FLAC",
  "ogg-vorbis": "Ogg Vorbis",
  opus: "Opus",
  mp3: "MP3",
  foreign: "other formats, by ffmpeg",
};

/** "WAV, 48 kHz, mono, peak -1.0 dBFS"; "left out: the same sound as kick.wav". */
export function fateText(file: CorpusFile): string {
  switch (file.fate) {
    case "used":
      return [soundText(file), ...file.warnings.map(({ message }) => message)].join("; ");
    case "duplicate":
      return `left out: the same sound as ${file.duplicateOf}`;
    case "left-out":
      return `left out: ${file.reason}`;
  }
}

export function kilohertz(hz: number): string {
  return `${Math.round(hz) / 1000} kHz`;
}

export function channelName(channelCount: number): string {
  if (channelCount === 1) return "mono";
  return channelCount === 2 ? "stereo" : `${channelCount} channels`;
}

function soundText({ format, sampleRateHz, channelCount, peak }: UsedFile): string {
  const level = `peak ${(20 * Math.log10(peak)).toFixed(1)} dBFS`;
  return [formatNames[format], kilohertz(sampleRateHz), channelName(channelCount), level].join(
    ", ",
  );
}
