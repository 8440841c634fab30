/** A pool of threads that measure a model's controls, one sound at a time each. */

import type { PhaseQuality } from "../audio/phase.ts";
import type { Crew, TaskResult } from "../latent/controls/tasks.ts";
import type { AnalysisAnswer, AnalysisAsk, AnalysisWork } from "./analysis-worker.node.ts";
import { startThread } from "./start-thread.node.ts";

export interface AnalysisCrew extends Crew {
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>;
}

/**
 * @param work The model, and how it is rendered: `doAll` must be given the same.
 * @param size Threads.
 */
export function openAnalysisCrew(work: AnalysisWork, size: number): AnalysisCrew {
  const workers = Array.from({ length: size }, () =>
    startThread("analysis-worker.node", "measure controls", work),
  );
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
