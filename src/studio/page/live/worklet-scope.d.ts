/** The part of an AudioWorklet's global scope that we use; the compiler's library has none of it. */

interface AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare const AudioWorkletProcessor: new () => AudioWorkletProcessor;

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

declare module "*?worker&url" {
  const url: string;
  export default url;
}

declare module "*.wasm?url" {
  const url: string;
  export default url;
}

declare module "*.mjs?url" {
  const url: string;
  export default url;
}
