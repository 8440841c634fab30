import { expect, test } from "vitest";
import { GPUS } from "../src/rehearsal/catalog/gpus.ts";
import { cardCapacityGib } from "../src/rehearsal/dialects/card-memory.ts";

const capacityOf = (name: string): number => {
  const gpu = GPUS.find((one) => one.name === name);
  return cardCapacityGib({
    gpuName: gpu?.driverName ?? "",
    memoryBytesPerGpu: 1e9 * (gpu?.memoryGb ?? 0),
  });
};

test.each([
  ["MI300X", 191.98],
  ["H100", 79.18],
  ["H200", 139.81],
  ["GB300", 276.5],
  ["B200", 178.36],
  ["V100-32", 31.73],
  ["H800", 79.11],
  ["H20", 95.11],
])("a card of kind %s has %d GiB for torch", (name, gib) => {
  expect(capacityOf(name)).toBeCloseTo(gib, 6);
});

test.each(GPUS.map(({ name, memoryGb }) => [name, memoryGb] as const))(
  "%s has about as much as its data sheet says",
  (name, memoryGb) => {
    expect(capacityOf(name) / memoryGb).toBeGreaterThan(0.9);
    expect(capacityOf(name) / memoryGb).toBeLessThan(1.01);
  },
);
