/** What commands need to use a model: a runtime, and the model that the command line names. */

import type { Model } from "../sound/model/model-file.ts";
import { openRuntime } from "../sound/tensor/ort.node.ts";
import type { Runtime } from "../sound/tensor/runtime.ts";
import { type FoundModel, findModel, openFoundModel } from "../sound/work/find-model.node.ts";
import type { CommandContext } from "./context.ts";
import { engineOf } from "./training.node.ts";

/** @param threads As the command line says; else what is configured. */
export function runtimeOf(context: CommandContext, threads: number | undefined): Promise<Runtime> {
  const engine = engineOf(context, threads);
  return openRuntime({ kind: engine.device, threads: engine.threads });
}

export interface NamedModel {
  readonly runtime: Runtime;
  readonly found: FoundModel;
  readonly model: Model;
}

/** @throws UserError those of `findModel` and of opening a model. */
export async function openNamedModel(
  context: CommandContext,
  values: { readonly model: string; readonly threads: number | undefined },
): Promise<NamedModel> {
  const runtime = await runtimeOf(context, values.threads);
  const found = await findModel(context, values.model);
  const model = await openFoundModel(found, { runtime, signal: context.signal });
  return { runtime, found, model };
}
