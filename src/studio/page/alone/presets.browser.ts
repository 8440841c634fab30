/** Presets of models in the browser's file system. */

import { UserError } from "../../../errors.ts";
import { browserClock } from "../../../host.browser.ts";
import type { PresetRequest } from "../../../sound/work/preset-request.ts";
import { readSoundRequest } from "../../../sound/work/sound-request.ts";
import type { ModelCard, PresetCard, PresetView } from "../../contract.ts";
import { type AloneRoute, type Asked, bodyOf } from "./answer.ts";
import type { Files } from "./opfs.browser.ts";
import { jsonBytes, readJson } from "./runs.browser.ts";

type Change = (presets: readonly PresetView[]) => readonly PresetView[];

/** Those of all models. */
export async function presetCards(
  files: Files,
  models: readonly ModelCard[],
): Promise<PresetCard[]> {
  const cards = models.map(async ({ id: modelId, name: modelName }) => {
    const presets = (await readJson<PresetView[]>(files, `presets/${modelId}.json`)) ?? [];
    return presets.map(({ id, name, changedWallMs }): PresetCard => {
      return { id, name, changedWallMs, modelId, modelName };
    });
  });
  return (await Promise.all(cards)).flat();
}

export function presetRoutes(files: Files, onChange: () => void): readonly AloneRoute[] {
  const kept = async (asked: Asked): Promise<readonly PresetView[]> =>
    (await readJson<PresetView[]>(files, fileOf(asked))) ?? [];
  const changed = async (asked: Asked, change: Change) => {
    const presets = change(await kept(asked));
    await files.write(fileOf(asked), jsonBytes(presets));
    onChange();
    return { json: presets };
  };
  return [
    {
      method: "GET",
      path: "voices/:voice/presets",
      answer: async (asked) => ({ json: isOfLibrary(asked) ? await kept(asked) : [] }),
    },
    {
      method: "POST",
      path: "voices/:voice/presets",
      answer: (asked) => changed(asked, (presets) => added(presets, bodyOf<NewPreset>(asked))),
    },
    {
      method: "POST",
      path: "voices/:voice/presets/rename",
      answer: (asked) => {
        const { from, name } = bodyOf<{ readonly from: string; readonly name: string }>(asked);
        return changed(asked, (presets) => {
          const free = freeName(
            name,
            presets.filter((one) => one.name !== from),
          );
          return presets.map((one) => (one.name === from ? { ...one, name: free } : one));
        });
      },
    },
    {
      method: "DELETE",
      path: "voices/:voice/presets",
      answer: (asked) =>
        changed(asked, (presets) => presets.filter(({ name }) => name !== asked.query.get("name"))),
    },
  ];
}

interface NewPreset {
  readonly name: string;
  readonly request: PresetRequest;
}

function added(presets: readonly PresetView[], { name, request }: NewPreset): PresetView[] {
  // Refused where no sound can be made of it.
  readSoundRequest({ seed: 0, ...request }, "the wish of the page");
  const id = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
  const changedWallMs = browserClock.wallMs();
  return [
    ...presets,
    { id, name: freeName(name, presets), description: "", changedWallMs, request },
  ];
}

/** @throws UserError "preset-name". */
function freeName(given: string, others: readonly PresetView[]): string {
  const name = given.trim();
  if (name !== "" && !others.some((one) => one.name === name)) return name;
  throw new UserError({
    code: "preset-name",
    message:
      name === ""
        ? "Cannot keep a preset without a name"
        : `Cannot call a preset "${name}": this model has one of that name`,
    hint: "Give it another name.",
  });
}

function isOfLibrary({ at }: Asked): boolean {
  return at("voice").startsWith("model:");
}

/** @throws UserError "preset-no-model". */
function fileOf(asked: Asked): string {
  if (isOfLibrary(asked)) return `presets/${asked.at("voice").slice("model:".length)}.json`;
  throw new UserError({
    code: "preset-no-model",
    message: "Cannot keep presets with a model that is not in the library yet",
    hint: "It comes there when its training ends; choose it at the top then.",
  });
}
