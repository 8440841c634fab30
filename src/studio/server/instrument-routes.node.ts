/** Instruments: begun, cancelled, taken along as a zip archive, thrown away, put back. */

import { once } from "node:events";
import * as v from "valibot";
import {
  findInstrument,
  restoreInstrument,
  trashInstrument,
  zippedInstrument,
} from "../../sound/library/instruments.node.ts";
import { soundRequestShape } from "../../sound/work/sound-request.ts";
import type { InstrumentWish } from "../contract.ts";
import { answerJson, asDownload } from "./answers.node.ts";
import type { InstrumentDesk } from "./instrument-desk.node.ts";
import type { Call, Route } from "./router.node.ts";
import type { VoiceDesk } from "./voice-desk.node.ts";
import { readWish } from "./wish.node.ts";

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const wishShape: v.GenericSchema<unknown, InstrumentWish> = v.strictObject({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  request: soundRequestShape,
  lowKey: whole(0, 127),
  highKey: whole(0, 127),
  step: whole(1, 24),
  velocities: whole(1, 8),
  roundRobins: whole(1, 16),
  loops: v.boolean(),
  secondsMax: v.pipe(v.number(), v.minValue(0.2), v.maxValue(20)),
  formats: v.pipe(v.array(v.picklist(["sfz", "dspreset", "multisample", "sf2"])), v.minLength(1)),
});

interface Parts {
  readonly voices: VoiceDesk;
  readonly instruments: InstrumentDesk;
}

export function instrumentRoutes({ voices, instruments }: Parts): readonly Route[] {
  const { shelf } = instruments;

  async function start({ request, response, at }: Call): Promise<void> {
    const wish = await readWish(request, wishShape);
    const model = (await voices.placeOf(at("voice"))).place;
    answerJson(response, { id: await instruments.start(model, wish) });
  }

  function cancel({ response, at }: Call): void {
    instruments.cancel(at("instrument"));
    answerJson(response, {});
  }

  async function remove({ response, at }: Call): Promise<void> {
    const id = at("instrument");
    if (!instruments.dismiss(id)) await trashInstrument(shelf, id);
    instruments.changed();
    answerJson(response, {});
  }

  async function restore({ response, at }: Call): Promise<void> {
    await restoreInstrument(shelf, at("instrument"));
    instruments.changed();
    answerJson(response, {});
  }

  /** As fast as it is taken: all of it may be larger than memory. */
  async function zip({ response, at, signal }: Call): Promise<void> {
    const instrument = await findInstrument(shelf, at("instrument"));
    asDownload(response, { type: "application/zip", fileName: `${instrument.id}.zip` });
    for await (const part of zippedInstrument(instrument)) {
      signal.throwIfAborted();
      if (!response.write(part)) await once(response, "drain", { signal });
    }
    response.end();
  }

  return [
    { method: "POST", path: "voices/:voice/instruments", answer: start },
    { method: "POST", path: "instruments/:instrument/cancel", answer: cancel },
    { method: "DELETE", path: "instruments/:instrument", answer: remove },
    { method: "POST", path: "instruments/:instrument/restore", answer: restore },
    { method: "GET", path: "instruments/:instrument/zip", answer: zip },
  ];
}
