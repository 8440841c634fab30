import type { AudioFileFormat } from "../sound/audio/codecs/file-format.ts";
import type { SampleEncoding } from "../sound/audio/codecs/pcm-write.ts";
import type { SoundFileOptions } from "../sound/work/write-made.node.ts";

const encodings: { readonly [B in "16" | "24" | "32f"]: SampleEncoding } = {
  "16": "int16",
  "24": "int24",
  "32f": "float32",
};

/** What `--format` and `--bit-depth` ask for. */
export function fileFormatOf({
  format,
  bitDepth,
}: {
  readonly format: AudioFileFormat;
  readonly bitDepth: "16" | "24" | "32f" | undefined;
}): Pick<SoundFileOptions, "format" | "encoding"> {
  return { format, ...(bitDepth !== undefined && { encoding: encodings[bitDepth] }) };
}
