import { SoundBankLoader } from "spessasynth_core";
import { describe, expect, test } from "vitest";
import { chunksFrom } from "../codecs/riff-chunk.ts";
import { decentSamplerText } from "./decent-sampler.ts";
import { multisampleText } from "./multisample.ts";
import { keyName, type SampleMap } from "./sample-map.ts";
import { soundFont } from "./sf2.ts";
import { sfzText } from "./sfz.ts";
import { zipStore } from "./zip-store.ts";

const place = { lowKey: 59, highKey: 61, rootKey: 60, sampleRate: 48_000, length: 1000 };
const map: SampleMap = {
  name: 'bells & "whistles"',
  roundRobins: 2,
  releaseSeconds: 0.25,
  samples: [
    { ...place, file: "a b.wav", lowVelocity: 1, highVelocity: 63, roundRobin: 1 },
    {
      ...place,
      ...{ file: "c.wav", lowVelocity: 64, highVelocity: 127, roundRobin: 1 },
      loop: { start: 400, end: 936 },
    },
    { ...place, file: "d.wav", lowVelocity: 1, highVelocity: 63, roundRobin: 2 },
  ],
};

test("keyName() calls 60 C4", () => {
  expect([21, 58, 60, 108].map(keyName)).toEqual(["A0", "A#3", "C4", "C8"]);
});

test("sfzText() says keys, velocities, turns and inclusive loop ends, with the path last", () => {
  const lines = sfzText(map, "samples").split("\n");
  expect(lines).toContain("default_path=samples/");
  expect(lines[6]).toBe(
    "<region> lokey=59 hikey=61 pitch_keycenter=60 lovel=1 hivel=63 seq_length=2 seq_position=1 loop_mode=no_loop sample=a b.wav",
  );
  expect(lines[7]).toContain("loop_mode=loop_continuous loop_start=400 loop_end=935 sample=c.wav");
});

test("decentSamplerText() takes turns, which is not its default", () => {
  const text = decentSamplerText(map, "samples");
  expect(text.match(/seqMode="round_robin" seqLength="2" seqPosition="[12]"/g)).toHaveLength(2);
  expect(text).toContain('path="samples/c.wav" rootNote="60" loNote="59" hiNote="61"');
  expect(text).toContain('loopEnabled="true" loopStart="400" loopEnd="935"');
});

test("multisampleText() escapes names and has elements in the order of the schema", () => {
  const text = multisampleText(map);
  expect(text).toContain('<multisample name="bells &amp; &quot;whistles&quot;">');
  expect(text.match(/zone-logic="round-robin"/g)).toHaveLength(3);
  const order = ["<key", "<velocity", "<select", "<loop"].map((tag) => text.indexOf(tag));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(text).toContain('<loop mode="loop" start="400" stop="936" fade="0.0"/>');
});

test("zipStore() makes an archive whose directory points at its entries", () => {
  const zip = zipStore();
  const parts = [
    ...zip.add("multisample.xml", new TextEncoder().encode("123456789")),
    ...zip.add("é.wav", new Uint8Array(5)),
    ...zip.end(),
  ];
  const bytes = Buffer.concat(parts);
  const end = bytes.length - 22;
  expect(bytes.readUInt32LE(end)).toBe(0x06054b50);
  let at = bytes.readUInt32LE(end + 16);
  const found = Array.from({ length: bytes.readUInt16LE(end + 10) }, () => {
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26);
    const content = bytes.subarray(start, start + bytes.readUInt32LE(at + 24));
    const crc = bytes.readUInt32LE(at + 16);
    expect(bytes.readUInt32LE(local + 14)).toBe(crc);
    at += 46 + nameLength;
    return { name, content: content.toString("latin1"), crc };
  });
  expect(found).toEqual([
    // The check value that is published for CRC-32.
    { name: "multisample.xml", content: "123456789", crc: 0xcbf43926 },
    { name: "é.wav", content: "\0\0\0\0\0", crc: expect.any(Number) },
  ]);
});

