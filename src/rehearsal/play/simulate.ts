/** A simulated run for programs: an options object in, events out. */

import type { RunEvent } from "../../events/events.ts";
import type { Truth } from "../incidents/truth.ts";
import { DEFAULT_SCENE } from "../scenes/scenes.ts";
import type { SimulateValues } from "./simulate-options.ts";
import { scenesOf, wantedOf } from "./simulate-request.ts";

/** Which run is simulated. */
export interface SimulateOptions {
  /** Which scene is simulated, see SCENES. @default "llm_pretraining" */
  readonly scene?: SimulateValues["modules"][number];
  /** The same seed gives the same run: a whole number from 0 to 2^32 - 1. @default 1 */
  readonly seed?: number;
  /** A model of the catalogue, as in "Llama-3.1-8B". @default drawn */
  readonly model?: string;
  /** Kind and number, as in "H100:64". @default drawn */
  readonly gpus?: string;
  /** Tokens to train on, as in "15T". @default drawn */
  readonly tokens?: string;
  /** What goes wrong and at which step, as in "loss-spike@2000". @default nothing is scripted */
  readonly incidents?: readonly string[];
  /** Whether incidents may happen by chance too. @default true */
  readonly byChance?: boolean;
  /** Program and version that the run says it was made by. @default "etude" */
  readonly program?: string;
  /** Receives the truth of each incident, with the first event that shows it. */
  onTruth?(truth: Truth): void;
}

/**
 * A whole simulated run, as fast as it is read: times in its events are simulated, and each says
 * `source: "simulated"` at its start. A large run has millions of events: stop reading when done.
 *
 * @throws UserError "usage" where a name is unknown, "bad-plan" or "does-not-fit" where such a run
 *   cannot be.
 * @example
 * for (const event of simulate({ model: "Llama-3.1-8B", gpus: "H100:64", seed: 7 })) {
 *   if (event.type === "step-done" && event.step === 1000) break;
 * }
 */
export function* simulate(options: SimulateOptions = {}): Generator<RunEvent, void> {
  const { scene, seed = 1, incidents = [], byChance = true, program = "etude", onTruth } = options;
  const values = {
    modules: scene === undefined ? [] : [scene],
    dialect: "etude",
    model: options.model,
    gpus: options.gpus,
    tokens: options.tokens,
    incident: [...incidents],
    chance: byChance,
    funny: false,
  } as const;
  const [chosen = DEFAULT_SCENE] = scenesOf(values);
  const run = chosen.start({ ...wantedOf(values), seed, program });
  let seq = 0;
  for (const item of run.items) {
    if ("truth" in item) {
      onTruth?.(item.truth);
      continue;
    }
    yield { ...item.news, seq, atMs: item.atMs };
    seq += 1;
  }
}
