import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sine } from "../../../../test/support/tones.ts";
import { decodeBytes } from "../codecs/decode.ts";
import { infoList } from "../codecs/info-list.ts";
import { readWav } from "../codecs/wav-read.ts";
import { writeWav } from "../codecs/wav-write.ts";
import { isMadeHere } from "./made-here.ts";
import { prepareSound, resamplersTo } from "./prepare.ts";

const sound = (length: number) => ({
  sampleRate: 48_000,
  channels: [sine({ hz: 440, rateHz: 48_000, length })],
});

describe("the mark of sounds that étude made", () => {
  test.each(["int16", "int24", "float32"] as const)("stays out of the samples: %s", (encoding) => {
    for (const length of [0, 1, 1001]) {
      const plain = writeWav(sound(length), { encoding });
      const marked = writeWav(sound(length), { encoding, madeHere: true });
      expect([isMadeHere(plain), isMadeHere(marked)]).toEqual([false, true]);
      expect(readWav(marked).sound).toEqual(readWav(plain).sound);
      expect(new DataView(marked.buffer).getUint32(4, true)).toBe(marked.length - 8);
    }
  });

  test("is found before the samples too, among the notes of another program", () => {
    const plain = writeWav(sound(100));
    const notes = listOf([
      ["INAM", "Rain\0"],
      ["ISFT", "etude\0"],
    ]);
    const edited = new Uint8Array([...plain.subarray(0, 36), ...notes, ...plain.subarray(36)]);
    expect(isMadeHere(edited)).toBe(true);
  });

  test.each(["Lavf59.27.100\0", "etudes for piano\0", "etude 2\0", "", "REAPER\0"])(
    "is not the name of another program: %j",
    (name) => {
      const plain = writeWav(sound(100));
      expect(isMadeHere(new Uint8Array([...plain, ...listOf([["ISFT", name]])]))).toBe(false);
    },
  );

  test("is looked for in whatever bytes there are", () => {
    const marked = writeWav(sound(20), { madeHere: true });
    fc.assert(
      fc.property(fc.nat(marked.length), fc.uint8Array({ maxLength: 40 }), (at, junk) => {
        const bytes = new Uint8Array([...marked.subarray(0, at), ...junk]);
        expect(typeof isMadeHere(bytes)).toBe("boolean");
      }),
    );
  });

  test("keeps a sound out of a corpus", async () => {
    const prepare = (madeHere: boolean) =>
      prepareSound(writeWav(sound(4800), { madeHere }), {
        decode: decodeBytes,
        resamplerFor: resamplersTo(48_000),
        sha256: () => "",
      });
    expect(await prepare(true)).toMatchObject({ ok: false, code: "made-here" });
    expect(await prepare(false)).toMatchObject({ ok: true });
  });
});

/** A LIST chunk of notes, by hand. */
function listOf(notes: readonly (readonly [name: string, value: string])[]): Uint8Array {
  const text = notes
    .map(([name, value]) => {
      const size = String.fromCharCode(value.length, 0, 0, 0);
      return `${name}${size}${value}${value.length % 2 === 1 ? "\0" : ""}`;
    })
    .join("");
  const chunk = `LIST${String.fromCharCode(4 + text.length, 0, 0, 0)}INFO${text}`;
  return Uint8Array.from(chunk, (letter) => letter.charCodeAt(0));
}

test("the mark is a whole chunk of an even number of bytes", () => {
  const chunk = infoList();
  expect(chunk.length % 2).toBe(0);
  expect([...chunk]).toEqual([...listOf([["ISFT", "etude\0"]])]);
});
