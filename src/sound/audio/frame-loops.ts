/**
 * The loops over a frame that phases are found with, thousands of times for each sound.
 *
 * Two implementations of one interface: WebAssembly with SIMD (ten times as fast), and JavaScript
 * where that cannot run. They agree to single precision, not bit by bit.
 */

import * as code from "./simd-code.ts";

/** Works on arrays that were taken from it, or on parts of them: of `inFours(...)` numbers at a time. */
export interface FrameLoops {
  /** An array, all zero. */
  take(length: number): Float32Array;
  /** out[i] = a[i] * b[i]; `out` may be one of the two. */
  multiply(out: Float32Array, a: Float32Array, b: Float32Array): void;
  /** out[i] = out[i] + a[i] * b[i] */
  addProduct(out: Float32Array, a: Float32Array, b: Float32Array): void;
  /** The spectrum of magnitudes with phases in radians, as `PackedPlan` packs it. Both shapes [bins]. */
  turn(packed: Float32Array, wanted: Float32Array, phases: Float32Array): void;
  /**
   * A step of fast Griffin-Lim on one spectrum, as `PackedPlan` packs it: on by `push` times its last
   * change, then to the magnitudes wanted.
   *
   * @param push Momentum.
   */
  bend(packed: Float32Array, frame: BentFrame, push: number): void;
}

export interface BentFrame {
  /** The spectrum in the step before, packed; becomes what this one is before it is bent. */
  readonly previous: Float32Array;
  /** Magnitudes of the bins; what follows up to a length of `inFours` does not matter. */
  readonly wanted: Float32Array;
}

/**
 * The fastest loops available. All on a thread share them: with each call what was taken before is
 * given back.
 *
 * @param count Numbers in all arrays that will be taken, each with its length `inFours`.
 */
export function frameLoops(count: number): FrameLoops {
  const isRoom = kept !== undefined && count <= kept.numbers.length;
  const machine = isRoom ? kept! : openMachine(count);
  // Each WebAssembly memory takes 10 GB of addresses until it is collected.
  // What had to do without once may be done with it the next time.
  if (count <= KEPT_MOST && machine.loops !== portable) kept = machine;
  return { ...machine.loops, take: takenFrom(machine.numbers.subarray(0, count)) };
}

/** The same in JavaScript. */
export function portableLoops(count: number): FrameLoops {
  return { ...portable, take: takenFrom(new Float32Array(count)) };
}

/** Numbers that an array takes: loops go by fours. */
export const inFours = (length: number): number => Math.ceil(length / 4) * 4;

/** Keeps an empty bin from dividing by zero. */
export const TINY_POWER = 1e-30;

// --- internal ---

type Loops = Omit<FrameLoops, "take">;

const portable: Loops = {
  multiply: (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = a[i]! * b[i]!;
  },
  addProduct: (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = out[i]! + a[i]! * b[i]!;
  },
  turn: (packed, wanted, phases) => {
    for (let bin = 0, i = 0; i < packed.length; bin += 1, i += 2) {
      packed[i] = wanted[bin]! * Math.cos(phases[bin]!);
      packed[i + 1] = wanted[bin]! * Math.sin(phases[bin]!);
    }
    turnEnds(packed, wanted, phases);
  },
  bend: (packed, frame, push) => {
    bendPairs(packed, frame, push);
    mendEnds(packed, frame);
  },
};

function takenFrom(numbers: Float32Array): (length: number) => Float32Array {
  let taken = 0;
  return (length) => {
    const array = numbers.subarray(taken, taken + length).fill(0);
    taken += inFours(length);
    if (array.length === length) return array;
    throw new RangeError(`Cannot take ${length} numbers: ${array.length} are left`);
  };
}

interface Machine {
  readonly numbers: Float32Array;
  readonly loops: Loops;
}

let kept: Machine | undefined;
/** 16 MB. */
const KEPT_MOST = 2 ** 22;

function openMachine(count: number): Machine {
  try {
    return simdMachine(count);
  } catch {
    // No WebAssembly with SIMD here, or no memory for it.
    return { numbers: new Float32Array(count), loops: portable };
  }
}

