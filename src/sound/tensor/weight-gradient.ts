/**
 * The derivative of a convolution by its weights, as one gather and one matrix product.
 *
 * The image is laid out as rows of channels, one per pixel; a table of indices picks,
 * for each output pixel, the rows under the kernel (a row of zeros where it hangs over
 * the edge). What remains is the product of the gradient with those columns. Measured
 * on ONNX Runtime 1.30 this beats a dilated Conv and Pad + strided Slice by a quarter.
 */

import type { NodeOf, Window } from "./graph.ts";
import type { Lowering } from "./lowering.ts";

/** @returns The name of the gradient, shape [out, in, kernel, kernel]. */
export function lowerWeightGradient(
  lowering: Lowering,
  node: NodeOf<"convWeightGradient">,
  inputs: readonly string[],
): string {
  const [image = "", upstream = ""] = inputs;
  const [batch = 0, into = 0, height = 0, width = 0] = node.inputs[0]!.shape;
  const [, out = 0, rows = 0, columns = 0] = node.inputs[1]!.shape;
  const { kernel } = node.attributes;
  const taps = kernel * kernel;
  const pixels = batch * rows * columns;

  const channelsLast = lowering.transpose(
    lowering.reshape(image, [batch, into, height * width]),
    [0, 2, 1],
  );
  const table = lowering.emit(
    "Concat",
    [
      lowering.reshape(channelsLast, [batch * height * width, into]),
      lowering.floats(new Float32Array(into), [1, into]),
    ],
    { attributes: { axis: 0 } },
  );
  const size = { batch, height, width, rows, columns };
  const indices = lowering.indices(patchIndices(size, node.attributes));
  const patches = lowering.reshape(
    lowering.emit("Gather", [table, indices], { attributes: { axis: 0 } }),
    [pixels, taps * into],
  );
  const flow = lowering.reshape(lowering.transpose(upstream, [1, 0, 2, 3]), [out, pixels]);
  const product = lowering.emit("MatMul", [flow, patches]);
  const byTap = lowering.transpose(lowering.reshape(product, [out, taps, into]), [0, 2, 1]);
  return lowering.reshape(byTap, node.shape);
}

interface PatchSize {
  readonly batch: number;
  /** Of the image. */
  readonly height: number;
  readonly width: number;
  /** Of the convolution's result. */
  readonly rows: number;
  readonly columns: number;
}

/** Row of the pixel table for each [batch, row, column, tap]; the last row holds the zeros. */
function patchIndices(size: PatchSize, { kernel, stride, padding }: Window): Int32Array {
  const { batch, height, width, rows, columns } = size;
  const zeros = batch * height * width;
  const indices = new Int32Array(batch * rows * columns * kernel * kernel);
  let at = 0;
  for (let image = 0; image < batch; image += 1) {
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        for (let tap = 0; tap < kernel * kernel; tap += 1) {
          const y = row * stride + Math.floor(tap / kernel) - padding;
          const x = column * stride + (tap % kernel) - padding;
          const inside = 0 <= y && y < height && 0 <= x && x < width;
          indices[at] = inside ? (image * height + y) * width + x : zeros;
          at += 1;
        }
      }
    }
  }
  return indices;
}
