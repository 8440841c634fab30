/** Folds the events of a run into its picture, in batches: each update costs a whole curve. */

import type { RunEvent } from "../../events/events.ts";
import { afterPicture, type RunPicture } from "../run-picture.ts";

const EVENTS_AT_A_TIME = 256;

export interface PictureBook {
  add(event: RunEvent): void;
  /** With all that was added. */
  picture(): RunPicture;
}

export function pictureBook(from: RunPicture): PictureBook {
  let folded = from;
  let waiting: RunEvent[] = [];
  const picture = (): RunPicture => {
    folded = afterPicture(folded, waiting);
    waiting = [];
    return folded;
  };
  return {
    picture,
    add: (event) => {
      waiting.push(event);
      if (waiting.length === EVENTS_AT_A_TIME) picture();
    },
  };
}
