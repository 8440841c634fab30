/** Models as cards and as a table that can be sorted. */

import type { JSX } from "preact";
import { formatBytes, formatMoment, formatSoundLength } from "../../../show/numbers.ts";
import type { ModelCard } from "../../contract.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { NameField } from "../parts/name-field.browser.tsx";
import { type Column, SortedTable } from "../parts/sorted-table.browser.tsx";
import { Tags } from "../parts/tags.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { hashOf } from "../place.ts";
import { download, send } from "../server.browser.ts";
import { Emblem } from "./emblem.browser.tsx";

const doing = attempts();

interface ModelsProps {
  readonly models: readonly ModelCard[];
}

export function ModelCards({ models }: ModelsProps): JSX.Element {
  return (
    <>
      <TroubleBox trouble={doing.trouble.value} />
      <ul class="cards">
        {models.map((model) => (
          <li key={model.id} class="card">
            <a class="face" href={playHash(model)} aria-label={`Play ${model.name}`}>
              <Emblem id={model.id} />
            </a>
            <Name model={model} />
            <p class="soft small">
              {model.recordings} recordings, {formatSoundLength(model.corpusSeconds)}
              <br />
              {formatMoment(model.addedWallMs)} · {model.id.slice(0, 6)}
            </p>
            <Tags
              of={model.name}
              tags={model.tags}
              onChange={(change) =>
                void doing.attempt(() => send("POST", `models/${model.id}/tags`, change))
              }
            />
            <Actions model={model} />
          </li>
        ))}
      </ul>
    </>
  );
}

function playHash({ id }: ModelCard): string {
  return hashOf({ name: "play", of: `model:${id}` });
}

function Name({ model }: { readonly model: ModelCard }): JSX.Element {
  const rename = (name: string) => send("POST", `models/${model.id}/rename`, { name });
  return (
    <NameField
      label={`Name of the model ${model.name}`}
      name={model.name}
      maxLength={100}
      onRename={async (name) => {
        if (!(await doing.attempt(() => rename(name)))) return;
        say(`It is called “${name}” now`, () => rename(model.name));
      }}
    />
  );
}

function Actions({ model }: { readonly model: ModelCard }): JSX.Element {
  return (
    <div class="chips actions">
      <a class="button hot" href={playHash(model)}>
        Play<span class="unseen"> {model.name}</span>
      </a>
      <button type="button" class="button" onClick={() => download(`models/${model.id}/file`)}>
        <Icon name="keep" /> File<span class="unseen"> of {model.name}</span>
      </button>
      <button
        type="button"
        class="button round"
        aria-label={`Delete ${model.name}`}
        onClick={() =>
          void doing
            .attempt(() => send("DELETE", `models/${model.id}`))
            .then((isDone) => {
              if (isDone)
                say(`“${model.name}” is in the trash`, () =>
                  send("POST", `models/${model.id}/restore`),
                );
            })
        }
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}

const COLUMNS: readonly Column<ModelCard>[] = [
  {
    title: "Name",
    of: ({ name }) => name.toLowerCase(),
    show: (model) => <Name model={model} />,
  },
  {
    title: "Kept",
    of: ({ addedWallMs }) => addedWallMs,
    show: ({ addedWallMs }) => formatMoment(addedWallMs),
    isNumber: true,
  },
  {
    title: "Recordings",
    of: ({ recordings }) => recordings,
    show: ({ recordings }) => recordings,
    isNumber: true,
  },
  {
    title: "Sound",
    of: ({ corpusSeconds }) => corpusSeconds,
    show: ({ corpusSeconds }) => formatSoundLength(corpusSeconds),
    isNumber: true,
  },
  { title: "Epochs", of: ({ epoch }) => epoch, show: ({ epoch }) => epoch, isNumber: true },
  {
    title: "Held-out loss",
    of: ({ validationLoss }) => validationLoss ?? Number.POSITIVE_INFINITY,
    show: ({ validationLoss }) => validationLoss?.toPrecision(3) ?? "none held out",
    isNumber: true,
  },
  {
    title: "Size",
    of: ({ bytes }) => bytes,
    show: ({ bytes }) => formatBytes(bytes),
    isNumber: true,
  },
];

export function ModelTable({ models }: ModelsProps): JSX.Element {
  return (
    <>
      <TroubleBox trouble={doing.trouble.value} />
      <SortedTable
        rows={models}
        columns={COLUMNS}
        by="Kept"
        actions={(model) => <Actions model={model} />}
      />
    </>
  );
}
