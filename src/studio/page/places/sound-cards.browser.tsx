/** Sounds of the history: played, compared, continued from, exported in any format, deleted. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatBytes, formatMoment, formatSoundLength } from "../../../show/numbers.ts";
import type { SoundOrder } from "../../../sound/library/sound-list.ts";
import type { TagChange } from "../../../sound/library/tags.ts";
import type { Shelves, SoundCard, SoundCards } from "../../contract.ts";
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
import { NameField } from "../parts/name-field.browser.tsx";
import { type Column, SortedTable, type TableOrder } from "../parts/sorted-table.browser.tsx";
import { Tags } from "../parts/tags.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { Waveform } from "../parts/waveform.browser.tsx";
import { download, getBytes, getJson, send, withQuery } from "../server.browser.ts";
import { AncestorList } from "./ancestor-list.browser.tsx";

const FORMATS = ["wav", "flac", "aiff", "mp3", "ogg", "opus"] as const;
/** A deletion waits so long for somebody who changes their mind. */
const REGRET_MS = 8000;

const doing = attempts();

interface SoundCardListProps {
  readonly words: string;
  readonly asTable: boolean;
  readonly isExported: boolean;
  /** Another list where these are others. */
  readonly history: Shelves["history"];
}

/** What can be done with a kept sound besides playing it. */
interface KeptProps {
  readonly card: SoundCard;
  /** What this page knows of it before it hears of it. */
  onChange(change: Partial<SoundCard>): void;
  onDelete(): void;
}

export function SoundCardList(props: SoundCardListProps): JSX.Element {
  const { words, asTable, isExported, history } = props;
  const list = useSignal<SoundCards>({ sounds: [], found: 0 });
  const going = useSignal<ReadonlySet<string>>(new Set());
  const order = useSignal<TableOrder>({ by: "Made", isDown: true });
  const load = async (skip: number): Promise<SoundCards> => {
    const query = { words, skip: String(skip), order: ORDERS.get(order.value.by) ?? "made" };
    const up = order.value.isDown ? {} : { up: "yes" };
    const exported = isExported ? { exported: "yes" } : {};
    return getJson<SoundCards>(withQuery("history", { ...query, ...up, ...exported }));
  };
  useEffect(() => {
    let isAskedAnew = false;
    void doing.attempt(async () => {
      const first = await load(0);
      if (!isAskedAnew) list.value = first;
    });
    return () => {
      isAskedAnew = true;
    };
  }, [words, isExported, order.value, history.newestWallMs, history.count, history.marks]);
  const { sounds, found } = list.value;
  const shown = sounds.filter(({ id }) => !going.value.has(id));
  const keptProps = (card: SoundCard): KeptProps => ({
    card,
    onChange: (change) => {
      const changed = (one: SoundCard): SoundCard =>
        one.id === card.id ? { ...one, ...change } : one;
      list.value = { ...list.value, sounds: list.value.sounds.map(changed) };
    },
    onDelete: () => {
      going.value = new Set([...going.value, card.id]);
      deleteLater(card, () => {
        going.value = new Set([...going.value].filter((id) => id !== card.id));
      });
    },
  });
  return (
    <>
      <TroubleBox trouble={doing.trouble.value} />
      {asTable ? (
        <SortedTable
          rows={shown}
          columns={columnsOf(keptProps)}
          by="Made"
          sortedElsewhere={{
            order: order.value,
            sort: (wish) => {
              order.value = wish;
            },
          }}
          actions={(card) => <Actions {...keptProps(card)} />}
        />
      ) : (
        <ul class="tiles sounds-kept">
          {shown.map((card) => (
            <Kept key={card.id} {...keptProps(card)} />
          ))}
        </ul>
      )}
      {found === 0 && <p class="soft">No sound is like that.</p>}
      {sounds.length < found && (
        <button
          type="button"
          class="button"
          onClick={() =>
            void doing.attempt(async () => {
              const more = await load(sounds.length);
              list.value = { found: more.found, sounds: [...sounds, ...more.sounds] };
            })
          }
        >
          Show more of {found}
        </button>
      )}
    </>
  );
}

/** By title of its column. */
const ORDERS: ReadonlyMap<string, SoundOrder> = new Map([
  ["Sound", "name"],
  ["Made", "made"],
  ["Model", "model"],
  ["Length", "length"],
  ["Size", "size"],
  ["Exported", "export"],
]);

