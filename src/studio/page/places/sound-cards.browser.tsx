/** Sounds of the history: played, compared, continued from, exported in any format, deleted. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatMoment, formatSoundLength } from "../../../show/numbers.ts";
import type { SoundCard, SoundCards } from "../../contract.ts";
import { backend } from "../backend.browser.ts";
import {
  compareWith,
  isPlaying,
  lengthOf,
  onDeck,
  play,
  position,
  stop,
  type Track,
} from "../deck.browser.ts";
import { playOnFrom } from "../instrument.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { Waveform } from "../parts/waveform.browser.tsx";
import { download, getBytes, getJson, send, withQuery } from "../server.browser.ts";
import { AncestorList } from "./ancestor-list.browser.tsx";

const FORMATS = ["wav", "flac", "aiff", "mp3", "ogg", "opus"] as const;
/** A deletion waits so long for somebody who changes their mind. */
const REGRET_MS = 8000;

const doing = attempts();

export interface SoundCardListProps {
  readonly words: string;
  /** Another list where these are others. */
  readonly newestWallMs: number;
  readonly count: number;
}

export function SoundCardList({ words, newestWallMs, count }: SoundCardListProps): JSX.Element {
  const list = useSignal<SoundCards>({ sounds: [], found: 0 });
  const going = useSignal<ReadonlySet<string>>(new Set());
  const load = async (skip: number): Promise<void> => {
    const more = await getJson<SoundCards>(withQuery("history", { words, skip: String(skip) }));
    const before = skip === 0 ? [] : list.peek().sounds;
    list.value = { found: more.found, sounds: [...before, ...more.sounds] };
  };
  useEffect(() => {
    void doing.attempt(() => load(0));
  }, [words, newestWallMs, count]);
  const { sounds, found } = list.value;
  return (
    <>
      <TroubleBox trouble={doing.trouble.value} />
      <ul class="tiles sounds-kept">
        {sounds
          .filter(({ id }) => !going.value.has(id))
          .map((card) => (
            <Kept
              key={card.id}
              card={card}
              onRename={(title) => {
                const named = (one: SoundCard): SoundCard =>
                  one.id === card.id ? { ...one, title } : one;
                list.value = { ...list.value, sounds: list.value.sounds.map(named) };
              }}
              onDelete={() => {
                going.value = new Set([...going.value, card.id]);
                deleteLater(card, () => {
                  going.value = new Set([...going.value].filter((id) => id !== card.id));
                });
              }}
            />
          ))}
      </ul>
      {sounds.length < found && (
        <button
          type="button"
          class="button"
          onClick={() => void doing.attempt(() => load(sounds.length))}
        >
          Show more of {found}
        </button>
      )}
    </>
  );
}

function deleteLater(card: SoundCard, putBack: () => void): void {
  const timer = setTimeout(() => {
    void doing.attempt(() => send("DELETE", `history/${card.id}`));
  }, REGRET_MS);
  say(`${titleOf(card)} is deleted`, async () => {
    clearTimeout(timer);
    putBack();
  });
}

function Kept({
  card,
  onRename,
  onDelete,
}: {
  readonly card: SoundCard;
  readonly onRename: (title: string) => void;
  readonly onDelete: () => void;
}): JSX.Element {
  const track = trackOf(card);
  const isOn = onDeck.value?.a.track.key === track.key;
  return (
    <li class={`tile ${isOn ? "on" : ""}`}>
      <button
        type="button"
        class="wave"
        onClick={() => {
          if (isOn && isPlaying.value) stop();
          else void doing.attempt(() => play(track));
        }}
      >
        <Waveform
          outline={{ lows: card.lows, highs: card.highs, scale: 100 }}
          heard={() =>
            onDeck.value?.a.track.key === track.key ? position.value / lengthOf(onDeck.value) : 0
          }
        />
        <span class="unseen">
          {isOn && isPlaying.value ? "Stop " : "Play "}
          {titleOf(card)}
        </span>
        <span class="soft number">{formatSoundLength(card.durationSeconds)}</span>
      </button>
      <input
        class="rename small"
        aria-label={`Name of the sound ${titleOf(card)}`}
        value={titleOf(card)}
        maxLength={120}
        onChange={({ currentTarget: { value: name } }) =>
          void doing
            .attempt(() => send("POST", `history/${card.id}/rename`, { name }))
            .then((isDone) => isDone && onRename(name))
        }
      />
      <div class="under">
        <span class="soft small">{formatMoment(card.madeWallMs)}</span>
        <button
          type="button"
          class="button quiet"
          title="Everything is set as it was when this sound was made"
          onClick={() => playOnFrom(`model:${card.modelId}`, card.request)}
        >
          Play on<span class="unseen"> from {titleOf(card)}</span>
        </button>
        <button
          type="button"
          class="button quiet"
          onClick={() => void doing.attempt(() => compareWith(track))}
        >
          A/B
          <span class="unseen"> of {titleOf(card)} and what plays</span>
        </button>
        <select
          class="quiet"
          aria-label={`Download ${titleOf(card)}`}
          value=""
          onChange={({ currentTarget }) => {
            const format = currentTarget.value;
            currentTarget.value = "";
            if (format !== "") download(withQuery(`history/${card.id}/file`, { format }));
          }}
        >
          <option value="">Save…</option>
          {FORMATS.map((format) => (
            <option key={format} value={format}>
              {format.toUpperCase()}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="button quiet round"
          aria-label={`Delete ${titleOf(card)}`}
          onClick={onDelete}
        >
          <Icon name="trash" />
        </button>
      </div>
      {!backend().isAlone && <AncestorList id={card.id} title={titleOf(card)} />}
    </li>
  );
}

function trackOf(card: SoundCard): Track {
  return {
    key: `history:${card.id}`,
    title: titleOf(card),
    made: { voice: `model:${card.modelId}`, request: card.request },
    load: () => getBytes(`history/${card.id}/sound`),
  };
}

function titleOf({ title, modelName, request }: SoundCard): string {
  return title ?? `${modelName} ${request.seed}`;
}
