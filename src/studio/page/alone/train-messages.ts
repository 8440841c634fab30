/** Messages between the worker that answers the page and the one that trains. */

import type { RunEvent } from "../../../events/events.ts";
import type { TrainJob } from "../../../sound/train/job.ts";
import type { Trouble } from "../../contract.ts";

export type TrainOrder =
  | {
      readonly kind: "begin";
      readonly job: TrainJob;
      /** Folder of the run. */
      readonly folder: string;
      /** For tests, which have no other GPU than a program. @default false */
      readonly takesSoftwareGpu?: boolean;
      /** Where an earlier log of the run stopped. */
      readonly after: { readonly seq: number; readonly atMs: number };
    }
  | { readonly kind: "stop" };

export type TrainReport =
  | { readonly kind: "event"; readonly event: RunEvent }
  | { readonly kind: "ended"; readonly trouble: Trouble | undefined };
