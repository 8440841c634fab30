/** The worker that fetches and reads model files, so that what plays is not held up by them. */

import { messageOf } from "../../../errors.ts";
import { readModel } from "../../../sound/model/model-file.ts";
import type { ModelParts, ModelSource, ReadAnswer, ReadOrder } from "./play-messages.browser.ts";

/** A worker's own scope; the compiler knows a page's. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ReadOrder>) => void) | null;
  postMessage(answer: ReadAnswer, transfer?: Transferable[]): void;
};

scope.onmessage = ({ data: { id, source } }) => {
  read(source).then(
    (model) => scope.postMessage({ id, model }, [model.weights.buffer as ArrayBuffer]),
    (error: unknown) => scope.postMessage({ id, message: messageOf(error) }),
  );
};

async function read(source: ModelSource): Promise<ModelParts> {
  const [bytes, name] = await bytesOf(source);
  // The recipe holds functions, which cannot travel; the player makes it again.
  const { recipe: _recipe, layout: _layout, ...parts } = await readModel(bytes, name);
  return parts;
}

async function bytesOf(source: ModelSource): Promise<[Uint8Array, string]> {
  if ("bytes" in source) return [source.bytes, "the model"];
  const response = await fetch(source.url);
  if (!response.ok) throw new Error(`Cannot fetch the model: the server says ${response.status}`);
  return [new Uint8Array(await response.arrayBuffer()), source.url];
}
