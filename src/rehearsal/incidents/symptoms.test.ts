import { expect, test } from "vitest";
import { ofType, pretraining, wantedRun } from "../../../test/support/simulated.ts";
import type { IncidentName } from "./library.ts";

function nodesHealthyAround(kind: IncidentName): { readonly all: number; readonly least: number } {
  const wanted = wantedRun("Llama-3.1-8B", "H100:32", 2e9);
  const incidents = [{ kind, step: 40 }];
  const told = pretraining({ wanted, incidents, byChance: false }, 120);
  const counts = ofType(told, "cluster-status").map(({ nodesHealthy }) => nodesHealthy);
  return { all: counts[0] ?? 0, least: Math.min(...counts) };
}

test.each(["straggler", "silent-corruption", "thermal-throttle", "link-flap", "software-crash"])(
  "nobody who checks nodes sees a %s",
  (kind) => {
    const { all, least } = nodesHealthyAround(kind as IncidentName);
    expect(all).toBe(4);
    expect(least).toBe(all);
  },
);

test.each(["gpu-lost", "nic-failure", "nvlink-errors"])(
  "a node with %s is ill once its message has come",
  (kind) => {
    const { all, least } = nodesHealthyAround(kind as IncidentName);
    expect(least).toBe(all - 1);
  },
);
