/** Places in the model that are kept under a name: gone to, mixed, renamed, deleted. */

import { type Signal, signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { morphed } from "../../../sound/work/preset-request.ts";
import type { SoundRequest } from "../../../sound/work/sound-request.ts";
import type { PresetView } from "../../contract.ts";
import type { Instrument } from "../instrument.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { NameField } from "../parts/name-field.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { type Attempts, attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { getJson, send, withQuery } from "../server.browser.ts";
import { requestOf, settingOf } from "../setting.ts";
import { Slider } from "./slider.browser.tsx";

/** Counts up whenever presets were changed from elsewhere. */
const changes = signal(0);

/** Keeps a place in a model under a name, for whoever compares sounds. */
export async function keepPreset(
  voice: string,
  name: string,
  request: SoundRequest,
): Promise<void> {
  const path = `voices/${encodeURIComponent(voice)}/presets`;
  await send("POST", path, { name, request: { ...request, quality: "normal" }, replace: false });
  changes.value += 1;
}

interface Shelf {
  readonly path: string;
  readonly presets: Signal<readonly PresetView[]>;
  readonly doing: Attempts;
}

export function Presets({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const shelf: Shelf = useMemo(
    () => ({ path: `${instrument.path}/presets`, presets: signal([]), doing: attempts() }),
    [instrument],
  );
  const isEdited = useSignal(false);
  const { presets, doing, path } = shelf;
  useEffect(() => {
    void doing.attempt(async () => {
      presets.value = await getJson<PresetView[]>(path);
    });
  }, [path, changes.value]);
  const found = presets.value;
  return (
    <section class="presets-shelf" aria-labelledby="presets-title">
      <div class="hands">
        <h2 id="presets-title">Presets</h2>
        <SaveForm shelf={shelf} instrument={instrument} />
      </div>
      <TroubleBox trouble={doing.trouble.value} />
      {found.length === 0 && (
        <p class="soft small">A place that you like is kept here under a name.</p>
      )}
      {isEdited.value ? (
        <ul class="edited">
          {found.map((preset) => (
            <EditedPreset key={preset.id} preset={preset} shelf={shelf} />
          ))}
        </ul>
      ) : (
        <div class="chips">
          {found.map((preset) => (
            <button
              key={preset.id}
              type="button"
              class="button preset"
              onClick={() =>
                instrument.move(
                  settingOf(
                    preset.request,
                    instrument.setting.peek(),
                    instrument.view.peek()?.usualMode,
                  ),
                  `preset ${preset.id}`,
                )
              }
            >
              {preset.name}
            </button>
          ))}
        </div>
      )}
      {found.length > 0 && (
        <div class="hands">
          {found.length > 1 ? <Morph presets={found} instrument={instrument} /> : <span />}
          <button
            type="button"
            class="button quiet"
            aria-pressed={isEdited.value}
            onClick={() => {
              isEdited.value = !isEdited.value;
            }}
          >
            {isEdited.value ? "Done" : "Rename or delete"}
          </button>
        </div>
      )}
    </section>
  );
}

interface ShelfProps {
  readonly shelf: Shelf;
}

function SaveForm({
  shelf,
  instrument,
}: ShelfProps & { readonly instrument: Instrument }): JSX.Element {
  const { path, presets, doing } = shelf;
  const name = useSignal("");
  return (
    <form
      class="save"
      onSubmit={(event) => {
        event.preventDefault();
        void doing
          .attempt(async () => {
            const request = requestOf(instrument.setting.peek(), "normal");
            const wish = { name: name.peek(), request, replace: false };
            presets.value = await send<PresetView[]>("POST", path, wish);
          })
          .then((isDone) => {
            if (isDone) name.value = "";
          });
      }}
    >
      <input
        class="plain"
        aria-label="Name of the preset"
        placeholder="name of this place"
        maxLength={120}
        value={name.value}
        onInput={({ currentTarget }) => {
          name.value = currentTarget.value;
        }}
      />
      <button type="submit" class="button" disabled={name.value.trim() === ""}>
        Keep this place
      </button>
    </form>
  );
}

function EditedPreset({
  shelf,
  preset,
}: ShelfProps & { readonly preset: PresetView }): JSX.Element {
  const { path, presets, doing } = shelf;
  const { name, request } = preset;
  const remove = async (): Promise<void> => {
    presets.value = await send<PresetView[]>("DELETE", withQuery(path, { name }));
    say(`The preset “${name}” is deleted`, async () => {
      const again = { name, request: { seed: 0, ...request }, replace: false };
      presets.value = await send<PresetView[]>("POST", path, again);
    });
  };
  return (
    <li>
      <NameField
        label={`Name of the preset ${name}`}
        name={name}
        maxLength={120}
        onRename={(wish) =>
          doing.attempt(async () => {
            const asked = { from: name, name: wish };
            presets.value = await send<PresetView[]>("POST", `${path}/rename`, asked);
          })
        }
      />
      <button
        type="button"
        class="button quiet round"
        aria-label={`Delete the preset ${name}`}
        onClick={() => void doing.attempt(remove)}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

interface MorphProps {
  readonly presets: readonly PresetView[];
  readonly instrument: Instrument;
}

/** From one preset to another, and all that lies between. */
function Morph({ presets, instrument }: MorphProps): JSX.Element {
  const from = useSignal<string | undefined>(undefined);
  const to = useSignal<string | undefined>(undefined);
  const share = useSignal(0);
  const a = presets.find(({ id }) => id === from.value) ?? presets[0];
  const b = presets.find(({ id }) => id === to.value) ?? presets[1];
  const go = (value: number): void => {
    share.value = value;
    if (!a || !b) return;
    const between = morphed(a.request, b.request, value);
    instrument.move(settingOf(between, instrument.setting.peek()), "morph");
  };
  return (
    <div class="morph">
      {([a, b] as const).map((chosen, i) => (
        <select
          key={i === 0 ? "from" : "to"}
          class="plain"
          aria-label={i === 0 ? "Morph from" : "Morph to"}
          value={chosen?.id ?? ""}
          onChange={({ currentTarget }) => {
            (i === 0 ? from : to).value = currentTarget.value;
          }}
        >
          {presets.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      ))}
      <Slider
        label="Between them"
        {...{ min: 0, max: 1, step: 0.02, value: share.value }}
        text={`${Math.round(100 * share.value)} %`}
        onChange={go}
      />
    </div>
  );
}
