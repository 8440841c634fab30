/** What the file of an instrument carries along, in blocks of text that no browser runs. */

import type { CarriedInstrument } from "../../one-file.ts";
import type { Carried } from "../live/player.browser.ts";

export function carriedInstrument(): CarriedInstrument {
  return JSON.parse(carriedText("instrument")) as CarriedInstrument;
}

/** The model's file. */
export function carriedModel(): Promise<ArrayBuffer> {
  return unpacked("model");
}

let wasm: Promise<ArrayBuffer> | undefined;

export async function carriedPlayer(): Promise<Carried> {
  wasm ??= unpacked("wasm");
  return { wasm: await wasm, addressOf: (url) => scriptAddress(url.replace(/^.*\//s, "")) };
}

/**
 * Chromium takes modules for workers and worklets in a page from a file as an address that holds
 * them, and not as a blob.
 */
function scriptAddress(name: string): string {
  return `data:text/javascript;charset=utf-8,${encodeURIComponent(carriedText(name))}`;
}

export function carriedText(id: string): string {
  const block = document.getElementById(id);
  if (block?.textContent) return block.textContent;
  throw new Error(`The file is not whole: "${id}" is missing in it`);
}

/** Base64 of gzip. */
async function unpacked(id: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(carriedText(id)), (letter) => letter.charCodeAt(0));
  const whole = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(whole).arrayBuffer();
}
