/** Library: models and sounds that were kept. */

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { formatBytes, formatQuantity } from "../../../show/numbers.ts";
import { backend } from "../backend.browser.ts";
import { useChannel } from "../news.browser.ts";
import { Empty } from "../parts/empty.browser.tsx";
import { Icon } from "../parts/icons.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { sendModel } from "../server.browser.ts";
import { InstrumentList } from "./instrument-list.browser.tsx";
import { ModelCards, ModelTable } from "./model-cards.browser.tsx";
import { PresetTable } from "./preset-table.browser.tsx";
import { SoundCardList } from "./sound-cards.browser.tsx";

export function LibraryPlace(): JSX.Element {
  const shelves = useChannel("shelves");
  const instruments = useChannel("instruments") ?? [];
  const words = useSignal("");
  const modelsAsTable = useSignal(localStorage.getItem(MODELS_KEY) === "yes");
  const soundsAsTable = useSignal(localStorage.getItem(SOUNDS_KEY) === "yes");
  const isExported = useSignal(false);
  if (shelves === undefined) return <p class="soft">Looking…</p>;
  const { models, presets, history } = shelves;
  const found = models.filter((model) =>
    fits(words.value, `${model.name} ${model.tags.join(" ")} ${model.description}`),
  );
  return (
    <>
      <header>
        <h1>Library</h1>
        {backend().isAlone && <BringModel />}
        {models.length + history.count > 0 && (
          <input
            class="plain search"
            type="search"
            aria-label="Look in the library"
            placeholder="look for…"
            value={words.value}
            onInput={({ currentTarget }) => {
              words.value = currentTarget.value;
            }}
          />
        )}
      </header>
      <TroubleBox trouble={bringing.trouble.value} />
      {models.length + history.count === 0 && (
        <Empty title="Nothing is kept yet">
          <p>
            Finished models come here by themselves, and every sound that you keep while playing.
          </p>
          <a class="button hot" href="#/train">
            Train a model
          </a>
        </Empty>
      )}
      {models.length > 0 && (
        <section aria-labelledby="models-title" class="shelf">
          <div class="shelf-head">
            <h2 id="models-title">{formatQuantity(models.length, "model")}</h2>
            <AsTable isOn={modelsAsTable} remembered={MODELS_KEY} what="Models" />
          </div>
          {modelsAsTable.value ? <ModelTable models={found} /> : <ModelCards models={found} />}
        </section>
      )}
      {presets.length > 0 && (
        <section aria-labelledby="presets-title" class="shelf">
          <div class="shelf-head">
            <h2 id="presets-title">{formatQuantity(presets.length, "preset")}</h2>
          </div>
          <PresetTable
            presets={presets.filter(({ name, modelName }) =>
              fits(words.value, `${name} ${modelName}`),
            )}
          />
        </section>
      )}
      {instruments.length > 0 && (
        <section aria-labelledby="instruments-title" class="shelf">
          <div class="shelf-head">
            <h2 id="instruments-title">{formatQuantity(instruments.length, "instrument")}</h2>
          </div>
          <InstrumentList
            cards={instruments.filter(({ name, modelName }) =>
              fits(words.value, `${name} ${modelName}`),
            )}
          />
        </section>
      )}
      {history.count > 0 && (
        <section aria-labelledby="sounds-title" class="shelf">
          <div class="shelf-head">
            <h2 id="sounds-title">{formatQuantity(history.count, "sound")}</h2>
            <span class="soft">{formatBytes(history.bytes)}</span>
            <AsTable isOn={soundsAsTable} remembered={SOUNDS_KEY} what="Sounds" />
            <button
              type="button"
              class="button"
              aria-pressed={isExported.value}
              onClick={() => {
                isExported.value = !isExported.value;
              }}
            >
              Exported ones
            </button>
          </div>
          <SoundCardList
            words={words.value}
            asTable={soundsAsTable.value}
            isExported={isExported.value}
            history={history}
          />
        </section>
      )}
    </>
  );
}

const bringing = attempts();

/** A model file, from another machine or taken along earlier. */
function BringModel(): JSX.Element {
  return (
    <label class="button">
      <input
        class="unseen"
        type="file"
        accept=".etude"
        disabled={bringing.isBusy.value}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (!file) return;
          void bringing.attempt(() => sendModel(file));
          currentTarget.value = "";
        }}
      />
      <Icon name="plus" /> Bring a model
    </label>
  );
}

const MODELS_KEY = "etude-models-as-table";
const SOUNDS_KEY = "etude-sounds-as-table";

interface AsTableProps {
  readonly isOn: Signal<boolean>;
  /** Where the browser remembers it. */
  readonly remembered: string;
  readonly what: string;
}

/** Cards or a table. */
function AsTable({ isOn, remembered, what }: AsTableProps): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        isOn.value = !isOn.value;
        localStorage.setItem(remembered, isOn.value ? "yes" : "no");
      }}
    >
      <span class="unseen">{what} </span>
      {isOn.value ? "As cards" : "As a table"}
    </button>
  );
}

function fits(words: string, text: string): boolean {
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
