/** Writes pictures as PNG, grey or in colour (W3C, Portable Network Graphics, third edition). */

import { crc32, deflateSync } from "node:zlib";

export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  /** 0 is black, 255 white; shape [height, width]. */
  readonly pixels: Uint8Array;
}

export interface ColourPicture extends GreyPicture {
  /** Red, green and blue, shape [height, width, 3]. */
  readonly isColour: true;
}

export function writePng(picture: GreyPicture | ColourPicture): Uint8Array {
  const { width, height, pixels } = picture;
  const isColour = "isColour" in picture;
  const rowBytes = width * (isColour ? 3 : 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits; grey or red, green and blue; deflate, filters by row, not interlaced.
  header.set([8, isColour ? 2 : 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (rowBytes + 1));
  for (let y = 0; y < height; y += 1) {
    rows.set(pixels.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  }
  return Buffer.concat([
    Buffer.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
