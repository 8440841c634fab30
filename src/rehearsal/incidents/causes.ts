/**
 * Published causes of interruptions of large runs with their rates, each with the incidents it
 * appears as.
 *
 * Source: the 419 unexpected interruptions of Llama 3 405B in 54 days on 16,384 GPUs
 * (Grattafiori et al. 2024, table 5). By its counts, for one printed percentage contradicts them.
 */

import type { Random } from "../../random.ts";
import { pick, pickWeighted } from "../engine/chance.ts";
import type { IncidentName } from "./library.ts";

export interface Cause {
  readonly name: string;
  /** Interruptions of the 419. */
  readonly weight: number;
  readonly kinds: readonly IncidentName[];
}

export const CAUSES: readonly Cause[] = [
  {
    name: "faulty GPU",
    weight: 148,
    kinds: ["gpu-lost", "nvlink-errors", "gpu-lost", "ecc-error"],
  },
  { name: "GPU HBM3 memory", weight: 72, kinds: ["ecc-error"] },
  {
    name: "software bug",
    weight: 54,
    kinds: ["software-crash", "software-crash", "memory-fragmentation", "bad-checkpoint"],
  },
  { name: "network switch or cable", weight: 35, kinds: ["nic-failure", "nccl-hang"] },
  { name: "unplanned host maintenance", weight: 32, kinds: ["planned-maintenance"] },
  { name: "GPU SRAM memory", weight: 19, kinds: ["ecc-error"] },
  { name: "GPU system processor", weight: 17, kinds: ["gsp-timeout"] },
  { name: "network card", weight: 7, kinds: ["nic-failure"] },
  { name: "NCCL watchdog timeout", weight: 7, kinds: ["nccl-hang"] },
  { name: "silent data corruption", weight: 6, kinds: ["silent-corruption"] },
  { name: "GPU thermal interface or sensor", weight: 6, kinds: ["gpu-lost"] },
  { name: "SSD", weight: 3, kinds: ["host-failure"] },
  { name: "power supply", weight: 3, kinds: ["host-failure"] },
  { name: "server chassis", weight: 2, kinds: ["host-failure"] },
  { name: "IO expansion board", weight: 2, kinds: ["host-failure"] },
  { name: "dependency", weight: 2, kinds: ["software-crash"] },
  { name: "CPU", weight: 2, kinds: ["host-failure"] },
  { name: "system memory", weight: 2, kinds: ["host-failure"] },
];

export function drawCause(random: Random): { readonly cause: Cause; readonly kind: IncidentName } {
  const cause = pickWeighted(random, CAUSES);
  return { cause, kind: pick(random, cause.kinds) };
}
