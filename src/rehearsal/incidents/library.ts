/** The incidents there are. A new one is a new entry in one of the two tables. */

import type { IncidentKind } from "./incident.ts";
import { MACHINE_INCIDENTS, type MachineIncidentName } from "./machine-incidents.ts";
import { RUN_INCIDENTS, type RunIncidentName } from "./run-incidents.ts";

export type IncidentName = MachineIncidentName | RunIncidentName;

export const INCIDENTS: { readonly [N in IncidentName]: IncidentKind } = {
  ...RUN_INCIDENTS,
  ...MACHINE_INCIDENTS,
};

/** In alphabetical order. */
export const INCIDENT_NAMES: readonly IncidentName[] = (
  Object.keys(INCIDENTS) as IncidentName[]
).sort();
