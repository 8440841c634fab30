/** One sound at nine positions of a control, as files, and a sheet of their spectrograms. */

import { join } from "node:path";
import { replaceFile } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import type { Sound } from "../audio/sound.ts";
import { openCodec } from "../latent/codec.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { contactSheet } from "./contact-sheet.ts";
import { requireControls } from "./controls.ts";
import { fileSafe } from "./file-safe.ts";
import { aboutSounds } from "./generate-files.node.ts";
import { makeSound } from "./make-sound.ts";
import { writePng } from "./png.node.ts";
import { audioFacts } from "./sound-record.ts";
import type { SoundRequest } from "./sound-request.ts";
import { soundWriter } from "./write-made.node.ts";

const SWEPT_POSITIONS: readonly number[] = [-10, -8, -5, -3, 0, 3, 5, 8, 10];

export interface SweepResult {
  readonly control: string;
  readonly files: readonly { readonly position: number; readonly path: string }[];
  /** PNG: the nine spectrograms from -10 on the left to 10 on the right. */
  readonly sheet: string;
}

/**
 * @param request The sound that is swept; its other controls stay where they are.
 * @throws UserError "control-unknown", "controls-unmeasured" and those of makeSound and of writing.
 */
export async function sweepControl(
  model: Model,
  options: { readonly control: string; readonly folder: string; readonly request: SoundRequest },
  tools: {
    readonly runtime: Runtime;
    readonly clock: Pick<Clock, "wallMs">;
    readonly signal: AbortSignal;
  },
): Promise<SweepResult> {
  const { control, folder, request } = options;
  requireControls(model.analysis, [control]);
  const write = await soundWriter(folder, { format: "wav" });
  const about = await aboutSounds(model, tools.runtime);
  const codec = await openCodec(tools.runtime, model.recipe, model.layout);
  const sounds: Sound[] = [];
  const files: { position: number; path: string }[] = [];
  try {
    for (const [i, position] of SWEPT_POSITIONS.entries()) {
      tools.signal.throwIfAborted();
      const moved = { ...request, controls: { ...request.controls, [control]: position } };
      const sound = await makeSound({ codec, model }, moved);
      const audio = await audioFacts(sound);
      const { path } = await write({
        sound,
        name: `${i + 1}-${control}${position < 0 ? "" : "+"}${position}`,
        record: { ...about, madeWallMs: tools.clock.wallMs(), request: moved, audio },
      });
      sounds.push(sound);
      files.push({ position, path });
    }
  } finally {
    await codec.release();
  }
  const sheet = join(folder, `${fileSafe(control)}-sheet.png`);
  await replaceFile(
    sheet,
    writePng(contactSheet(sounds, { columns: sounds.length, loudest: "all" })),
  );
  return { control, files, sheet };
}
