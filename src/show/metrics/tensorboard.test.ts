/** TensorBoard's files: the frame by published sums, the contents by protobufjs. */

import { describe, expect, test } from "vitest";
import { exampleRun, startNews } from "../../../test/example-run.ts";
import { exported, simulatedEvents } from "../../../test/support/exported.ts";
import {
  hparamsOf,
  type TensorboardEvent,
  type TensorboardValue,
  tensorboardEvents,
} from "../../../test/support/tfevents.ts";
import type { RunEvent } from "../../events/events.ts";
import { crc32c } from "./crc32c.ts";
import { openTensorboard } from "./tensorboard.ts";

test.each([
  { bytes: new Uint8Array(32), sum: 0x8a9136aa },
  { bytes: new Uint8Array(32).fill(255), sum: 0x62a8ab43 },
  { bytes: Uint8Array.from({ length: 32 }, (_, i) => i), sum: 0x46dd794e },
  { bytes: Uint8Array.from({ length: 32 }, (_, i) => 31 - i), sum: 0x113fdb5c },
])("crc32c() gives the sums of RFC 3720, B.4: $sum", ({ bytes, sum }) => {
  expect(crc32c(bytes)).toBe(sum);
});

function writtenOf(events: readonly RunEvent[]): [path: string, events: TensorboardEvent[]][] {
  const { files } = exported(openTensorboard, events, { path: "tb" });
  return [...files].map(([path, file]) => [path, tensorboardEvents(file)]);
}

function valuesOf(events: readonly TensorboardEvent[], tag: string) {
  return events.flatMap(({ step = 0, wallTime, summary }) =>
    (summary?.value ?? [])
      .filter((value) => value.tag === tag)
      .map((value) => ({ ...value, step, wallTime })),
  );
}

describe("a simulated run for TensorBoard", () => {
  const events = simulatedEvents();
  const started = events[0]?.type === "run-started" ? events[0] : undefined;
  const [[path, records] = ["", []], ...more] = writtenOf(events);

  test("is one file, in a folder that says that the run is simulated", () => {
    expect(more).toEqual([]);
    const seconds = Math.floor((started?.wallMs ?? 0) / 1000);
    expect(path).toBe(
      `tb/simulated-TinyLlama-1.1B-on-16-H100-seed1/events.out.tfevents.${seconds}.etude.0`,
    );
    expect(records[0]?.fileVersion).toBe("brain.Event:2");
  });

  test("holds the loss of each step at its simulated time", () => {
    const steps = events.filter((event) => event.type === "step-done");
    const told = steps.flatMap(({ step, loss, atMs }) =>
      loss === undefined ? [] : [{ step, loss, atMs }],
    );
    const found = valuesOf(records, "train/loss");
    expect(found.map(({ step }) => step)).toEqual(told.map(({ step }) => step));
    found.forEach(({ simpleValue, wallTime }, i) => {
      expect(simpleValue).toBe(Math.fround(told[i]?.loss ?? Number.NaN));
      expect(wallTime).toBeCloseTo(((started?.wallMs ?? 0) + (told[i]?.atMs ?? 0)) / 1000, 3);
    });
  });

  test("tells readers at a restart to forget the steps that come again", () => {
    const restored = events.find((event) => event.type === "run-restored");
    const restarts = records.filter(({ sessionLog }) => sessionLog !== undefined);
    expect(restored).toBeDefined();
    expect(restarts).toMatchObject([
      { step: (restored?.step ?? 0) + 1, sessionLog: { status: 1 } },
    ]);
  });

  test("describes each number once, and says with it that nothing is measured", () => {
    const described = records
      .flatMap(({ summary }) => summary?.value ?? [])
      .filter(({ metadata }) => metadata?.pluginData?.pluginName === "scalars");
    expect(new Set(described.map(({ tag }) => tag)).size).toBe(described.length);
    expect(described.length).toBeGreaterThan(20);
    for (const { metadata } of described)
      expect(metadata?.summaryDescription).toContain("Simulated: nothing here is measured");
  });

  test("has a text about the run, and its settings for the page of hyperparameters", () => {
    const [about] = valuesOf(records, "run/about");
    const text = new TextDecoder().decode(about?.tensor?.stringVal[0]);
    expect(about).toMatchObject({
      tensor: { dtype: 7 },
      metadata: { pluginData: { pluginName: "text" } },
    });
    expect(text).toContain("| source | simulated |");
    expect(settingsIn(valuesOf(records, "_hparams_/session_start_info"))).toMatchObject({
      sessionStartInfo: {
        groupName: "simulated: TinyLlama-1.1B on 16 H100",
        hparams: { source: { stringValue: "simulated" }, seed: { numberValue: 1 } },
      },
    });
    expect(settingsIn(valuesOf(records, "_hparams_/session_end_info"))).toMatchObject({
      sessionEndInfo: { status: 1 },
    });
  });
});

test("a run that was trained says so, and nothing of simulation", () => {
  const [[path, records] = ["", []]] = writtenOf(exampleRun());
  expect(path).toBe("tb/birds-1700000000/events.out.tfevents.1700000000.etude.0");
  expect(JSON.stringify(records)).not.toMatch(/simulated/i);
  expect(valuesOf(records, "validation/loss")).toHaveLength(6);
  expect(valuesOf(records, "speed/audio").length).toBeGreaterThan(0);
});

test("the runs of a stream have a folder each", () => {
  const paths = writtenOf([...exampleRun(), ...exampleRun({ title: "../wind/" })]).map(
    ([path]) => path,
  );
  expect(paths).toEqual([
    "tb/birds-1700000000/events.out.tfevents.1700000000.etude.0",
    "tb/wind-1700000000/events.out.tfevents.1700000000.etude.0",
  ]);
});

test("a resumed run goes on in the file of its start", () => {
  const whole = exampleRun();
  const half = whole.slice(0, 60);
  const last = half.at(-1);
  const resumed = {
    ...startNews({}, 40),
    seq: 60,
    atMs: last?.atMs ?? 0,
    wallMs: 1_800_000_000_000,
  };
  const [[path, records] = ["", []], ...more] = writtenOf([...half, resumed as RunEvent]);
  expect(more).toEqual([]);
  expect(path).toContain("1700000000");
  expect(records.find(({ sessionLog }) => sessionLog !== undefined)).toMatchObject({ step: 41 });
  expect(records.at(-1)?.wallTime).toBe(1_800_000_000);
});

test("a run resumed before its first checkpoint tells readers to forget the steps that come again", () => {
  const whole = exampleRun();
  const half = whole.slice(0, 20);
  const again = { ...startNews({}, 0), seq: 20, atMs: half.at(-1)?.atMs ?? 0 } as RunEvent;
  const [[, records] = ["", []], ...more] = writtenOf([...half, again]);
  expect(more).toEqual([]);
  const restarts = records.filter(({ sessionLog }) => sessionLog !== undefined);
  expect(restarts).toMatchObject([{ step: 1, sessionLog: { status: 1 } }]);
});

function settingsIn(values: readonly TensorboardValue[]) {
  expect(values).toHaveLength(1);
  return hparamsOf(values[0]?.metadata?.pluginData?.content ?? new Uint8Array());
}
