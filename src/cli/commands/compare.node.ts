/** `etude compare`: sounds as loud as each other. */

import { join, parse, resolve } from "node:path";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { formatFixed } from "../../show/numbers.ts";
import { readSound } from "../../sound/audio/codecs/read-sound.node.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { levelMatched } from "../../sound/work/level-match.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  { files, outputDir }: CommandValues<"compare">,
): Promise<ExitCode> {
  const { workingFolder, settings, stdout, stderr, json } = context;
  const folder = resolve(workingFolder, outputDir ?? settings.paths.generated);
  const sounds = await Promise.all(files.map((file) => readSound(resolve(workingFolder, file))));
  const matched = levelMatched(sounds);
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const written: { readonly path: string; readonly gainDb: number }[] = [];
  for (const [i, sound] of matched.sounds.entries()) {
    const letter = String.fromCharCode(65 + (i % 26));
    const path = join(folder, `${letter}-${parse(files[i] ?? "").name}.wav`);
    await replaceFile(path, writeWav(sound, { encoding: "float32", madeHere: true }));
    const gainDb = matched.gainsDb[i] ?? 0;
    written.push({ path, gainDb });
    if (!json) stdout.write(`${shownPath(context, path)}\n`);
    if (!json) stderr.write(`  turned down by ${formatFixed(Math.abs(gainDb), 1)} dB\n`);
  }
  if (json) stdout.write(`${JSON.stringify(written, null, 2)}\n`);
  return 0;
}
