/** The checksums of FLAC and Ogg. */

/** Of a FLAC frame's header: polynomial x^8 + x^2 + x + 1. */
export function crc8(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => crc8Table[crc ^ byte]!, 0);
}

/** Of a FLAC frame: polynomial x^16 + x^15 + x^2 + 1. A frame with its checksum gives 0. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  // Counted, since this runs over every byte of a file, and an iterator takes several times as long.
  for (let i = 0; i < bytes.length; i += 1) {
    crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >> 8) ^ bytes[i]!]!;
  }
  return crc;
}

/** Of an Ogg page: polynomial 0x04c11db7, from 0, not inverted. */
export function crc32(bytes: Uint8Array, crcBefore = 0): number {
  let crc = crcBefore;
  for (let i = 0; i < bytes.length; i += 1) {
    crc = ((crc << 8) ^ crc32Table[(crc >>> 24) ^ bytes[i]!]!) >>> 0;
  }
  return crc;
}

/** Of LAME's tag: polynomial x^16 + x^15 + x^2 + 1 with the lowest bit first. */
export function crc16Reflected(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    crc = (crc >> 8) ^ crc16ReflectedTable[(crc ^ bytes[i]!) & 0xff]!;
  }
  return crc;
}

const crc8Table = tableOf(0x07, 8);
const crc16Table = tableOf(0x8005, 16);
const crc32Table = tableOf(0x04c1_1db7, 32);
const crc16ReflectedTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >> 1) ^ ((crc & 1) * 0xa001);
  return crc;
});

function tableOf(polynomial: number, width: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = (byte << 24) >>> 0;
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = crc >= 2 ** 31;
      crc = ((crc << 1) ^ (carry ? polynomial << (32 - width) : 0)) >>> 0;
    }
    return crc >>> (32 - width);
  });
}
