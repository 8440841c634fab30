/** Corpora: brought in, named, looked at, played, removed. */

import { isAbsolute } from "node:path";
import * as v from "valibot";
import { UserError } from "../../errors.ts";
import { addToDataset, removeDataset } from "../../sound/library/datasets.node.ts";
import { discardRecordings, takeRecording } from "../../sound/library/recordings.node.ts";
import { answerBytes, answerJson } from "./answers.node.ts";
import { writeBody } from "./body.node.ts";
import type { CorpusDesk } from "./corpus-desk.node.ts";
import type { Call, Route } from "./router.node.ts";
import type { ShelvesDesk } from "./shelves.node.ts";
import type { StudioTools } from "./tools.ts";
import { readWish } from "./wish.node.ts";

/** Of one file. Larger ones are named by their folder and read where they lie. */
export const UPLOAD_BYTES_MAX: number = 2 ** 30;

/** Removed files that can still be put back. */
const UNDO_MAX = 500;

const pathWish = v.object({ path: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)) });
const undoWish = v.object({ undo: v.string() });

interface Parts {
  readonly shelves: ShelvesDesk;
  readonly corpora: CorpusDesk;
}

export function corpusRoutes(tools: StudioTools, parts: Parts): readonly Route[] {
  const library = tools.settings.paths.datasets;
  const { shelves, corpora } = parts;
  const changed = (name: string): void => {
    shelves.changed();
    corpora.changed(name);
  };

  async function upload({ request, response, at, query }: Call): Promise<void> {
    const path = query.get("path") ?? "";
    const taken = await takeRecording(library, { dataset: at("name"), path }, (file) =>
      writeBody(request, file, UPLOAD_BYTES_MAX),
    );
    answerJson(response, { path: taken });
  }

  /** Told once after a whole drop, which may be hundreds of files. */
  async function read({ response, at }: Call): Promise<void> {
    changed(at("name"));
    answerJson(response, {});
  }

  async function addFolder({ request, response, at }: Call): Promise<void> {
    const { path } = await readWish(request, pathWish);
    if (!isAbsolute(path)) throw notAbsolute(path);
    await addToDataset(library, at("name"), [path]);
    changed(at("name"));
    answerJson(response, {});
  }

  async function play({ response, at, query }: Call): Promise<void> {
    const bytes = await corpora.soundOf(at("name"), query.get("path") ?? "");
    answerBytes(response, { bytes, type: "audio/wav" });
  }

  async function map({ response, at, signal }: Call): Promise<void> {
    answerJson(response, await corpora.map(at("name"), signal));
  }

  async function removeAll({ response, at }: Call): Promise<void> {
    await removeDataset(library, at("name"));
    await discardRecordings(library, at("name"));
    corpora.forget(at("name"));
    shelves.changed();
    answerJson(response, {});
  }

  return [
    { method: "PUT", path: "corpora/:name/sound", answer: upload },
    { method: "POST", path: "corpora/:name/read", answer: read },
    { method: "POST", path: "corpora/:name/folder", answer: addFolder },
    { method: "GET", path: "corpora/:name/sound", answer: play },
    { method: "GET", path: "corpora/:name/map", answer: map },
    { method: "DELETE", path: "corpora/:name", answer: removeAll },
    ...removal(corpora, changed),
  ];
}

/** One sound is taken out, and put back. */
function removal(corpora: CorpusDesk, changed: (name: string) => void): readonly Route[] {
  const undos = new Map<string, () => Promise<void>>();
  let undoCount = 0;

  async function remove({ response, at, query }: Call): Promise<void> {
    const putBack = await corpora.remove(at("name"), query.get("path") ?? "");
    undoCount += 1;
    const undo = String(undoCount);
    undos.set(undo, async () => {
      await putBack();
      changed(at("name"));
    });
    const [oldest] = undos.keys();
    if (undos.size > UNDO_MAX && oldest !== undefined) undos.delete(oldest);
    answerJson(response, { undo });
  }

  async function putBackAgain({ request, response }: Call): Promise<void> {
    const { undo } = await readWish(request, undoWish);
    const putBack = undos.get(undo);
    undos.delete(undo);
    await putBack?.();
    answerJson(response, {});
  }

  return [
    { method: "DELETE", path: "corpora/:name/sound", answer: remove },
    { method: "POST", path: "corpora/:name/undo", answer: putBackAgain },
  ];
}

function notAbsolute(path: string): UserError {
  return new UserError({
    code: "folder-not-absolute",
    message: `Cannot add "${path}": it does not say where it begins`,
    hint: "Give the whole path of a folder, as the file manager shows it.",
  });
}
