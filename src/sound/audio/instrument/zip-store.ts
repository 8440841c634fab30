/**
 * Zip archives without compression, part by part, so that what is large need not be in memory twice.
 *
 * Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3.
 */

export interface ZipStore {
  /** The bytes of an entry, to be written next. */
  add(name: string, content: Uint8Array): Uint8Array[];
  /** The bytes that end the archive. */
  end(): Uint8Array[];
}

const VERSION = 20;
/** Names are UTF-8. */
const FLAG_UTF8 = 0x0800;
/** 1980-01-01, the first day there is: the same content gives the same archive. */
const DATE = 0x0021;

/** @throws RangeError beyond 4 GiB or 65,535 entries, which need another kind of zip. */
export function zipStore(): ZipStore {
  const directory: Uint8Array[] = [];
  let offset = 0;
  let count = 0;
  return {
    add(name, content) {
      const bytes = new TextEncoder().encode(name);
      const facts = { crc: zipCrc32(content), size: content.length, nameLength: bytes.length };
      if (offset + content.length > 0xffff_0000 || count >= 0xffff) {
        throw new RangeError("Cannot write a zip of more than 4 GiB or 65,535 entries");
      }
      directory.push(entryHeader(facts, offset), bytes);
      const local = localHeader(facts);
      offset += local.length + bytes.length + content.length;
      count += 1;
      return [local, bytes, content];
    },
    end() {
      const size = directory.reduce((sum, { length }) => sum + length, 0);
      const view = new DataView(new ArrayBuffer(22));
      view.setUint32(0, 0x0605_4b50, true);
      view.setUint16(8, count, true);
      view.setUint16(10, count, true);
      view.setUint32(12, size, true);
      view.setUint32(16, offset, true);
      return [...directory, new Uint8Array(view.buffer)];
    },
  };
}

// --- internal ---

interface EntryFacts {
  readonly crc: number;
  readonly size: number;
  readonly nameLength: number;
}

function localHeader(facts: EntryFacts): Uint8Array {
  const view = new DataView(new ArrayBuffer(30));
  view.setUint32(0, 0x0403_4b50, true);
  putFacts(view, 4, facts);
  return new Uint8Array(view.buffer);
}

function entryHeader(facts: EntryFacts, offset: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(46));
  view.setUint32(0, 0x0201_4b50, true);
  view.setUint16(4, VERSION, true);
  putFacts(view, 6, facts);
  view.setUint32(42, offset, true);
  return new Uint8Array(view.buffer);
}

/** What both headers have, from the version on. */
function putFacts(view: DataView, at: number, { crc, size, nameLength }: EntryFacts): void {
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 2, FLAG_UTF8, true);
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, nameLength, true);
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  }
  return value >>> 0;
});

/** CRC-32 as zip has it: bits reflected, begun and ended with all ones. */
function zipCrc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i += 1) {
    crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