describe("soundFont()", () => {
  /** Chunks of all lists by name. */
  async function read() {
    const ramp = Float32Array.from({ length: 1000 }, (_, i) => i / 2000);
    const bytes = await soundFont(map, async () => ramp);
    expect(new DataView(bytes.buffer).getUint32(4, true)).toBe(bytes.length - 8);
    const chunks = new Map<string, DataView>();
    for (const { content } of chunksFrom(bytes, 12)) {
      for (const inner of chunksFrom(content, 4)) {
        const { buffer, byteOffset, byteLength } = inner.content;
        chunks.set(inner.name, new DataView(buffer, byteOffset, byteLength));
      }
    }
    return (name: string) => chunks.get(name)!;
  }

  test("holds the first take of each, with 46 zeros behind it", async () => {
    const chunk = await read();
    const headers = chunk("shdr");
    expect(headers.byteLength / 46).toBe(3);
    const places = (i: number) =>
      [20, 24, 28, 32, 36].map((at) => headers.getUint32(46 * i + at, true));
    expect(places(0)).toEqual([0, 1000, 0, 1000, 48_000]);
    expect(places(1)).toEqual([1046, 2046, 1446, 1982, 48_000]);
    const pcm = chunk("smpl");
    expect(pcm.byteLength).toBe(2 * 2 * 1046);
    expect(Math.abs(pcm.getInt16(2 * (1046 + 500), true) - 32_767 / 4)).toBeLessThan(2);
    expect(pcm.getInt16(2 * 1020, true)).toBe(0);
  });

  test.each(["even", "odd"])(
    "has information of an even length where its name is %s",
    async (name) => {
      const bytes = await soundFont({ ...map, name }, async () => new Float32Array(1000));
      const [info] = chunksFrom(bytes, 12);
      const sizes = Array.from(chunksFrom(info!.content, 4), ({ content }) => content.length % 2);
      expect(sizes).toEqual([0, 0, 0, 0]);
    },
  );

  test("is read by another program with its keys, velocities, loops and samples", async () => {
    const ramp = Float32Array.from({ length: 1000 }, (_, i) => i / 2000);
    const { buffer } = await soundFont(map, async () => ramp);
    const { soundBankInfo, presets, instruments, samples } =
      SoundBankLoader.fromArrayBuffer(buffer);
    expect(soundBankInfo).toMatchObject({ name: 'bells & "whistles"', software: "etude" });
    expect(presets).toHaveLength(1);
    expect(instruments.map(({ zones }) => zones)).toMatchObject([
      [
        { keyRange: { min: 59, max: 61 }, velRange: { min: 1, max: 63 }, sample: { name: "a b" } },
        { keyRange: { min: 59, max: 61 }, velRange: { min: 64, max: 127 }, sample: { name: "c" } },
      ],
    ]);
    const facts = { originalKey: 60, pitchCorrection: 0, sampleRate: 48_000 };
    expect(samples).toMatchObject([facts, { ...facts, loopStart: 400, loopEnd: 936 }]);
    const heard = samples[1]!.getAudioData();
    expect(heard).toHaveLength(1000);
    expect(Math.max(...heard.map((value, i) => Math.abs(value - ramp[i]!)))).toBeLessThan(1e-4);
  });

  test("says ranges first and the sample last in each zone", async () => {
    const chunk = await read();
    const [bags, generators] = [chunk("ibag"), chunk("igen")];
    const zone = (i: number) => {
      const [from, to] = [bags.getUint16(4 * i, true), bags.getUint16(4 * i + 4, true)];
      return Array.from({ length: to - from }, (_, k) => [
        generators.getUint16(4 * (from + k), true),
        generators.getUint16(4 * (from + k) + 2, true),
      ]);
    };
    expect(bags.byteLength / 4).toBe(3);
    expect(zone(0)[0]).toEqual([43, 59 | (61 << 8)]);
    expect(zone(0)[1]).toEqual([44, 1 | (63 << 8)]);
    expect(zone(1)).toContainEqual([54, 1]);
    expect(zone(1)).toContainEqual([58, 60]);
    expect(zone(1).at(-1)).toEqual([53, 1]);
    // Timecents of a quarter of a second, as a signed word.
    expect(zone(0)[2]).toEqual([38, 0x10000 - 2400]);
  });
});
