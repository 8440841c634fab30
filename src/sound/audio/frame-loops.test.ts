import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { type FrameLoops, frameLoops, inFours, portableLoops } from "./frame-loops.ts";

const LENGTH = 64;
const COUNT = 8 * LENGTH;

interface Arrays {
  readonly out: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly wanted: Float32Array;
}

/** The same numbers for all who ask: normal ones, and magnitudes. */
function arraysOf({ take }: FrameLoops): Arrays {
  const random = seededRandom(5);
  const noise = (): Float32Array => fillNormal(random, take(LENGTH));
  const arrays = { out: noise(), a: noise(), b: noise(), wanted: take(inFours(LENGTH / 2 + 1)) };
  fillNormal(random, arrays.wanted).forEach((value, i, all) => {
    all[i] = Math.abs(value);
  });
  return arrays;
}

const uses: readonly (readonly [string, (loops: FrameLoops, arrays: Arrays) => void])[] = [
  ["multiply()", (loops, { out, a, b }) => loops.multiply(out, a, b)],
  ["multiply() in place", (loops, { out, b }) => loops.multiply(out, out, b)],
  ["addProduct()", (loops, { out, a, b }) => loops.addProduct(out, a, b)],
  ["turn()", (loops, { out, a, wanted }) => loops.turn(out, wanted, a)],
  [
    "turn() by many turns",
    (loops, { out, a, wanted }) => {
      a.forEach((phase, i) => {
        a[i] = 40 * phase;
      });
      loops.turn(out, wanted, a);
    },
  ],
  ["bend()", (loops, { out, a, wanted }) => loops.bend(out, { previous: a, wanted }, 0.9)],
  [
    "multiply() on a part",
    (loops, { out, a, b }) =>
      loops.multiply(out.subarray(9, 29), a.subarray(2, 22), b.subarray(7, 27)),
  ],
];

test.each(uses)("%s gives what it gives in JavaScript, to single precision", (_, use) => {
  const made = [frameLoops(COUNT), portableLoops(COUNT)].map((loops) => {
    const arrays = arraysOf(loops);
    use(loops, arrays);
    return arrays;
  });
  const [fast, own] = made as [Arrays, Arrays];
  const before = arraysOf(portableLoops(COUNT));
  expect(own.out).not.toEqual(before.out);
  for (const name of ["out", "a", "b", "wanted"] as const) {
    fast[name].forEach((value, i) => {
      expect(Math.abs(value - own[name][i]!), `${name}[${i}]`).toBeLessThan(1e-5);
    });
  }
});

describe.each([
  ["frameLoops", frameLoops],
  ["portableLoops", portableLoops],
] as const)("%s()", (_, open) => {
  test("bends each bin to its magnitude, on by its last change, the ends by their sign", () => {
    const loops = open(COUNT);
    const [packed, previous, wanted] = [8, 8, 8].map((length) => loops.take(length)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    packed.set([-1, 2, 3, 4, 0, -1, 5, 12]);
    previous.set([0, 4, 3, 4, 0, 1, 5, 12]);
    // The first magnitude is 0, which leaves the sign of the last bin to be found.
    wanted.set([0, 10, 2, 26, 7]);
    loops.bend(packed, { previous, wanted }, 2);
    expect([...previous]).toEqual([-1, 2, 3, 4, 0, -1, 5, 12]);
    [-0, -7, 6, 8, 0, -2, 10, 24].forEach((value, i) => {
      expect(packed[i]).toBeCloseTo(value, 5);
    });
  });

  test("gives arrays of zeros, and no more than was asked for", () => {
    open(8).take(8).fill(1);
    const { take } = open(8);
    expect([...take(5)]).toEqual([0, 0, 0, 0, 0]);
    expect(() => take(1)).toThrow("Cannot take");
  });
});
