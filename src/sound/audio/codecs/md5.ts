/**
 * MD5, with which FLAC sums its samples. Not for security.
 *
 * Source: RFC 1321.
 */

/** 16 bytes. */
export function md5(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n, true);
  const state = Uint32Array.of(0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476);
  const words = new Uint32Array(16);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i += 1) words[i] = view.getUint32(at + 4 * i, true);
    mixIn(state, words);
  }
  const sum = new Uint8Array(16);
  const out = new DataView(sum.buffer);
  for (const [i, word] of state.entries()) out.setUint32(4 * i, word, true);
  return sum;
}

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Uint32Array.from({ length: 64 }, (_, i) => Math.abs(Math.sin(i + 1)) * 2 ** 32);
/** Which word each of the 64 steps takes. */
const ORDER = Uint8Array.from({ length: 64 }, (_, i) => {
  const [factor = 1, offset = 0] = [
    [1, 0],
    [5, 1],
    [3, 5],
    [7, 0],
  ][i >> 4]!;
  return (factor * i + offset) % 16;
});

function mixIn(state: Uint32Array, words: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let i = 0; i < 64; i += 1) {
    const round = i >> 4;
    let mixed: number;
    if (round === 0) mixed = (b & c) | (~b & d);
    else if (round === 1) mixed = (d & b) | (~d & c);
    else if (round === 2) mixed = b ^ c ^ d;
    else mixed = c ^ (b | ~d);
    const sum = (a + mixed + SINES[i]! + words[ORDER[i]!]!) | 0;
    const shift = SHIFTS[round * 4 + (i & 3)]!;
    [a, d, c] = [d, c, b];
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
}
