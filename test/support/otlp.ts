/**
 * Reads lines of OTLP/JSON strictly: a field that the schema does not know is an error.
 *
 * The schema is OpenTelemetry's public one, as far as it is used. protobufjs compiles it, and
 * @bufbuild/protobuf, which follows the JSON mapping of protobuf to the letter, reads the lines.
 */

import { createFileRegistry, type DescMessage, fromBinary, fromJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";

const SCHEMA = `
syntax = "proto3";
package otlp;
message MetricsData { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message Metric {
  string name = 1;
  string description = 2;
  string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; }
}
message Gauge { repeated Point data_points = 1; }
message Sum {
  repeated Point data_points = 1;
  int32 aggregation_temporality = 2;
  bool is_monotonic = 3;
}
message Point {
  repeated KeyValue attributes = 7;
  fixed64 start_time_unix_nano = 2;
  fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
}
message LogsData { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message LogRecord {
  fixed64 time_unix_nano = 1;
  fixed64 observed_time_unix_nano = 11;
  int32 severity_number = 2;
  string severity_text = 3;
  AnyValue body = 5;
  repeated KeyValue attributes = 6;
  string event_name = 12;
}
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue {
  oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; }
}
`;

export interface KeyValue {
  readonly key: string;
  readonly value: { readonly value: { readonly value: unknown } };
}

export interface Resource {
  readonly attributes: readonly KeyValue[];
}

export interface Point {
  readonly timeUnixNano: bigint;
  readonly startTimeUnixNano: bigint;
  readonly value: { readonly value: number };
  readonly attributes: readonly KeyValue[];
}

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly data: {
    readonly case: "gauge" | "sum";
    readonly value: { readonly dataPoints: readonly Point[]; readonly isMonotonic?: boolean };
  };
}

export interface MetricsData {
  readonly resourceMetrics: readonly {
    readonly resource: Resource;
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[];
  }[];
}

export interface LogRecord {
  readonly timeUnixNano: bigint;
  readonly severityNumber: number;
  readonly eventName: string;
  readonly body: { readonly value: { readonly value: unknown } };
  readonly attributes: readonly KeyValue[];
}

export interface LogsData {
  readonly resourceLogs: readonly {
    readonly resource: Resource;
    readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[];
  }[];
}

export function metricsOf(text: string): MetricsData[] {
  return linesOf(text, "otlp.MetricsData") as unknown as MetricsData[];
}

export function logsOf(text: string): LogsData[] {
  return linesOf(text, "otlp.LogsData") as unknown as LogsData[];
}

/** { "etude.run.seed": 1n, ... } */
export function attributesIn(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.value.value]));
}

function linesOf(text: string, type: string) {
  const schema = schemaOf(type);
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("The last line is not ended");
  return lines.map((line) => fromJson(schema, JSON.parse(line)));
}

function schemaOf(type: string): DescMessage {
  const root = protobuf.parse(SCHEMA).root as unknown as {
    resolveAll(): void;
    toDescriptor(syntax: string): Files;
  };
  root.resolveAll();
  const files = root.toDescriptor("proto3");
  // protobufjs names types as they stand there; the registry wants them from the root.
  for (const { messageType } of files.file)
    for (const field of messageType.flatMap((message) => message.field))
      if (field.typeName) field.typeName = `.otlp.${field.typeName}`;
  const bytes = descriptor.FileDescriptorSet.encode(files).finish();
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  const message = registry.getMessage(type);
  if (message === undefined) throw new Error(`The schema has no ${type}`);
  return message;
}

interface Files {
  readonly file: readonly {
    readonly messageType: readonly { readonly field: readonly { typeName?: string }[] }[];
  }[];
}
