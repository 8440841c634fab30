/** Presets of all models: gone to, renamed, deleted, put back. */

import type { JSX } from "preact";
import { formatMoment } from "../../../show/numbers.ts";
import type { PresetCard, PresetView } from "../../contract.ts";
import { playOnFrom } from "../instrument.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { NameField } from "../parts/name-field.browser.tsx";
import { type Column, SortedTable } from "../parts/sorted-table.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { getJson, send, withQuery } from "../server.browser.ts";

const doing = attempts();

const COLUMNS: readonly Column<PresetCard>[] = [
  {
    title: "Preset",
    of: ({ name }) => name.toLowerCase(),
    show: (preset) => <Name preset={preset} />,
  },
  {
    title: "Model",
    of: ({ modelName }) => modelName.toLowerCase(),
    show: ({ modelName }) => modelName,
  },
  {
    title: "Changed",
    of: ({ changedWallMs }) => changedWallMs,
    show: ({ changedWallMs }) => formatMoment(changedWallMs),
    isNumber: true,
  },
];

export function PresetTable({ presets }: { readonly presets: readonly PresetCard[] }): JSX.Element {
  return (
    <>
      <TroubleBox trouble={doing.trouble.value} />
      <SortedTable
        rows={presets}
        columns={COLUMNS}
        by="Changed"
        actions={(preset) => <Actions preset={preset} />}
      />
    </>
  );
}

function pathOf({ modelId }: PresetCard): string {
  return `voices/${encodeURIComponent(`model:${modelId}`)}/presets`;
}

interface PresetProps {
  readonly preset: PresetCard;
}

function Name({ preset }: PresetProps): JSX.Element {
  const { name } = preset;
  return (
    <NameField
      label={`Name of the preset ${name} of ${preset.modelName}`}
      name={name}
      maxLength={120}
      onRename={(wish) =>
        doing.attempt(() => send("POST", `${pathOf(preset)}/rename`, { from: name, name: wish }))
      }
    />
  );
}

function Actions({ preset }: PresetProps): JSX.Element {
  const { id, name, modelId } = preset;
  const path = pathOf(preset);
  const whole = async (): Promise<PresetView["request"]> => {
    const found = (await getJson<PresetView[]>(path)).find((one) => one.id === id);
    if (found === undefined) throw new Error(`The preset "${name}" is gone`);
    return found.request;
  };
  const play = async (): Promise<void> =>
    playOnFrom(`model:${modelId}`, { seed: 1, ...(await whole()) });
  const remove = async (): Promise<void> => {
    const request = await whole();
    await send("DELETE", withQuery(path, { name }));
    say(`The preset “${name}” is deleted`, () =>
      send("POST", path, { name, request: { seed: 0, ...request }, replace: false }),
    );
  };
  return (
    <div class="chips actions">
      <button type="button" class="button" onClick={() => void doing.attempt(play)}>
        Play<span class="unseen"> the preset {name}</span>
      </button>
      <button
        type="button"
        class="button round"
        aria-label={`Delete the preset ${name}`}
        onClick={() => void doing.attempt(remove)}
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}