/** The first two numbers are no pair, but the two real bins at the ends. */
function turnEnds(packed: Float32Array, wanted: Float32Array, phases: Float32Array): void {
  const last = packed.length / 2;
  packed[0] = wanted[0]! * Math.cos(phases[0]!);
  packed[1] = wanted[last]! * Math.cos(phases[last]!);
}

/** The same after a step: of each only the sign is right. */
function mendEnds(packed: Float32Array, { wanted }: BentFrame): void {
  const [low, high] = [wanted[0]!, wanted[packed.length / 2]!];
  // So that -0 counts as negative: the pair is scaled by the first magnitude, which may be 0.
  packed[0] = 1 / packed[0]! < 0 ? -low : low;
  packed[1] = 1 / packed[1]! < 0 ? -high : high;
}

function bendPairs(packed: Float32Array, { previous, wanted }: BentFrame, push: number): void {
  for (let bin = 0, i = 0; i < packed.length; bin += 1, i += 2) {
    const re = packed[i]!;
    const im = packed[i + 1]!;
    const aheadRe = re + push * (re - previous[i]!);
    const aheadIm = im + push * (im - previous[i + 1]!);
    previous[i] = re;
    previous[i + 1] = im;
    const scale = wanted[bin]! / Math.sqrt(aheadRe * aheadRe + aheadIm * aheadIm + TINY_POWER);
    packed[i] = aheadRe * scale;
    packed[i + 1] = aheadIm * scale;
  }
}

const BYTES = 4;
const VECTOR_BYTES = 16;
const PAGE_BYTES = 2 ** 16;

/** What `bytes` exports: addresses and ends in bytes. */
interface Exported {
  multiply(out: number, end: number, a: number, b: number): void;
  addProduct(out: number, end: number, a: number, b: number): void;
  turn(packed: number, end: number, wanted: number, phases: number): void;
  bend(packed: number, end: number, previous: number, wanted: number, push: number): void;
}

/** What we use of WebAssembly, which the types of Node leave out. */
interface Host {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Memory: new (size: {
      readonly initial: number;
      readonly maximum: number;
    }) => { readonly buffer: ArrayBuffer };
    readonly Instance: new (
      module: object,
      imports: { readonly memory: { readonly numbers: object } },
    ) => { readonly exports: Exported };
  };
}

let compiled: object | undefined;

function simdMachine(count: number): Machine {
  const { WebAssembly } = globalThis as unknown as Host;
  compiled ??= new WebAssembly.Module(code.simdModule(functions()));
  const pages = Math.ceil((count * BYTES) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { memory: { numbers: memory } });
  const end = (of: Float32Array): number => of.byteOffset + of.byteLength;
  return {
    numbers: new Float32Array(memory.buffer, 0, count),
    loops: {
      multiply: (out, a, b) =>
        exports.multiply(out.byteOffset, end(out), a.byteOffset, b.byteOffset),
      addProduct: (out, a, b) =>
        exports.addProduct(out.byteOffset, end(out), a.byteOffset, b.byteOffset),
      turn: (packed, wanted, phases) => {
        exports.turn(packed.byteOffset, end(packed), wanted.byteOffset, phases.byteOffset);
        turnEnds(packed, wanted, phases);
      },
      bend: (packed, frame, push) => {
        const { previous, wanted } = frame;
        exports.bend(packed.byteOffset, end(packed), previous.byteOffset, wanted.byteOffset, push);
        mendEnds(packed, frame);
      },
    },
  };
}

function functions(): Record<keyof Exported, code.WalkingFunction> {
  const [out, , a, b] = [0, 1, 2, 3];
  const product = code.multiply(code.load(a!), code.load(b!));
  const onward = [out!, a!, b!].flatMap((address) => code.moveOn(address, VECTOR_BYTES));
  const parameters = ["address", "address", "address", "address"] as const;
  return {
    multiply: { parameters, body: [...code.store(out!, product), ...onward] },
    addProduct: {
      parameters,
      body: [...code.store(out!, code.add(code.load(out!), product)), ...onward],
    },
    turn: turnFourPairs(),
    bend: bendFourPairs(),
  };
}

/** sin(2 pi x) = x times the sum of these by x squared, for x from -0.25 to 0.25, to 1e-7. */
const SINE_OF_TURNS = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362_880, -1 / 39_916_800].map(
  (share, i) => share * (2 * Math.PI) ** (2 * i + 1),
);

