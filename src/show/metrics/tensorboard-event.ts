/**
 * TensorBoard's events as protobuf bytes.
 *
 * Field numbers: tensorboard/compat/proto/{event,summary,tensor}.proto and
 * tensorboard/plugins/hparams/plugin_data.proto, which are public and frozen.
 */

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Json } from "../../json.ts";

/** When and where in the run an event belongs. */
export interface EventPlace {
  readonly wallSeconds: number;
  readonly step: number;
}

/** A number, with words about it where its tag comes for the first time. */
export interface ScalarValue {
  readonly tag: string;
  readonly value: number;
  /** Markdown. */
  readonly description?: string;
}

/** First in every file. */
export function versionEvent(wallSeconds: number): Uint8Array {
  return new BinaryWriter()
    .tag(1, FIXED64)
    .double(wallSeconds)
    .tag(3, BYTES)
    .string("brain.Event:2")
    .finish();
}

export function scalarEvent(place: EventPlace, values: readonly ScalarValue[]): Uint8Array {
  return summaryEvent(
    place,
    values.map(({ tag, value, description }) => {
      const writer = new BinaryWriter().tag(1, BYTES).string(tag).tag(2, FIXED32).float(value);
      if (description === undefined) return writer.finish();
      const metadata = new BinaryWriter()
        .tag(1, BYTES)
        .bytes(new BinaryWriter().tag(1, BYTES).string("scalars").finish())
        .tag(3, BYTES)
        .string(description);
      return writer.tag(9, BYTES).bytes(metadata.finish()).finish();
    }),
  );
}

/** @param text Markdown. */
export function textEvent(place: EventPlace, tag: string, text: string): Uint8Array {
  const tensor = new BinaryWriter()
    .tag(1, VARINT)
    .int32(TENSOR_OF_STRINGS)
    .tag(8, BYTES)
    .string(text);
  return summaryEvent(place, [
    new BinaryWriter()
      .tag(1, BYTES)
      .string(tag)
      .tag(9, BYTES)
      .bytes(pluginMetadata("text", new Uint8Array()))
      .tag(8, BYTES)
      .bytes(tensor.finish())
      .finish(),
  ]);
}

export interface SessionStart {
  readonly group: string;
  readonly settings: Readonly<Record<string, Json>>;
}

/** Makes the run a row of the HPARAMS page. */
export function hparamsStartEvent(place: EventPlace, start: SessionStart): Uint8Array {
  const session = new BinaryWriter();
  for (const [key, value] of Object.entries(start.settings)) {
    const entry = new BinaryWriter()
      .tag(1, BYTES)
      .string(key)
      .tag(2, BYTES)
      .bytes(jsonValue(value));
    session.tag(1, BYTES).bytes(entry.finish());
  }
  session.tag(4, BYTES).string(start.group).tag(5, FIXED64).double(place.wallSeconds);
  return hparamsEvent(place, "_hparams_/session_start_info", { field: 3, data: session.finish() });
}

export function hparamsEndEvent(place: EventPlace, succeeded: boolean): Uint8Array {
  const session = new BinaryWriter()
    .tag(1, VARINT)
    .int32(succeeded ? STATUS_SUCCESS : STATUS_FAILURE)
    .tag(2, FIXED64)
    .double(place.wallSeconds);
  return hparamsEvent(place, "_hparams_/session_end_info", { field: 4, data: session.finish() });
}

/** Marks that the run continues from before this step: readers discard later points. */
export function restartEvent({ wallSeconds, step }: EventPlace): Uint8Array {
  const session = new BinaryWriter().tag(1, VARINT).int32(SESSION_START);
  return eventHead({ wallSeconds, step }).tag(7, BYTES).bytes(session.finish()).finish();
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const TENSOR_OF_STRINGS = 7;
const SESSION_START = 1;
const STATUS_SUCCESS = 1;
const STATUS_FAILURE = 2;

function eventHead({ wallSeconds, step }: EventPlace): BinaryWriter {
  return new BinaryWriter().tag(1, FIXED64).double(wallSeconds).tag(2, VARINT).int64(step);
}

function summaryEvent(place: EventPlace, values: readonly Uint8Array[]): Uint8Array {
  const summary = new BinaryWriter();
  for (const value of values) summary.tag(1, BYTES).bytes(value);
  return eventHead(place).tag(5, BYTES).bytes(summary.finish()).finish();
}

function hparamsEvent(
  place: EventPlace,
  tag: string,
  { field, data }: { readonly field: number; readonly data: Uint8Array },
): Uint8Array {
  const value = new BinaryWriter()
    .tag(1, BYTES)
    .string(tag)
    .tag(9, BYTES)
    .bytes(pluginMetadata("hparams", message(field, data)));
  return summaryEvent(place, [value.finish()]);
}

function pluginMetadata(name: string, content: Uint8Array): Uint8Array {
  const plugin = new BinaryWriter().tag(1, BYTES).string(name).tag(2, BYTES).bytes(content);
  return message(1, plugin.finish());
}

/** A message with one field, which is a message. */
function message(field: number, data: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(field, BYTES).bytes(data).finish();
}

/** google.protobuf.Value; what is neither number, text nor truth value becomes text. */
function jsonValue(value: Json): Uint8Array {
  const writer = new BinaryWriter();
  if (typeof value === "number") return writer.tag(2, FIXED64).double(value).finish();
  if (typeof value === "boolean") return writer.tag(4, VARINT).bool(value).finish();
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return writer.tag(3, BYTES).string(text).finish();
}
