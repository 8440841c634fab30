/** The closed-form part of a model, as tensors of a file. */

import { requireShape, tensor } from "./format.ts";
import type { Foundation } from "./kind.ts";
import { partShapesOf, type RecipeDescription } from "./kinds.ts";
import type { NamedTensor, TensorFile } from "./safetensors.ts";

export function foundationTensors(foundation: Foundation | undefined): Record<string, NamedTensor> {
  return Object.fromEntries(
    Object.entries(foundation ?? {}).map(([part, { shape, values }]) => [
      `foundation.${part}`,
      { shape, data: values },
    ]),
  );
}

/**
 * @returns undefined for architectures that have none.
 * @throws UserError "tensor-file-damaged" where a part is missing or of another shape.
 */
export function readFoundation(
  file: TensorFile,
  description: RecipeDescription,
  name: string,
): Foundation | undefined {
  const parts = Object.entries(partShapesOf(description)).map(([part, shape]) => {
    const found = tensor(file, `foundation.${part}`, name);
    requireShape(found, shape, { name, part: `foundation.${part}` });
    return [part, { shape, values: found.data }] as const;
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}
