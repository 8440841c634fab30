/** The ONNX model while it is written: its nodes and constants, and what each result is called. */

import type { Node } from "./graph.ts";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "./onnx.ts";

interface EmitOptions {
  readonly attributes?: { readonly [name: string]: OnnxAttribute };
  readonly domain?: OnnxNode["domain"];
  /** @default 1 */
  readonly outputCount?: number;
}

/** The interface of a rule: writes nodes and constants, and looks up the names of its inputs. */
export class Lowering {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  readonly inputs: { name: string; type: "float32"; shape: readonly number[] }[] = [];
  readonly outputs: { name: string; type: "float32"; shape: readonly number[] }[] = [];
  readonly #names = new Map<Node, string>();
  readonly #integers = new Map<string, string>();
  /** Second and third results of operators that have them. */
  readonly inverseDeviations: Map<Node, string> = new Map();
  #count = 0;

  /** Says what the result of `node` is called from now on. */
  name(node: Node, name: string): void {
    this.#names.set(node, name);
  }

  nameOf(node: Node): string {
    const name = this.#names.get(node);
    if (name === undefined) throw new TypeError(`Cannot use "${node.op}" before it was lowered`);
    return name;
  }

  /** Gives a node's result its outside name, without a copy where it has none yet. */
  output(name: string, node: Node): void {
    const inner = this.nameOf(node);
    const maker = this.nodes.find(({ outputs }) => outputs.includes(inner));
    const isTaken = this.outputs.some((output) => output.name === inner);
    if (maker === undefined || isTaken) {
      this.nodes.push({
        type: "Identity",
        inputs: [inner],
        outputs: [name],
        attributes: {},
        domain: "",
      });
    } else {
      const renamed = (names: readonly string[]): string[] =>
        names.map((old) => (old === inner ? name : old));
      for (const [i, { inputs, outputs, ...rest }] of this.nodes.entries()) {
        this.nodes[i] = { ...rest, inputs: renamed(inputs), outputs: renamed(outputs) };
      }
      this.#names.set(node, name);
    }
    this.outputs.push({ name, type: "float32", shape: node.shape });
  }

  /** Writes one operator and returns the name of its first result. */
  emit(type: string, inputs: readonly string[], options: EmitOptions = {}): string {
    const { attributes = {}, domain = "", outputCount = 1 } = options;
    const name = this.fresh();
    const outputs = Array.from({ length: outputCount }, (_, i) =>
      i === 0 ? name : `${name}_${i}`,
    );
    this.nodes.push({ type, inputs, outputs, attributes, domain });
    return name;
  }

  reshape(name: string, shape: readonly number[]): string {
    return this.emit("Reshape", [name, this.integers(shape)]);
  }

  transpose(name: string, perm: readonly number[]): string {
    return this.emit("Transpose", [name], { attributes: { perm } });
  }

  floats(values: Float32Array, shape: readonly number[]): string {
    return this.#constant("float32", shape, values);
  }

  indices(values: Int32Array): string {
    return this.#constant("int32", [values.length], values);
  }

  /** A list of whole numbers; the same list is written once. */
  integers(values: readonly number[]): string {
    const key = values.join();
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const made = this.#constant("int64", [values.length], BigInt64Array.from(values.map(BigInt)));
    this.#integers.set(key, made);
    return made;
  }

  fresh(): string {
    this.#count += 1;
    return `t${this.#count}`;
  }

  #constant(
    type: OnnxTensor["type"],
    shape: readonly number[],
    values: Float32Array | Int32Array | BigInt64Array,
  ): string {
    const name = this.fresh();
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.constants.push({ name, type, shape, bytes });
    return name;
  }
}
