import type { Json } from "../../json.ts";

/** A number, a text or a truth value. */
export type Plain = string | number | boolean;

/** { a: { b: 1 }, c: [2, 3] } -> { "a.b": 1, c: "[2,3]" }; null is left out. */
export function flattened(
  value: { readonly [key: string]: Json | undefined },
  prefix = "",
): Record<string, Plain> {
  const found: Record<string, Plain> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null || inner === undefined) continue;
    const name = `${prefix}${key}`;
    if (Array.isArray(inner)) found[name] = JSON.stringify(inner);
    else if (typeof inner === "object")
      Object.assign(found, flattened(inner as { readonly [key: string]: Json }, `${name}.`));
    else found[name] = inner as Plain;
  }
  return found;
}
