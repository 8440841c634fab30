/**
 * Writes ONNX files: the part of the format that our graphs need.
 *
 * Field numbers are those of onnx.proto (IR version 8, Apache-2.0). The library encodes protobuf;
 * the schema is here.
 */

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export type OnnxType = "float32" | "int32" | "int64";

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Little-endian, as the file wants it. */
  readonly bytes: Uint8Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: { readonly [name: string]: OnnxAttribute };
  /** "" for the standard operators. */
  readonly domain: "" | "com.microsoft";
}

/** A whole number, whole numbers, or one fraction. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number };

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const IR_VERSION = 8;
const OPSET = { "": 17, "com.microsoft": 1 } as const;
const TYPE_CODE = { float32: 1, int32: 6, int64: 7 } as const;
const ATTRIBUTE_CODE = { float: 1, int: 2, ints: 7 } as const;

/** The bytes of an ONNX model that holds `graph`. */
export function onnxModel(graph: OnnxGraph): Uint8Array {
  const writer = new BinaryWriter();
  integer(writer, 1, IR_VERSION);
  text(writer, 2, "etude");
  message(writer, 7, (inner) => writeGraph(inner, graph));
  // A file of standard operators alone names no other domain: not every reader knows them.
  const used = new Set<string>(["", ...graph.nodes.map((node) => node.domain)]);
  for (const [domain, version] of Object.entries(OPSET)) {
    if (!used.has(domain)) continue;
    message(writer, 8, (inner) => {
      text(inner, 1, domain);
      integer(inner, 2, version);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const [i, node] of graph.nodes.entries()) {
    message(writer, 1, (inner) => writeNode(inner, node, `${node.type}_${i}`));
  }
  text(writer, 2, "etude");
  for (const tensor of graph.constants) {
    message(writer, 5, (inner) => {
      for (const length of tensor.shape) integer(inner, 1, length);
      integer(inner, 2, TYPE_CODE[tensor.type]);
      text(inner, 8, tensor.name);
      inner.tag(9, WireType.LengthDelimited).bytes(tensor.bytes);
    });
  }
  for (const value of graph.inputs) message(writer, 11, (inner) => writeValue(inner, value));
  for (const value of graph.outputs) message(writer, 12, (inner) => writeValue(inner, value));
}

function writeNode(writer: BinaryWriter, node: OnnxNode, name: string): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, name);
  text(writer, 4, node.type);
  for (const [key, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, (inner) => writeAttribute(inner, key, attribute));
  }
  if (node.domain !== "") text(writer, 7, node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  text(writer, 1, name);
  if (typeof attribute === "number") {
    integer(writer, 3, attribute);
    integer(writer, 20, ATTRIBUTE_CODE.int);
  } else if ("float" in attribute) {
    writer.tag(2, WireType.Bit32).float(attribute.float);
    integer(writer, 20, ATTRIBUTE_CODE.float);
  } else {
    for (const item of attribute) integer(writer, 8, item);
    integer(writer, 20, ATTRIBUTE_CODE.ints);
  }
}

function writeValue(writer: BinaryWriter, value: OnnxValue): void {
  text(writer, 1, value.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      integer(tensor, 1, TYPE_CODE[value.type]);
      message(tensor, 2, (shape) => {
        for (const length of value.shape) {
          message(shape, 1, (dimension) => integer(dimension, 1, length));
        }
      });
    }),
  );
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function integer(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}
