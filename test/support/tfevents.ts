/**
 * Reads TensorBoard's event files with protobufjs.
 *
 * The registries have no maintained reader for Node; the schema is TensorBoard's public one, as far
 * as it is used.
 */

import protobuf from "protobufjs";
import { expect } from "vitest";
import { crc32c } from "../../src/show/metrics/crc32c.ts";

const SCHEMA = `
syntax = "proto3";
message Event {
  double wall_time = 1;
  int64 step = 2;
  string file_version = 3;
  Summary summary = 5;
  SessionLog session_log = 7;
}
message SessionLog { int32 status = 1; }
message Summary {
  message Value {
    string tag = 1;
    float simple_value = 2;
    Tensor tensor = 8;
    Metadata metadata = 9;
  }
  repeated Value value = 1;
}
message Tensor { int32 dtype = 1; repeated bytes string_val = 8; }
message Metadata {
  message PluginData { string plugin_name = 1; bytes content = 2; }
  PluginData plugin_data = 1;
  string summary_description = 3;
}
message HParams {
  message Start {
    map<string, Setting> hparams = 1;
    string group_name = 4;
    double start_time_secs = 5;
  }
  message End { int32 status = 1; double end_time_secs = 2; }
  int32 version = 1;
  Start session_start_info = 3;
  End session_end_info = 4;
}
message Setting { double number_value = 2; string string_value = 3; bool bool_value = 4; }
`;

const root = protobuf.parse(SCHEMA).root;

export interface TensorboardValue {
  readonly tag: string;
  readonly simpleValue?: number;
  readonly tensor?: { readonly dtype: number; readonly stringVal: readonly Uint8Array[] };
  readonly metadata?: {
    readonly pluginData?: { readonly pluginName: string; readonly content: Uint8Array };
    readonly summaryDescription?: string;
  };
}

export interface TensorboardEvent {
  readonly wallTime?: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly TensorboardValue[] };
  readonly sessionLog?: { readonly status: number };
}

/** The records of a TFRecord file, each with both of its sums checked. */
function recordsOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  while (at < file.length) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmasked(view.getUint32(at + 8, true))).toBe(crc32c(file.subarray(at, at + 8)));
    const record = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(view.getUint32(at + 12 + length, true))).toBe(crc32c(record));
    records.push(record);
    at += 16 + length;
  }
  expect(at).toBe(file.length);
  return records;
}

export function tensorboardEvents(file: Uint8Array): TensorboardEvent[] {
  return recordsOf(file).map((record) => decoded("Event", record) as TensorboardEvent);
}

export function hparamsOf(content: Uint8Array): Record<string, unknown> {
  return decoded("HParams", content);
}

function decoded(type: string, bytes: Uint8Array): Record<string, unknown> {
  const schema = root.lookupType(type);
  return schema.toObject(schema.decode(bytes), { longs: Number });
}

/** The way back of the mask, which turns a sum to the right by 15 bits and adds a constant. */
function unmasked(sum: number): number {
  const turned = (sum - 0xa282ead8) >>> 0;
  return ((turned << 15) | (turned >>> 17)) >>> 0;
}
