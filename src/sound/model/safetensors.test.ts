import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTensorFile, type TensorFile, writeTensorFile } from "./safetensors.ts";

const file: TensorFile = {
  tensors: {
    weights: { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, Number.MIN_VALUE, 6e30) },
    empty: { shape: [0], data: new Float32Array(0) },
    bias: { shape: [1], data: Float32Array.of(-0.25) },
  },
  metadata: { format: "etude-test", note: "Übung 🎻", progress: JSON.stringify({ step: 120 }) },
};

describe("writeTensorFile()", () => {
  test("is read back as it was", async () => {
    expect(await readTensorFile(await writeTensorFile(file), "x")).toEqual(file);
  });

  test("writes the same bytes every time", async () => {
    expect(await writeTensorFile(file)).toEqual(await writeTensorFile(file));
  });

  test("follows the safetensors format, with the numbers at a multiple of eight", async () => {
    const bytes = await writeTensorFile(file);
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
    expect(header.weights).toEqual({ dtype: "F32", shape: [2, 3], data_offsets: [0, 24] });
    expect(header.bias).toEqual({ dtype: "F32", shape: [1], data_offsets: [24, 28] });
    expect(new DataView(bytes.buffer).getFloat32(8 + headerBytes + 4, true)).toBe(-2);
    expect(bytes.length).toBe(8 + headerBytes + 28);
  });

  test("refuses numbers that do not fill their shape", async () => {
    const tensors = { a: { shape: [2, 2], data: new Float32Array(3) } };
    await expect(writeTensorFile({ tensors, metadata: {} })).rejects.toThrow(
      'Cannot write tensor "a" of shape [2,2]: found 3 numbers',
    );
  });

  test("takes parts of larger arrays", async () => {
    const part = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const bytes = await writeTensorFile({
      tensors: { part: { shape: [2], data: part } },
      metadata: {},
    });
    expect((await readTensorFile(bytes, "x")).tensors["part"]?.data).toEqual(Float32Array.of(1, 2));
  });
});

describe("readTensorFile()", () => {
  test("finds any single damaged byte", async () => {
    const whole = await writeTensorFile(file);
    const checked = fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (place, change) => {
        const bytes = whole.slice();
        bytes[place] = (bytes[place] as number) ^ change;
        const read = await readTensorFile(bytes, "x").catch((error: unknown) => error);
        if (read instanceof Error) expect(read).toMatchObject({ code: "tensor-file-damaged" });
        // What is not found may only be white space.
        else expect(read).toEqual(file);
      },
    );
    await fc.assert(checked, { numRuns: 2000, seed: 1 });
  });

  test("finds a file cut at any place", async () => {
    const whole = await writeTensorFile(file);
    for (let length = 0; length < whole.length; length += 7) {
      await expect(readTensorFile(whole.subarray(0, length), "cut")).rejects.toMatchObject({
        code: "tensor-file-damaged",
      });
    }
  });

  test("finds numbers that were added", async () => {
    const whole = await writeTensorFile(file);
    const longer = new Uint8Array(whole.length + 4);
    longer.set(whole);
    await expect(readTensorFile(longer, "x")).rejects.toMatchObject({
      code: "tensor-file-damaged",
    });
  });

  test("reads files of other programs, without checksums", async () => {
    const { tensors } = await readTensorFile(
      foreign({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, Float32Array.of(7)),
      "x",
    );
    expect(tensors["a"]).toEqual({ shape: [1], data: Float32Array.of(7) });
  });

  test.each([
    { what: "other number formats", entry: { dtype: "F16", shape: [2], data_offsets: [0, 4] } },
    { what: "negative lengths", entry: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } },
    { what: "places outside", entry: { dtype: "F32", shape: [2], data_offsets: [0, 8] } },
    { what: "places backwards", entry: { dtype: "F32", shape: [1], data_offsets: [4, 0] } },
    { what: "odd places", entry: { dtype: "F32", shape: [0], data_offsets: [1, 1] } },
    { what: "huge shapes", entry: { dtype: "F32", shape: [1e15, 1e15], data_offsets: [0, 4] } },
    { what: "no description", entry: null },
    { what: "a list", entry: [1, 2] },
  ])("refuses a tensor with $what", async ({ entry }) => {
    const bytes = foreign({ a: entry }, Float32Array.of(7));
    await expect(readTensorFile(bytes, "odd")).rejects.toMatchObject({
      code: "tensor-file-damaged",
      message: expect.stringContaining('"odd"'),
    });
  });

  test.each(["[]", "null", "1", "{", '{"__metadata__":{"a":1}}'])(
    "refuses the header %s",
    async (header) => {
      await expect(readTensorFile(foreign(header, new Float32Array(1)), "x")).rejects.toMatchObject(
        { code: "tensor-file-damaged" },
      );
    },
  );

  test("refuses a header that claims to be larger than any memory", async () => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
    await expect(readTensorFile(bytes, "x")).rejects.toMatchObject({
      code: "tensor-file-damaged",
    });
  });
});

function foreign(header: object | string, numbers: Float32Array): Uint8Array {
  const json = typeof header === "string" ? header : JSON.stringify(header);
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.length + numbers.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(numbers.buffer), 8 + text.length);
  return bytes;
}
