/**
 * Assembles WebAssembly out of expressions: functions that walk along arrays, four 32-bit floats at a
 * time. Enough for the few loops that cost most of a sound (frame-loops.ts), without a compiler to
 * install.
 *
 * An expression is the code that leaves one value: of four floats ("vector"), of one, or an address.
 *
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

/** Instructions and what they are told, as the bytes of a module. */
export type Code = readonly number[];

/** What parameters and variables hold. */
const TYPES = { address: 0x7f, float: 0x7d, vector: 0x7b } as const;
export type ValueType = keyof typeof TYPES;

export interface WalkingFunction {
  /** The first is an address that moves, the second where the walk ends. */
  readonly parameters: readonly ValueType[];
  /** Count on from the parameters. @default none */
  readonly variables?: readonly ValueType[];
  /** Runs until the first parameter has come to the second, and once at least. */
  readonly body: Code;
}

/** Value of a parameter or variable. */
export const get = (variable: number): Code => [0x20, ...unsigned(variable)];

export const set = (variable: number, value: Code): Code => [...value, 0x21, ...unsigned(variable)];

/** Four floats at an address in a variable. @param offset In bytes. */
export const load = (variable: number, offset = 0): Code => [
  ...get(variable),
  ...simd(0),
  ...anywhere(offset),
];

/** Writes four floats where `load` would read them. */
export const store = (variable: number, value: Code, offset = 0): Code => [
  ...get(variable),
  ...value,
  ...simd(11),
  ...anywhere(offset),
];

/** Moves an address on. @param bytes Up to 63: more would take another form. */
export const moveOn = (variable: number, bytes: number): Code => [
  ...get(variable),
  ...[0x41, bytes, 0x6a],
  ...[0x21, ...unsigned(variable)],
];

/** A float in all four places. */
export const fourTimes = (value: Code): Code => [...value, ...simd(19)];

export const float = (value: number): Code => [
  0x43,
  ...new Uint8Array(Float32Array.of(value).buffer),
];

export const add = (a: Code, b: Code): Code => [...a, ...b, ...simd(228)];
export const subtract = (a: Code, b: Code): Code => [...a, ...b, ...simd(229)];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, ...simd(230)];
export const divide = (a: Code, b: Code): Code => [...a, ...b, ...simd(231)];
export const absolute = (a: Code): Code => [...a, ...simd(224)];
/** Whole numbers. */
export const nearest = (a: Code): Code => [...a, ...simd(106)];
export const squareRoot = (a: Code): Code => [...a, ...simd(227)];

/** Four of the eight floats of two vectors. @param places 0 to 3 of `a`, 4 to 7 of `b`. */
export const pick = (a: Code, b: Code, places: readonly [number, number, number, number]): Code => [
  ...a,
  ...b,
  ...simd(13),
  ...places.flatMap((place) => [0, 1, 2, 3].map((byte) => 4 * place + byte)),
];

/**
 * A module with these functions under their names. It works on the memory that it is given as
 * `memory.numbers`.
 */
export function simdModule(functions: Readonly<Record<string, WalkingFunction>>): Uint8Array {
  const names = Object.keys(functions);
  const all = Object.values(functions);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, all.map(signature)),
    ...section(2, [[...text("memory"), ...text("numbers"), 2, 0, 0]]),
    ...section(
      3,
      all.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      names.map((name, i) => [...text(name), 0, ...unsigned(i)]),
    ),
    ...section(10, all.map(compiled)),
  ]);
}

// --- internal ---

const simd = (operation: number): Code => [0xfd, ...unsigned(operation)];

/** A place in memory that is a multiple of nothing. */
const anywhere = (offset: number): Code => [0, ...unsigned(offset)];

function signature({ parameters }: WalkingFunction): Code {
  return [0x60, ...list(parameters.map((type) => [TYPES[type]])), 0];
}

function compiled({ variables = [], body }: WalkingFunction): Code {
  const isBefore: Code = [...get(0), ...get(1), 0x49];
  const walk = [0x03, 0x40, ...body, ...isBefore, 0x0d, 0, 0x0b];
  const code = [...list(variables.map((type) => [1, TYPES[type]])), ...walk, 0x0b];
  return [...unsigned(code.length), ...code];
}

function section(id: number, items: readonly Code[]): Code {
  const content = list(items);
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(letters: string): Code {
  return list([...letters].map((letter) => [letter.charCodeAt(0)]));
}

/** Seven bits a byte, the lowest first (LEB128). */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}
