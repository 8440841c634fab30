/** Options of commands that write sounds: format and depth. */

export const formatOption = {
  type: "choice",
  value: "FORMAT",
  choices: ["wav", "flac", "aiff", "mp3", "ogg", "opus"],
  aliases: { aif: "aiff", vorbis: "ogg" },
  default: "wav",
  group: "File",
  description: "MP3 at 320 kbit/s, Ogg Vorbis at quality 6, Opus at 112 kbit/s a channel",
} as const;

export const bitDepthOption = {
  type: "choice",
  value: "BITS",
  choices: ["16", "24", "32f"],
  aliases: { "16-bit": "16", "24-bit": "24", "32": "32f", "32-bit-float": "32f", float: "32f" },
  group: "File",
  description: "of WAV, FLAC and AIFF; 32f is floating point, which FLAC has not",
  otherwise: "24",
} as const;
