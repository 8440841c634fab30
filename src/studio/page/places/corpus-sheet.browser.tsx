/** One corpus: its sounds as outlines to touch, and what became of each file. */

import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { formatQuantity, formatSoundLength } from "../../../show/numbers.ts";
import type { CorpusFileView, CorpusView, DatasetCard } from "../../contract.ts";
import { isPlaying, lengthOf, loading, onDeck, position, stop } from "../deck.browser.ts";
import { useChannel } from "../news.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { Waveform } from "../parts/waveform.browser.tsx";
import { hashOf } from "../place.ts";
import { playFile, trackKey } from "../recordings.browser.ts";
import { send, withQuery } from "../server.browser.ts";
import { CorpusMap } from "./corpus-map.browser.tsx";

/** More tiles at once would be slow to draw; the rest comes by a button. */
const TILES = 120;

const look = signal<"tiles" | "map">("tiles");

export function CorpusSheet({ dataset }: { readonly dataset: DatasetCard }): JSX.Element {
  const view = useChannel(`corpus:${dataset.name}`);
  const shown = useSignal(TILES);
  const doing = attempts();
  if (view === undefined) return <p class="soft">Looking…</p>;
  const used = view.files.filter(({ fate }) => fate === "used");
  return (
    <>
      <CorpusHead view={view} dataset={dataset} />
      <TroubleBox trouble={view.trouble ?? doing.trouble.value} />
      <div class="chips looks">
        {(["tiles", "map"] as const).map((one) => (
          <button
            key={one}
            type="button"
            class={`button ${look.value === one ? "on" : ""}`}
            aria-pressed={look.value === one}
            onClick={() => {
              look.value = one;
            }}
          >
            {one === "tiles" ? "One by one" : "As a map"}
          </button>
        ))}
      </div>
      {look.value === "map" && view.summary && (
        <CorpusMap corpus={view.name} fileCount={used.length} />
      )}
      <ul hidden={look.value !== "tiles"} class="tiles" aria-label="Sounds of this corpus">
        {used.slice(0, shown.value).map((file) => (
          <Tile key={file.path} corpus={view.name} file={file} doing={doing} />
        ))}
      </ul>
      {look.value === "tiles" && used.length > shown.value && (
        <button
          type="button"
          class="button"
          onClick={() => {
            shown.value += TILES;
          }}
        >
          Show {Math.min(TILES, used.length - shown.value)} more of {used.length}
        </button>
      )}
      <Fates view={view} doing={doing} />
    </>
  );
}

function CorpusHead({
  view,
  dataset,
}: {
  readonly view: CorpusView;
  readonly dataset: DatasetCard;
}): JSX.Element {
  const { progress, summary } = view;
  return (
    <div class="corpus-head">
      {progress && progress.total > 0 && (
        <div class="reading" role="status">
          Listening to {progress.done} of {progress.total}
          <div class="bar">
            <i style={{ width: `${(100 * progress.done) / progress.total}%` }} />
          </div>
        </div>
      )}
      {summary && (
        <p class="sum">
          <strong>{formatQuantity(summary.counts.used, "sound")}</strong>
          <span>{formatSoundLength(summary.totalSeconds)}</span>
          {summary.counts.duplicates > 0 && (
            <span>{formatQuantity(summary.counts.duplicates, "double")} left out</span>
          )}
          {summary.counts.leftOut > 0 && (
            <span class="warn">
              {formatQuantity(summary.counts.leftOut, "file")} cannot be used
            </span>
          )}
          {dataset.places.map((place) => (
            <span key={place} class="soft small">
              {place}
            </span>
          ))}
        </p>
      )}
      {summary?.warnings.map(({ message }) => (
        <p key={message} class="chip warn">
          {message}
        </p>
      ))}
      <span class="spacer" />
      <RemoveCorpus name={view.name} />
      {summary && summary.counts.used > 0 && (
        <a class="button hot" href={hashOf({ name: "train", of: `new:${view.name}` })}>
          Train on these
        </a>
      )}
    </div>
  );
}

function RemoveCorpus({ name }: { readonly name: string }): JSX.Element {
  const isAsked = useSignal(false);
  if (!isAsked.value) {
    return (
      <button
        type="button"
        class="button quiet"
        onClick={() => {
          isAsked.value = true;
        }}
      >
        Remove
      </button>
    );
  }
  return (
    <fieldset class="ask">
      <legend class="unseen">Remove the corpus “{name}”?</legend>
      <span>Remove “{name}”? Models and your own folders stay.</span>
      <button
        type="button"
        class="button hot"
        onClick={() => {
          void send("DELETE", `corpora/${encodeURIComponent(name)}`).then(() => {
            say(`“${name}” is removed`);
            location.hash = "#/sounds";
          });
        }}
      >
        Remove it
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          isAsked.value = false;
        }}
      >
        Keep it
      </button>
    </fieldset>
  );
}

interface TileProps {
  readonly corpus: string;
  readonly file: CorpusFileView;
  readonly doing: ReturnType<typeof attempts>;
}

function Tile({ corpus, file, doing }: TileProps): JSX.Element {
  const key = trackKey(corpus, file.path);
  const isOn = onDeck.value?.a.track.key === key;
  const name = file.path.split("/").at(-1) ?? file.path;
  const outline = { lows: file.lows, highs: file.highs, scale: 100 };
  return (
    <li class={`tile ${isOn ? "on" : ""} ${loading.value === key ? "loading" : ""}`}>
      <button
        type="button"
        class="wave"
        title={`${file.path}\n${file.text}`}
        onClick={() => {
          if (isOn && isPlaying.value) stop();
          else void doing.attempt(() => playFile(corpus, file.path));
        }}
      >
        <Waveform
          outline={outline}
          heard={() =>
            onDeck.value?.a.track.key === key ? position.value / lengthOf(onDeck.value) : 0
          }
        />
        <span class="name">
          <span class="unseen">{isOn && isPlaying.value ? "Stop " : "Play "}</span>
          {name}
        </span>
        <span class="soft number">{formatSoundLength(file.durationSeconds ?? 0)}</span>
      </button>
      {file.isRemovable && (
        <button
          type="button"
          class="button quiet round remove"
          aria-label={`Remove ${file.path}`}
          onClick={() => void doing.attempt(() => remove(corpus, file.path))}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}

/** What is not used, or only with a remark, and why. */
function Fates({
  view,
  doing,
}: {
  readonly view: CorpusView;
  readonly doing: ReturnType<typeof attempts>;
}): JSX.Element | null {
  const told = view.files.filter(({ severity }) => severity !== "ok");
  if (view.files.length === 0) return null;
  return (
    <details class="fates" open={told.length > 0 && told.length < 40}>
      <summary>
        {told.length === 0
          ? `What became of each of ${formatQuantity(view.files.length, "file")}`
          : `${formatQuantity(told.length, "file")} with a remark`}
      </summary>
      <ul>
        {(told.length === 0 ? view.files : told).slice(0, 500).map((file) => (
          <li key={file.path} class={file.severity}>
            <span class="path">{file.path}</span>
            <span>{file.text}</span>
            {file.isRemovable && (
              <button
                type="button"
                class="button quiet"
                onClick={() => void doing.attempt(() => remove(view.name, file.path))}
              >
                Remove<span class="unseen"> {file.path}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

async function remove(corpus: string, path: string): Promise<void> {
  const place = `corpora/${encodeURIComponent(corpus)}`;
  const { undo } = await send<{ readonly undo: string }>(
    "DELETE",
    withQuery(`${place}/sound`, { path }),
  );
  say(`${path} is taken out`, () => send("POST", `${place}/undo`, { undo }));
}
