/** Sounds of the history, in words. */

import { plainText } from "../../show/draw/width.ts";
import { formatBytes, formatCount, formatSoundLength } from "../../show/numbers.ts";
import type { HistoryFacts } from "../../sound/library/history-entry.ts";
import type { RememberedSound } from "../../sound/work/sound-record.ts";
import { columns, momentOf } from "./models-text.ts";

/** A line for each: id, when, model, seed, length, preset, and its title in quotes. */
export function historyLines(entries: readonly HistoryFacts[]): string[] {
  const rows = entries.map(
    ({ id, madeWallMs, modelName, seed, durationSeconds, preset, title }) => [
      id,
      momentOf(madeWallMs),
      plainText(modelName),
      `seed ${seed}`,
      formatSoundLength(durationSeconds),
      preset === undefined ? "" : plainText(preset),
      title === undefined ? "" : `"${plainText(title)}"`,
    ],
  );
  return columns(rows, [4]);
}

/** What is known of one, and nothing else. */
export function historyInfoLines(sound: RememberedSound, facts: HistoryFacts): string[] {
  const { version: _, ...request } = sound.request;
  const known: (readonly [string, string | undefined])[] = [
    ["id", facts.id],
    ["title", sound.title],
    ["made", `${momentOf(sound.madeWallMs)} with ${sound.program}`],
    ["model", `${sound.model.name} (${sound.model.sha256.slice(0, 12)})`],
    ["preset", sound.preset],
    ["length", formatSoundLength(sound.audio.durationSeconds)],
    [
      "sound",
      `${formatCount(sound.audio.length)} samples, ${sound.audio.sampleRate} Hz, ${sound.audio.channels === 1 ? "mono" : `${sound.audio.channels} channels`}`,
    ],
    ["kept", facts.bytes === 0 ? "only what makes it again" : formatBytes(facts.bytes)],
    ["file", sound.history.path],
    ["tags", facts.tags?.join(", ")],
    ...(facts.exports ?? []).map(
      ({ wallMs, path }) => ["exported", `${momentOf(wallMs)} as ${path}`] as const,
    ),
    ...Object.entries(request).map(
      ([name, value]) =>
        [name, typeof value === "object" ? JSON.stringify(value) : `${value}`] as const,
    ),
  ];
  const rows = known.flatMap(([name, text]) =>
    text === undefined ? [] : [[name, plainText(text)]],
  );
  return columns(rows);
}
