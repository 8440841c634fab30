/**
 * The formats of the tensor files that étude writes, their versions, and access to their parts.
 * What is missing or malformed is refused with a UserError.
 */

import { checkedJson, type Shape } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import type { NamedTensor, TensorFile } from "./safetensors.ts";

/** The versions that this program writes; it reads these and all earlier ones. */
const formats = {
  model: { format: "etude-model", version: 1 },
  checkpoint: { format: "etude-checkpoint", version: 1 },
  foundation: { format: "etude-foundation", version: 1 },
} as const;

type FormatName = keyof typeof formats;

/** The metadata that identifies such a file. */
export function formatMetadata(name: FormatName): { format: string; version: string } {
  const { format, version } = formats[name];
  return { format, version: String(version) };
}

/**
 * Refuses other kinds of files and files of later versions.
 *
 * @throws UserError "model-not-a-model", "model-newer-than-program" or "tensor-file-damaged".
 */
export function requireFormat({ metadata }: TensorFile, name: string, wanted: FormatName): void {
  const { format, version } = formats[wanted];
  if (metadata["format"] !== format) {
    const found = metadata["format"] ?? "no format";
    throw new UserError({
      code: "model-not-a-model",
      message: `Cannot use "${name}": found ${found}, need ${format}`,
      hint: "Give the .etude file that `etude train` wrote.",
      exitCode: 2,
    });
  }
  const stated = metadata["version"] ?? "";
  if (!/^[1-9][0-9]{0,8}$/.test(stated)) throw incomplete(name, `its version is "${stated}"`);
  if (Number(stated) > version) {
    throw new UserError({
      code: "model-newer-than-program",
      message: `Cannot use "${name}": it has version ${stated}, this program knows up to ${version}`,
      hint: "Update etude.",
      exitCode: 2,
    });
  }
}

/**
 * JSON that a file's metadata holds.
 *
 * @throws UserError "tensor-file-damaged" with what is wrong in it.
 */
export function jsonField<T>(
  { metadata }: TensorFile,
  name: string,
  { field, shape }: { readonly field: string; readonly shape: Shape<T> },
): T {
  const text = metadata[field];
  if (text === undefined) throw incomplete(name, `it has no "${field}"`);
  const { value, problem } = checkedJson(shape, text);
  if (problem !== undefined) throw incomplete(name, `its "${field}" is wrong: ${problem}`);
  return value;
}

export function flat(data: Float32Array): NamedTensor {
  return { shape: [data.length], data };
}

export function tensor({ tensors }: TensorFile, key: string, name: string): NamedTensor {
  const found = tensors[key];
  if (found === undefined) throw incomplete(name, `it has no tensor "${key}"`);
  return found;
}

export function requireShape(
  { shape }: NamedTensor,
  wanted: readonly number[],
  { name, part }: { readonly name: string; readonly part: string },
): void {
  if (shape.join() !== wanted.join()) {
    throw incomplete(name, `its "${part}" is [${shape}], need [${wanted}]`);
  }
}

export function incomplete(name: string, found: string): UserError {
  return new UserError({
    code: "tensor-file-damaged",
    message: `Cannot use "${name}": ${found}`,
    hint: "Use an earlier checkpoint or another copy of the file.",
  });
}
