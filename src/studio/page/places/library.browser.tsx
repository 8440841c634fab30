/** Library: models and sounds that were kept. */

import { useSignal } from "@preact/signals";
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
  const isTable = useSignal(localStorage.getItem(TABLE_KEY) === "yes");
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
            <button
              type="button"
              class="button"
              aria-pressed={isTable.value}
              onClick={() => {
                isTable.value = !isTable.value;
                localStorage.setItem(TABLE_KEY, isTable.value ? "yes" : "no");
              }}
            >
              {isTable.value ? "As cards" : "As a table"}
            </button>
          </div>
          {isTable.value ? <ModelTable models={found} /> : <ModelCards models={found} />}
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
          </div>
          <SoundCardList
            words={words.value}
            newestWallMs={history.newestWallMs}
            count={history.count}
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

const TABLE_KEY = "etude-models-as-table";

function fits(words: string, text: string): boolean {
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
