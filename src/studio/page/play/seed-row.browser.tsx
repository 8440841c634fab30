/** The seed of the sound, a random one, and undo. */

import type { JSX } from "preact";
import { browserClock } from "../../../host.browser.ts";
import { seededRandom } from "../../../random.ts";
import { POSITION_MOST } from "../../../sound/model/position-range.ts";
import type { Hands } from "../hands.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import type { Dial, Setting } from "../setting.ts";

interface SeedRowProps {
  readonly instrument: Hands;
  readonly dials: readonly Dial[];
}

export function SeedRow({ instrument, dials }: SeedRowProps): JSX.Element {
  const { seed, positions } = instrument.setting.value;
  const isCentred = Object.values(positions).every((position) => position === 0);
  return (
    <div class="chips seed">
      <label class="seed-field">
        Seed
        <input
          type="number"
          min="0"
          max="4294967295"
          value={seed}
          onChange={({ currentTarget }) => {
            const value = currentTarget.valueAsNumber;
            if (Number.isInteger(value) && value >= 0 && value < 2 ** 32)
              instrument.move({ seed: value }, "seed");
          }}
        />
      </label>
      <button
        type="button"
        class="button hot"
        onClick={() => instrument.move({ seed: browserClock.wallMs() % SEEDS }, "dice")}
      >
        <Icon name="dice" /> Another
      </button>
      {dials.length > 0 && (
        <>
          <button
            type="button"
            class="button"
            onClick={() => instrument.move({ positions: randomPositions(dials) }, "random")}
          >
            Randomise
          </button>
          <button
            type="button"
            class="button"
            disabled={isCentred}
            onClick={() => instrument.move({ positions: {} }, "centre")}
          >
            <Icon name="centre" /> Centre
          </button>
        </>
      )}
      <button
        type="button"
        class="button round"
        aria-label="Undo"
        disabled={!instrument.canUndo.value}
        onClick={instrument.undo}
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        class="button round"
        aria-label="Redo"
        disabled={!instrument.canRedo.value}
        onClick={instrument.redo}
      >
        <Icon name="redo" />
      </button>
      {instrument.isMaking.value && (
        <span class="soft small" role="status">
          making…
        </span>
      )}
    </div>
  );
}

/** Of a random one: few enough to be read and said. */
const SEEDS = 100_000;

/** Within what the recordings do. */
function randomPositions(dials: readonly Dial[]): Setting["positions"] {
  const random = seededRandom(browserClock.wallMs() % 2 ** 32);
  return Object.fromEntries(
    dials.map(({ name, safe }) => {
      const [least, most] = [
        Math.max(-POSITION_MOST, safe.least),
        Math.min(POSITION_MOST, safe.most),
      ];
      return [name, Math.round(least + random.next() * (most - least))];
    }),
  );
}
