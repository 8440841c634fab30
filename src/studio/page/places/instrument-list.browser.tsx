/** Instruments of samples: how far they are, and what can be done with them. */

import type { JSX } from "preact";
import { formatBytes, formatMoment, formatPercent } from "../../../show/numbers.ts";
import type { InstrumentCard } from "../../contract.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { download, send } from "../server.browser.ts";

const doing = attempts();

export function InstrumentList({
  cards,
}: {
  readonly cards: readonly InstrumentCard[];
}): JSX.Element {
  return (
    <>
      <TroubleBox trouble={doing.trouble.value} />
      <ul class="instruments">
        {cards.map((card) => (
          <li key={card.id} class={card.state}>
            <strong>{card.name}</strong>
            {card.state === "making" && <Making card={card} />}
            {card.state === "ready" && <Ready card={card} />}
            {card.state === "failed" && <TroubleBox trouble={card.trouble} />}
            <Remove card={card} />
          </li>
        ))}
      </ul>
    </>
  );
}

function pathOf({ id }: InstrumentCard): string {
  return `instruments/${encodeURIComponent(id)}`;
}

interface CardProps {
  readonly card: InstrumentCard;
}

function Making({ card }: CardProps): JSX.Element {
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={`Rendering ${card.name}`}
      aria-valuenow={Math.round(100 * card.share)}
      aria-valuemin={0}
      aria-valuemax={100}
      title={formatPercent(card.share)}
    >
      <i style={{ width: `${100 * card.share}%` }} />
    </div>
  );
}

function Ready({ card }: CardProps): JSX.Element {
  return (
    <>
      <span class="soft small" title={card.folder}>
        {card.samples} samples · {formatBytes(card.bytes)} · {formatMoment(card.madeWallMs)} ·{" "}
        <span class="path">{card.folder}</span>
      </span>
      <button type="button" class="button" onClick={() => download(`${pathOf(card)}/zip`)}>
        <Icon name="keep" /> Zip<span class="unseen"> of {card.name}</span>
      </button>
    </>
  );
}

function Remove({ card }: CardProps): JSX.Element {
  if (card.state === "making") {
    return (
      <button
        type="button"
        class="button"
        onClick={() => void doing.attempt(() => send("POST", `${pathOf(card)}/cancel`))}
      >
        Cancel<span class="unseen"> {card.name}</span>
      </button>
    );
  }
  const remove = async (): Promise<void> => {
    await send("DELETE", pathOf(card));
    if (card.state === "ready")
      say(`“${card.name}” is deleted`, () => send("POST", `${pathOf(card)}/restore`));
  };
  return (
    <button
      type="button"
      class="button quiet round"
      aria-label={`Delete the instrument ${card.name}`}
      onClick={() => void doing.attempt(remove)}
    >
      <Icon name="trash" />
    </button>
  );
}
