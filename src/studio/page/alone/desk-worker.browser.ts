/** The worker that answers the page where there is no server, at the same paths. */

import type { ChannelName, Shelves, StudioFacts } from "../../contract.ts";
import { type Channel, openChannel } from "../../server/channel.ts";
import type { Told } from "../backend.browser.ts";
import { type AloneRoute, type Answer, routeIn, troubleIn } from "./answer.ts";
import { Corpora, corpusRoutes } from "./corpora.browser.ts";
import type { DeskOrder, DeskReport } from "./desk-messages.browser.ts";
import { Models, modelRoutes } from "./models.browser.ts";
import { openOpfs } from "./opfs.browser.ts";
import { presetCards, presetRoutes } from "./presets.browser.ts";
import { Runs, runRoutes } from "./runs.browser.ts";
import { Sounds, soundRoutes } from "./sounds.browser.ts";

/** A worker's own scope; the compiler knows a page's. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<DeskOrder>) => void) | null;
  postMessage(report: DeskReport, transfer?: Transferable[]): void;
};

interface Desk {
  readonly routes: readonly AloneRoute[];
  channel(name: string): Promise<Channel>;
}

/** Of one file, which is held in memory. */
const UPLOAD_BYTES_MAX = 2 ** 28;
const TELL_EVERY_MS = 60;

let began: (program: string) => void = () => undefined;
const desk: Promise<Desk> = new Promise<string>((resolve) => {
  began = resolve;
}).then(openDesk);
const asking = new Map<number, AbortController>();
const listening = new Map<number, () => void>();

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "begin":
      began(data.program);
      return;
    case "ask":
      void answer(data);
      return;
    case "give-up":
      asking.get(data.id)?.abort();
      return;
    case "listen":
      void listen(data.id, data.channels);
      return;
    case "unlisten":
      listening.get(data.id)?.();
      listening.delete(data.id);
      return;
  }
};

async function openDesk(program: string): Promise<Desk> {
  const files = await openOpfs();
  const changed = (): void => void look().catch(() => undefined);
  const corpora = new Corpora(files, changed);
  const models = new Models(files, changed);
  const sounds = new Sounds(files, models, changed);
  const onModel = (run: string): Promise<void> => models.takeFromRun(run);
  const runs = new Runs({ files, program, onChange: changed, onModel });
  let now: Shelves | undefined;
  // Of samples, which need a program that writes folders.
  const instruments = openChannel("instruments", () => []);
  const shelves = openChannel("shelves", () => now);
  async function look(): Promise<void> {
    const ofLibrary = await models.cards();
    now = {
      datasets: await corpora.cards(),
      runs: await runs.cards(),
      models: ofLibrary,
      presets: await presetCards(files, ofLibrary),
      history: await sounds.facts(),
      troubles: [],
    };
    shelves.tell();
  }
  await look();
  const facts: StudioFacts = {
    ...{ program, uploadBytesMax: UPLOAD_BYTES_MAX },
    folders: { runs: "this browser", datasets: "this browser" },
  };
  return {
    routes: [
      { method: "GET", path: "studio", answer: async () => ({ json: facts }) },
      ...corpusRoutes(corpora),
      ...runRoutes(runs),
      ...modelRoutes(models),
      ...presetRoutes(files, changed),
      ...soundRoutes(sounds),
    ],
    channel: async (name) => {
      const [, kind, id = ""] = /^(\w+)(?::(.*))?$/s.exec(name) ?? [];
      if (kind === "run") return runs.channel(id);
      if (kind === "instruments") return instruments;
      return kind === "corpus" ? corpora.channel(id) : shelves;
    },
  };
}

async function answer(order: DeskOrder & { readonly kind: "ask" }): Promise<void> {
  const { id, method } = order;
  const giveUp = new AbortController();
  asking.set(id, giveUp);
  try {
    const [path = "", query = ""] = order.path.split("?");
    const { routes } = await desk;
    const { route, at } = routeIn(routes, method, path);
    const { signal } = giveUp;
    const asked = {
      at,
      query: new URLSearchParams(query),
      body: new Uint8Array(order.body),
      signal,
    };
    reply(id, 200, await route.answer(asked));
  } catch (failure) {
    reply(id, 400, { json: troubleIn(failure) });
  } finally {
    asking.delete(id);
  }
}

function reply(id: number, status: number, given: Answer): void {
  const isJson = "json" in given;
  const bytes = isJson ? new TextEncoder().encode(JSON.stringify(given.json ?? null)) : given.bytes;
  const body = bytes.slice().buffer;
  const type = isJson ? "application/json" : given.type;
  const fileName = isJson ? undefined : given.fileName;
  scope.postMessage({ kind: "answer", id, status, type, fileName, body }, [body]);
}

async function listen(id: number, names: readonly ChannelName[]): Promise<void> {
  const ends: (() => void)[] = [];
  listening.set(id, () => {
    for (const end of ends) end();
  });
  for (const name of names) ends.push(await follow(id, name));
  // It may be over before all channels were there.
  if (!listening.has(id)) for (const end of ends) end();
}

async function follow(id: number, name: ChannelName): Promise<() => void> {
  const channel = await (await desk).channel(name);
  let take: () => unknown = () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    timer = undefined;
    const told = take();
    if (told !== undefined) scope.postMessage({ kind: "told", id, told: told as Told });
  };
  const end = channel.subscribe({
    wake: () => {
      timer ??= setTimeout(tell, TELL_EVERY_MS);
    },
    onOpen: (taking) => {
      take = taking;
    },
  });
  tell();
  return () => {
    clearTimeout(timer);
    end();
  };
}
