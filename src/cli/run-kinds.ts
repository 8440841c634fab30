/**
 * What the two wings register with the console and the exporters, which know neither of them: the
 * presenter of each kind of run, and the metrics of its devices.
 */

import { simulatedPresenter } from "../rehearsal/console/presenter.ts";
import { watchGpus } from "../rehearsal/metrics/gpu-metrics.ts";
import { trainedPresenter } from "../show/console/presenter.ts";
import type { RunKinds } from "../show/metrics/exporter.ts";

export const runKinds: RunKinds = {
  presenterOf: (source, clock) =>
    source === "simulated" ? simulatedPresenter({ clock }) : trainedPresenter(),
  watchDevices: watchGpus,
};
