/** A pool of threads that measure a model's controls, one sound at a time each. */

import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { PhaseQuality } from "../audio/phase.ts";
import type { Crew, TaskResult } from "../latent/controls/tasks.ts";
import { forbidTelemetry } from "../tensor/ort.node.ts";
import type { AnalysisAnswer, AnalysisAsk, AnalysisWork } from "./analysis-worker.node.ts";

export interface AnalysisCrew extends Crew {
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>;
}

/**
 * @param work The model, and how it is rendered: `doAll` must be given the same.
 * @param size Threads.
 */
export function openAnalysisCrew(work: AnalysisWork, size: number): AnalysisCrew {
  const workers = Array.from({ length: size }, () => startWorker(work));
  return {
    doAll: (tasks, _quality: PhaseQuality, onDone) =>
      new Promise<readonly TaskResult[]>((resolve, reject) => {
        const results: TaskResult[] = tasks.map(() => null);
        let [next, done] = [0, 0];
        if (tasks.length === 0) resolve(results);
        for (const worker of workers) {
          const give = (): void => {
            const task = tasks[next];
            if (task !== undefined) worker.postMessage({ id: next, task } satisfies AnalysisAsk);
            next += 1;
          };
          worker.removeAllListeners();
          worker.on("error", reject);
          worker.on("exit", () => reject(new Error("A thread that measures controls has ended")));
          worker.on("message", ({ id, result }: AnalysisAnswer) => {
            results[id] = result;
            done += 1;
            onDone();
            if (done === tasks.length) resolve(results);
            else give();
          });
          give();
        }
      }),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Workers run compiled code: Node 20 cannot load TypeScript into one. */
function startWorker(work: AnalysisWork): Worker {
  forbidTelemetry();
  const fromSource = import.meta.url.endsWith(".ts");
  const folder = fromSource ? "../../../program/" : "./";
  const url = new URL(`${folder}analysis-worker.node.js`, import.meta.url);
  if (url.protocol === "file:" && !existsSync(url)) {
    throw new Error(`Cannot measure controls: "${url.pathname}" is missing, run the build`);
  }
  return new Worker(url, { workerData: work });
}
