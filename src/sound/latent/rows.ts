/** Rows of a path: the numbers of a latent vector, then the conditions of the model. */

import type { Recipe } from "../model/recipe.ts";

/** Latents and conditions of rows, together and apart. */
export interface Rows {
  /** Numbers of a row. */
  readonly latentSize: number;
  joined(latents: Float32Array, named: Float32Array): Float32Array;
  apart(rows: Float32Array): { readonly latents: Float32Array; readonly named: Float32Array };
}

export function rowsOf({ latentSize, conditions }: Recipe): Rows {
  const size = latentSize + conditions.length;
  if (size === latentSize) {
    return {
      latentSize,
      joined: (latents) => latents,
      apart: (latents) => ({ latents, named: NONE }),
    };
  }
  return {
    latentSize: size,
    joined: (latents, named) => {
      const rows = new Float32Array((latents.length / latentSize) * size);
      for (let row = 0; row * size < rows.length; row += 1) {
        rows.set(latents.subarray(row * latentSize, (row + 1) * latentSize), row * size);
        const own = named.subarray(row * conditions.length, (row + 1) * conditions.length);
        rows.set(own, row * size + latentSize);
      }
      return rows;
    },
    apart: (rows) => {
      const count = rows.length / size;
      const latents = new Float32Array(count * latentSize);
      const named = new Float32Array(count * conditions.length);
      for (let row = 0; row < count; row += 1) {
        const start = row * size;
        latents.set(rows.subarray(start, start + latentSize), row * latentSize);
        named.set(rows.subarray(start + latentSize, start + size), row * conditions.length);
      }
      return { latents, named };
    },
  };
}

const NONE = new Float32Array(0);
