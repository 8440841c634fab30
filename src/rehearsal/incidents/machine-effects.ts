/** What incidents do to the machines: heat, power, waiting; also for a while after they are over. */

import type { Load, Trouble } from "../cluster/machines.ts";
import { exp } from "../engine/portable-math.ts";
import type { Active } from "./active-incident.ts";

/** Time constant of a card whose cooling changes. Assumed. */
const HEATING_MS = 90_000;

/** A GPU that was hot is as cool as the others after this. */
const COOLED_MS = 6 * HEATING_MS;

export interface Cooling {
  /** Takes those in that are over and whose GPU was another than usual. */
  add(over: readonly Active[], atMs: number): void;
  clear(): void;
  troubles(atMs: number): readonly Trouble[];
}

export function troubleOf(incident: Active, atMs: number): Trouble[] {
  const { course, node, gpu, onsetMs, stopMs, slowdown } = incident;
  const { machine } = course;
  if (machine === undefined) return [];
  const warmed = 1 - exp(-Math.max(0, atMs - onsetMs) / HEATING_MS);
  const share =
    stopMs === undefined ? 1 : Math.min(1, Math.max(0, atMs - onsetMs) / (stopMs - onsetMs));
  const power = machine.power ?? 1;
  const trouble: Trouble = {
    node,
    gpu,
    heatC: (machine.heatC ?? 0) * warmed,
    power,
    warmPower: 1 + (power - 1) * warmed,
    memory: 1 + ((machine.memory ?? 1) - 1) * share,
    isWaitedFor: node !== undefined && slowdown > 1,
    warmed,
  };
  return [trouble];
}

export function newCooling(): Cooling {
  let cooling: readonly Over[] = [];
  return {
    add(over, atMs) {
      const odd = over.filter(({ node, course }) => node !== undefined && course.machine);
      if (odd.length > 0)
        cooling = [...cooling, ...odd.map((incident) => ({ incident, sinceMs: atMs }))];
    },
    clear() {
      cooling = [];
    },
    troubles(atMs) {
      if (cooling.length === 0) return [];
      cooling = cooling.filter(({ sinceMs }) => atMs < sinceMs + COOLED_MS);
      return cooling.map((one) => coolingTrouble(one, atMs));
    },
  };
}

/** An incident that is over, whose GPU is still warmer or colder than it will be. */
interface Over {
  readonly incident: Active;
  readonly sinceMs: number;
}

function coolingTrouble({ incident, sinceMs }: Over, atMs: number): Trouble {
  const { node, gpu, onsetMs, course } = incident;
  const reached = 1 - exp(-Math.max(0, sinceMs - onsetMs) / HEATING_MS);
  const left = reached * exp(-Math.max(0, atMs - sinceMs) / HEATING_MS);
  const { heatC = 0, power = 1 } = course.machine ?? {};
  const warm = { heatC: heatC * left, warmPower: 1 + (power - 1) * left, warmed: left };
  return { node, gpu, ...warm, power: 1, memory: 1, isWaitedFor: false };
}

const FULL_LOAD: Load = { times: 1, busy: 1 };

export function loadOf(active: readonly Active[]): Load {
  if (active.length === 0) return FULL_LOAD;
  let times = 1;
  let slowest = 1;
  for (const { node, course, slowdown } of active) {
    if (node === undefined) times *= course.machine?.power ?? 1;
    if (course.slowsAll !== true) slowest = Math.max(slowest, slowdown);
  }
  return { times, busy: 1 / slowest };
}
