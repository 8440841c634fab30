/** The worker that trains in the browser: the same session as everywhere, in its file system. */

import { stamp } from "../../../events/stamp.ts";
import { browserClock } from "../../../host.browser.ts";
import { trainSession } from "../../../sound/train/session.ts";
import { openRuntime } from "../live/runtime.browser.ts";
import { troubleIn } from "./answer.ts";
import { gpuToolsHere } from "./gpu.browser.ts";
import { openOpfs, runStoreIn } from "./opfs.browser.ts";
import { browserCorpus } from "./recordings.browser.ts";
import type { TrainOrder, TrainReport } from "./train-messages.ts";

/** A worker's own scope; the compiler knows a page's. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<TrainOrder>) => void) | null;
  postMessage(report: TrainReport): void;
};

const stop = new AbortController();
/** Pages are told of no number, and what the models need at once is well below it. */
const ASSUMED_BYTES = 300e6;

scope.onmessage = ({ data }) => {
  if (data.kind === "stop") {
    stop.abort();
    return;
  }
  train(data).then(
    () => scope.postMessage({ kind: "ended", trouble: undefined }),
    (failure: unknown) => scope.postMessage({ kind: "ended", trouble: troubleIn(failure) }),
  );
};

async function train(order: TrainOrder & { readonly kind: "begin" }): Promise<void> {
  const { job, folder, after, takesSoftwareGpu = false } = order;
  const files = await openOpfs();
  const news = trainSession(job, {
    corpus: browserCorpus(files, job.corpusFolder),
    store: runStoreIn(files, folder),
    openRuntime: ({ threads = 1 } = {}) => openRuntime({ threads }),
    gpu: gpuToolsHere(takesSoftwareGpu),
    clock: browserClock,
    signal: stop.signal,
    memoryBytes: () => ASSUMED_BYTES,
    breathe: nextTask,
  });
  for await (const event of stamp(news, browserClock, after)) {
    scope.postMessage({ kind: "event", event });
  }
}

const tasks = new MessageChannel();
/** Orders come as tasks of their own. */
function nextTask(): Promise<void> {
  return new Promise((done) => {
    tasks.port1.onmessage = () => done();
    tasks.port2.postMessage(undefined);
  });
}
