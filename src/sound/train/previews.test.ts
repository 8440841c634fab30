import { beforeAll, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import type { PreviewMade } from "../../events/events.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { type Codec, openCodec } from "../latent/codec.ts";
import { framesOfSound, packFrames } from "../model/sound-frames.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { type Original, previews } from "./previews.ts";
import { progressAtStart } from "./progress.ts";

const model = tinyModel({ train: [], validation: [], totalSeconds: 0 });
let codec: Codec;

beforeAll(async () => {
  codec = await openCodec(await openRuntime({ threads: 1 }), model.recipe, model.layout);
});

/** A tone of so many seconds. */
function recording(path: string, hz: number, seconds: number): Original {
  const mono = Float32Array.from({ length: seconds * MODEL_RATE_HZ }, (_, i) =>
    Math.sin((2 * Math.PI * hz * i) / MODEL_RATE_HZ),
  );
  return { path, mono, frames: packFrames(framesOfSound(mono)) };
}

const originals = [
  recording("short.wav", 220, 0.1),
  recording("long.wav", 330, 0.3),
  recording("third.wav", 440, 0.2),
];

async function previewsAt(epoch: number, recordings: readonly Original[] = originals) {
  const files = new Map<string, Uint8Array>();
  const made: PreviewMade[] = [];
  const parts = {
    codec,
    originals: recordings,
    trainFiles: originals.map(({ frames }) => frames),
    epochsPerPreview: 5,
    seed: 7,
    write: async (name: string, bytes: Uint8Array) => {
      files.set(name, bytes);
      return name;
    },
  };
  const progress = { ...progressAtStart(20), epoch, step: 8 * epoch };
  for await (const news of previews(parts, model, progress)) {
    if (news.type === "preview-made") made.push(news);
  }
  return { files, made };
}

const told = (made: readonly PreviewMade[]): string[] =>
  made.map(({ kind, recording = "", changing }) => `${kind} ${recording}${changing ? " *" : ""}`);

test("one recording is rebuilt at every epoch, another one changes", async () => {
  const [first, second, third] = [await previewsAt(0), await previewsAt(5), await previewsAt(10)];
  expect(told(first.made)).toEqual([
    "original long.wav",
    "reconstruction long.wav",
    "original short.wav *",
    "reconstruction short.wav *",
    "sample ",
  ]);
  expect(told(second.made)[1]).toBe("reconstruction long.wav");
  expect(told(second.made)[3]).toBe("reconstruction third.wav *");
  expect(told(third.made)[3]).toBe("reconstruction short.wav *");
  expect(second.made.map(({ path }) => path)).toEqual([
    "original.wav",
    "epoch-0005-reconstruction.wav",
    "epoch-0005-other-original.wav",
    "epoch-0005-other-reconstruction.wav",
    "epoch-0005-sample.wav",
  ]);
});

test("a model that has not changed rebuilds the recording that stays to the same bytes", async () => {
  const [early, late] = [await previewsAt(0), await previewsAt(15)];
  expect(late.files.get("original.wav")).toEqual(early.files.get("original.wav"));
  expect(late.files.get("epoch-0015-reconstruction.wav")).toEqual(
    early.files.get("epoch-0000-reconstruction.wav"),
  );
  expect(late.files.get("epoch-0015-sample.wav")).not.toEqual(
    early.files.get("epoch-0000-sample.wav"),
  );
});

test("where there is one recording it is the one that stays, and where there is none only a new sound is made", async () => {
  const [only] = originals;
  expect(told((await previewsAt(5, only && [only])).made)).toEqual([
    "original short.wav",
    "reconstruction short.wav",
    "sample ",
  ]);
  expect(told((await previewsAt(5, [])).made)).toEqual(["sample "]);
});
