/** The instrument of a page that has nothing but one model: all of it is played live. */

import { Hands } from "../hands.browser.ts";
import { LivePlay } from "../live-play.browser.ts";
import { firstSetting } from "../setting.ts";
import { carriedInstrument, carriedModel, carriedPlayer } from "./carried.browser.ts";

export class LoneInstrument extends Hands {
  readonly voice = "model";
  readonly live: LivePlay = new LivePlay(carriedPlayer);

  constructor() {
    const { view, seed, positions } = carriedInstrument();
    super({ ...firstSetting, seed, positions });
    this.view.value = view;
    this.sound();
  }

  override sound(): void {
    const { positions, seed } = this.setting.peek();
    this.live.set(positions, seed);
  }

  override load(): Promise<ArrayBuffer> {
    return carriedModel();
  }

  override onTrouble(failure: unknown): void {
    this.trouble.value = {
      code: "not-played",
      message: failure instanceof Error ? failure.message : String(failure),
      hint: "Reload the page; it needs a browser of 2023 or later.",
    };
  }
}
