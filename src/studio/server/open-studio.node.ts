/** The studio's server: the page, its requests, and the news that it is sent. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { endWith, type LocalServer, openLocalServer } from "../../local-server.node.ts";
import type { PageFiles } from "../../page-folder.node.ts";
import { answerPageFile } from "../../page-server.node.ts";
import { createDecoderPool } from "../../sound/audio/codecs/decoder-pool.node.ts";
import { engineOf } from "../../sound/work/engine.node.ts";
import { openSoundMaker } from "../../sound/work/maker.node.ts";
import { answerTrouble } from "./answers.node.ts";
import { CorpusDesk } from "./corpus-desk.node.ts";
import { corpusRoutes } from "./corpus-routes.node.ts";
import { admitted } from "./guard.node.ts";
import { InstrumentDesk } from "./instrument-desk.node.ts";
import { instrumentRoutes } from "./instrument-routes.node.ts";
import { keepAddress, readAddress } from "./kept-address.node.ts";
import { libraryRoutes } from "./library-routes.node.ts";
import { newsRoutes } from "./news-routes.node.ts";
import { presetRoutes } from "./preset-routes.node.ts";
import { type Route, routeFor } from "./router.node.ts";
import { RunDesk } from "./run-desk.node.ts";
import { runRoutes } from "./run-routes.node.ts";
import { openShelves } from "./shelves.node.ts";
import { SweepDesk } from "./sweep-desk.node.ts";
import type { StudioTools } from "./tools.ts";
import { VoiceDesk } from "./voice-desk.node.ts";
import { voiceRoutes } from "./voice-routes.node.ts";

export interface Studio {
  /** "http://127.0.0.1:8080/SECRET/" */
  readonly address: string;
  /** Ends a run that is trained here, with a checkpoint. */
  close(): Promise<void>;
}

export interface StudioOptions extends Omit<StudioTools, "signal"> {
  readonly page: PageFiles;
  /** The page of simulated runs, which is shown in a frame. */
  readonly rehearsal: PageFiles;
  /** @default that of the last time where it is free, else any that is */
  readonly port?: number | undefined;
  /** "etude 0.1.0" */
  readonly program: string;
}

/**
 * Nothing is inline, and no other server is asked for anything. The sound of a model is computed by
 * WebAssembly in a worker. The page of simulated runs brings its own, narrower policy along.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "frame-src 'self'",
  "manifest-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The terminal of the simulated runs writes its own styles. */
const REHEARSAL_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/** @throws UserError "port-taken" or "port-not-opened". */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const { page, rehearsal, port, ...rest } = options;
  const closing = new AbortController();
  const tools: StudioTools = { ...rest, signal: closing.signal };
  const pool = createDecoderPool();
  const corpora = new CorpusDesk(tools, pool);
  const runs = new RunDesk({ ...tools, onChange: () => shelves.changed() });
  const shelves = openShelves(tools, runs);
  const sweeps = new SweepDesk({ ...tools, runs: tools.settings.paths.runs });
  const engine = engineOf(tools.settings);
  const maker = openSoundMaker(engine);
  // What takes long, or is not waited for, lets drafts and trainings go first.
  const background = openSoundMaker({ ...engine, threads: 1, isPatient: true });
  const voices = new VoiceDesk(tools, runs, { maker, background });
  const instruments = new InstrumentDesk(tools, background);
  const { program } = options;
  const routes: readonly Route[] = [
    ...newsRoutes(tools, { shelves, runs, sweeps, corpora, instruments, program }),
    ...corpusRoutes(tools, { shelves, corpora }),
    ...runRoutes({ runs }),
    ...voiceRoutes({ voices, onKept: () => shelves.changed() }),
    ...presetRoutes(tools, { voices, shelves }),
    ...instrumentRoutes({ voices, instruments }),
    ...libraryRoutes(tools, { shelves, voices }),
  ];
  const kept = await readAddress(tools.settings);
  const { token } = kept;
  const server = await listen(
    (request, response) => {
      response.setHeader("X-Content-Type-Options", "nosniff");
      response.setHeader("Referrer-Policy", "no-referrer");
      response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
      if (answerRehearsal(request, response, rehearsal)) return;
      const admission = admitted(request, token);
      if ("status" in admission) {
        endWith(response, admission.status, `${admission.reason}\n`);
        return;
      }
      const { path } = admission;
      if (path === "") {
        response.setHeader("Location", `/${token}/`);
        endWith(response, 301, "");
      } else if (path.startsWith("/api/")) {
        answerCall({ request, response, ...admission }, routes, tools);
      } else {
        response.setHeader("Content-Security-Policy", POLICY);
        answerPageFile(request, response, { files: page, path });
      }
    },
    port === undefined ? [kept.port, 0] : [port],
  );
  await keepAddress(tools.settings, { port: Number(new URL(server.origin).port), token });
  return {
    address: `${server.origin}/${token}/`,
    close: async () => {
      await runs.close();
      closing.abort();
      await Promise.all([server.close(), pool.close(), maker.close(), background.close()]);
    },
  };
}

/**
 * The page of simulated runs holds nothing of this machine, and its links are made to be sent: it
 * lies beside the secret, not below it.
 */
function answerRehearsal(
  request: IncomingMessage,
  response: ServerResponse,
  files: PageFiles,
): boolean {
  const [, path] = /^\/rehearsal(\/[^?#]*)/.exec(request.url ?? "") ?? [];
  if (path === undefined) return false;
  response.setHeader("Content-Security-Policy", REHEARSAL_POLICY);
  answerPageFile(request, response, { files, path });
  return true;
}

/** @param ports To be tried in turn. */
async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  [port = 0, ...others]: readonly number[],
): Promise<LocalServer> {
  try {
    return await openLocalServer(answer, { port, what: "the studio", option: "--port" });
  } catch (failure) {
    if (others.length === 0) throw failure;
    return listen(answer, others);
  }
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
}

function answerCall(
  { request, response, path, query }: Asked,
  routes: readonly Route[],
  tools: StudioTools,
): void {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, tools.signal]);
  const answer = async (): Promise<void> => {
    const { route, at } = routeFor(routes, request.method, path.slice("/api/".length));
    await route.answer({ request, response, at, query, signal });
  };
  answer().catch((failure: unknown) => {
    if (signal.aborted) {
      response.destroy();
      return;
    }
    // A client that is still sending would see a broken connection instead of the answer.
    request.resume();
    if (!response.headersSent) response.setHeader("Connection", "close");
    answerTrouble(response, failure);
    if (!(failure instanceof Error && failure.name === "UserError")) tools.onBug(failure);
  });
}