/** Sorted by whom is asked, who knows all of them; `of` says which columns can be. */
function columnsOf(keptProps: (card: SoundCard) => KeptProps): readonly Column<SoundCard>[] {
  return [
    {
      title: "Sound",
      of: titleOf,
      show: (card) => (
        <>
          <Name {...keptProps(card)} />
          <SoundTags {...keptProps(card)} />
        </>
      ),
    },
    {
      title: "Made",
      of: ({ madeWallMs }) => madeWallMs,
      show: ({ madeWallMs }) => formatMoment(madeWallMs),
      isNumber: true,
    },
    { title: "Model", of: ({ modelName }) => modelName, show: ({ modelName }) => modelName },
    {
      title: "Length",
      of: ({ durationSeconds }) => durationSeconds,
      show: ({ durationSeconds }) => formatSoundLength(durationSeconds),
      isNumber: true,
    },
    {
      title: "Size",
      of: ({ bytes }) => bytes,
      show: ({ bytes }) => formatBytes(bytes),
      isNumber: true,
    },
    {
      title: "Exported",
      of: ({ exports }) => exports.at(-1)?.wallMs ?? 0,
      show: (card) => <Exports card={card} />,
    },
  ];
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

function Kept(props: KeptProps): JSX.Element {
  const { card } = props;
  const track = trackOf(card);
  const isOn = isOnDeck(track);
  return (
    <li class={`tile ${isOn ? "on" : ""}`}>
      <button type="button" class="wave" onClick={() => playOrStop(track)}>
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
      <Name {...props} />
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
        <Save card={card} />
        <Delete {...props} />
      </div>
      <SoundTags {...props} />
      <Exports card={card} />
      {!backend().isAlone && <AncestorList id={card.id} title={titleOf(card)} />}
    </li>
  );
}

function Actions(props: KeptProps): JSX.Element {
  const { card } = props;
  const track = trackOf(card);
  return (
    <div class="chips actions">
      <button type="button" class="button" onClick={() => playOrStop(track)}>
        {isOnDeck(track) && isPlaying.value ? "Stop" : "Play"}
        <span class="unseen"> {titleOf(card)}</span>
      </button>
      <Save card={card} />
      <Delete {...props} />
    </div>
  );
}

function Name({ card, onChange }: KeptProps): JSX.Element {
  return (
    <NameField
      class="rename small"
      label={`Name of the sound ${titleOf(card)}`}
      name={titleOf(card)}
      maxLength={120}
      onRename={async (title) => {
        const rename = () => send("POST", `history/${card.id}/rename`, { name: title });
        if (await doing.attempt(rename)) onChange({ title });
      }}
    />
  );
}

function SoundTags({ card, onChange }: KeptProps): JSX.Element {
  const change = async (wish: TagChange): Promise<void> =>
    onChange(await send<Pick<SoundCard, "tags">>("POST", `history/${card.id}/tags`, wish));
  return (
    <Tags
      of={titleOf(card)}
      tags={card.tags}
      onChange={(wish) => void doing.attempt(() => change(wish))}
    />
  );
}

/** What was exported of it, where to and when. */
function Exports({ card: { exports } }: { readonly card: SoundCard }): JSX.Element | null {
  if (exports.length === 0) return null;
  return (
    <ul class="exports soft small">
      {exports.toReversed().map(({ wallMs, format, path }) => (
        <li key={path} title={path}>
          {format.toUpperCase()}, {formatMoment(wallMs)}: <span class="path">{path}</span>
          {!path.includes("/") && " in the downloads"}
        </li>
      ))}
    </ul>
  );
}

function Save({ card }: { readonly card: SoundCard }): JSX.Element {
  return (
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
  );
}

function Delete({ card, onDelete }: KeptProps): JSX.Element {
  return (
    <button
      type="button"
      class="button quiet round"
      aria-label={`Delete ${titleOf(card)}`}
      onClick={onDelete}
    >
      <Icon name="trash" />
    </button>
  );
}

function isOnDeck({ key }: Track): boolean {
  return onDeck.value?.a.track.key === key;
}

function playOrStop(track: Track): void {
  if (isOnDeck(track) && isPlaying.value) stop();
  else void doing.attempt(() => play(track));
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