/** Magnitudes with phases, of four bins at a time. */
function turnFourPairs(): code.WalkingFunction {
  const { absolute, add, float, fourTimes, get, load, moveOn, multiply, nearest, pick, set } = code;
  const { store, subtract } = code;
  const [packed, wanted, phases] = [0, 2, 3] as const;
  const [turns, square, cosine, sine] = [4, 5, 6, 7] as const;
  const all = (value: number): code.Code => fourTimes(float(value));
  const withinHalf = (value: code.Code): code.Code => [
    ...set(turns, value),
    ...set(turns, subtract(get(turns), nearest(get(turns)))),
  ];
  const series = SINE_OF_TURNS.reduceRight<code.Code>(
    (sum, share) => (sum.length === 0 ? all(share) : add(multiply(sum, get(square)), all(share))),
    [],
  );
  // cos(2 pi x) = sin(2 pi (1/4 - |x|)) for x within half a turn.
  const cosineOfTurns = (into: number): code.Code => [
    ...set(turns, subtract(all(1 / 4), absolute(get(turns)))),
    ...set(square, multiply(get(turns), get(turns))),
    ...set(into, multiply(load(wanted), multiply(get(turns), series))),
  ];
  const inTurns = multiply(load(phases), all(1 / (2 * Math.PI)));
  return {
    parameters: ["address", "address", "address", "address"],
    variables: ["vector", "vector", "vector", "vector"],
    body: [
      ...withinHalf(inTurns),
      ...cosineOfTurns(cosine),
      ...withinHalf(subtract(inTurns, all(1 / 4))),
      ...cosineOfTurns(sine),
      ...store(packed, pick(get(cosine), get(sine), [0, 4, 1, 5])),
      ...store(packed, pick(get(cosine), get(sine), [2, 6, 3, 7]), VECTOR_BYTES),
      ...moveOn(packed, 2 * VECTOR_BYTES),
      ...moveOn(wanted, VECTOR_BYTES),
      ...moveOn(phases, VECTOR_BYTES),
    ],
  };
}

/** `bendPairs` on four pairs at a time, which are two vectors of packed numbers. */
function bendFourPairs(): code.WalkingFunction {
  const { add, divide, fourTimes, get, load, moveOn, multiply, pick, set, squareRoot } = code;
  const { store, subtract } = code;
  const [packed, previous, wanted, push] = [0, 2, 3, 4] as const;
  const [low, high, aheadLow, aheadHigh, scale] = [5, 6, 7, 8, 9] as const;
  const ahead = (now: number, offset: number): code.Code =>
    add(get(now), multiply(fourTimes(get(push)), subtract(get(now), load(previous, offset))));
  const square = (of: number): code.Code => multiply(get(of), get(of));
  const power = add(
    pick(get(low), get(high), [0, 2, 4, 6]),
    pick(get(low), get(high), [1, 3, 5, 7]),
  );
  return {
    parameters: ["address", "address", "address", "address", "float"],
    variables: ["vector", "vector", "vector", "vector", "vector"],
    body: [
      ...set(low, load(packed)),
      ...set(high, load(packed, VECTOR_BYTES)),
      ...set(aheadLow, ahead(low, 0)),
      ...set(aheadHigh, ahead(high, VECTOR_BYTES)),
      ...store(previous, get(low)),
      ...store(previous, get(high), VECTOR_BYTES),
      ...set(low, square(aheadLow)),
      ...set(high, square(aheadHigh)),
      ...set(
        scale,
        divide(load(wanted), squareRoot(add(power, fourTimes(code.float(TINY_POWER))))),
      ),
      ...store(packed, multiply(get(aheadLow), pick(get(scale), get(scale), [0, 0, 1, 1]))),
      ...store(
        packed,
        multiply(get(aheadHigh), pick(get(scale), get(scale), [2, 2, 3, 3])),
        VECTOR_BYTES,
      ),
      ...moveOn(packed, 2 * VECTOR_BYTES),
      ...moveOn(previous, 2 * VECTOR_BYTES),
      ...moveOn(wanted, VECTOR_BYTES),
    ],
  };
}
