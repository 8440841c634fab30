/** Takes: the same place in a model, played again. */

import type { Random } from "../../random.ts";

/** Apart enough for the noise of two takes to have nothing in common that is heard. */
const DRAWS_A_TAKE = 7919;

/** Lets what is drawn from here on be that of a take; of take 0 it is as it was. */
export function goToTake(random: Random, take: number): void {
  for (let i = 0; i < take * DRAWS_A_TAKE; i += 1) random.next();
}
