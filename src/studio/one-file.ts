/**
 * An instrument as one file: a page with its model and runtime, which a browser opens without a
 * server and without any request.
 */

import { type Model, writeModel } from "../sound/model/model-file.ts";
import { elementCount } from "../sound/tensor/shapes.ts";
import { requireLatents } from "../sound/work/make-sound.ts";
import type { VoiceView } from "./contract.ts";

/** "/" and the paths below it -> what is there: the built page that is packed. */
type Files = ReadonlyMap<string, Uint8Array>;

/** What lies in the page as JSON. */
export interface CarriedInstrument {
  readonly view: VoiceView;
  /** What is set when it is opened. */
  readonly seed: number;
  /** By the name of the control, -10 to 10. */
  readonly positions: Readonly<Record<string, number>>;
}

/**
 * @param model Its file goes along without its encoder and the list of the recordings.
 * @returns HTML of some megabytes, most of it the WebAssembly that computes.
 * @throws UserError "model-unfinished".
 */
export async function packOneFile(
  page: Files,
  model: Model,
  instrument: CarriedInstrument,
): Promise<Uint8Array> {
  requireLatents(model);
  const { description } = model;
  const corpus = { ...description.corpus, train: [], validation: [] };
  const weights = withoutEncoder(model);
  const own = await writeModel({ ...model, weights, description: { ...description, corpus } });
  const start = parsed(textOf(page, "/index.html"));
  const script = harmless(textOf(page, start.script));
  const style = withFonts(textOf(page, start.style), page);
  const workers = [...page.keys()].filter((path) => path.endsWith(".js") && path !== start.script);
  const blocks = [
    block("instrument", JSON.stringify(instrument).replaceAll("<", "\\u003C")),
    block("model", await packed(own)),
    block("wasm", await packed(fileOf(page, RUNTIME))),
    ...workers.map((path) => block(nameOf(path), harmless(textOf(page, path)))),
    block("licences", harmless(textOf(page, "/licences.txt"))),
  ];
  const policy = await policyFor(script, style);
  const html = start.html
    .replace(
      HEAD,
      (head) => `${head}\n<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    )
    .replace(STYLE, () => `<style>${style}</style>`)
    .replace(SCRIPT, "")
    // The script comes last, so that everything that it looks for is there.
    .replace(
      "</body>",
      () => `${blocks.join("\n")}\n<script type="module">${script}</script>\n</body>`,
    );
  return new TextEncoder().encode(html);
}

// --- internal ---

/** It only plays: what it would hear recordings with is zeros, which take no room. */
function withoutEncoder({ layout, weights }: Model): Float32Array {
  const rest = weights.slice();
  for (const { name, offset, shape } of layout.entries) {
    if (name.startsWith("encoder.")) rest.fill(0, offset, offset + elementCount(shape));
  }
  return rest;
}

const HEAD = /<meta charset="utf-8">/;
const STYLE = /<link rel="stylesheet"[^>]* href="\.([^"]+)">/;
const SCRIPT = /<script type="module"[^>]* src="\.([^"]+)"><\/script>/;
const RUNTIME = /ort-wasm[^/]*\.wasm$/;

function parsed(html: string): { readonly [part in "html" | "script" | "style"]: string } {
  const [, script = ""] = SCRIPT.exec(html) ?? [];
  const [, style = ""] = STYLE.exec(html) ?? [];
  return { html, script, style };
}

function fileOf(page: Files, path: string | RegExp): Uint8Array {
  for (const [name, bytes] of page) {
    if (typeof path === "string" ? name === path : path.test(name)) return bytes;
  }
  throw new RangeError(`Cannot pack the page: it has no file "${path}"`);
}

function textOf(page: Files, path: string): string {
  return new TextDecoder().decode(fileOf(page, path));
}

function nameOf(path: string): string {
  return path.replace(/^.*\//s, "");
}

/** No browser runs what is of no type that it knows. */
function block(id: string, text: string): string {
  return `<script type="text/plain" id="${id}">${text}</script>`;
}

/**
 * The same script, which does not end the element that it stands in.
 *
 * @throws RangeError for what a browser would take for a comment: our build writes none.
 */
function harmless(script: string): string {
  if (script.includes("<!--")) throw new RangeError("Cannot pack a script that holds <!--");
  return script.replaceAll(/<\/(?=script)/gi, "<\\/");
}

/** One file has none beside it. */
function withFonts(style: string, page: Files): string {
  return style.replaceAll(
    /url\(\.(\/[^)]+\.woff2)\)/g,
    (_, path) => `url(data:font/woff2;base64,${base64(fileOf(page, `/assets${path}`))})`,
  );
}

/** Only these two may run, with what they create; no request is allowed. */
async function policyFor(script: string, style: string): Promise<string> {
  return [
    "default-src 'none'",
    `script-src '${await hashOf(script)}' data: 'wasm-unsafe-eval'`,
    "worker-src data:",
    `style-src '${await hashOf(style)}'`,
    "font-src data:",
    "img-src data:",
    // The transforms have their program in an address.
    "connect-src data:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${base64(new Uint8Array(digest))}`;
}

/** As base64 of gzip. */
async function packed(bytes: Uint8Array): Promise<string> {
  const whole = new Blob([new Uint8Array(bytes)]).stream();
  const small = await new Response(whole.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  return base64(new Uint8Array(small));
}

/** A multiple of three, so that the pieces can be put together; few enough for a call's arguments. */
const PIECE = 3 * 4096;

function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))));
  }
  return pieces.join("");
}
