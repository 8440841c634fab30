/**
 * Plays runs one after the other on a screen: the counterpart of `etude simulate` on a terminal.
 *
 * The same seed gives the same events here and there. A show ends when its signal says so.
 */

import type { Clock } from "../../host.ts";
import { transitionLines } from "../../show/console/between-runs.ts";
import { type Console, FRAME_EVERY_MS, openConsole } from "../../show/console/console.ts";
import { type LineBudget, lineBudget, textOfLines } from "../../show/line-budget.ts";
import { simulatedPresenter } from "../console/presenter.ts";
import { dialectConsole } from "../dialects/dialect-console.ts";
import { openDialect } from "../dialects/dialects.ts";
import type { SceneRun } from "../engine/scene.ts";
import { playRuns, type RunConsole } from "../play/play-runs.ts";
import { runSequence, scenesOf, wantedOf } from "../play/simulate-request.ts";
import type { PageRequest } from "./address.ts";
import type { Player } from "./player.ts";

/** The terminal that it is shown on. */
export interface Stage {
  write(text: string): void;
  columns(): number;
  rows(): number;
  /** Where more was written than has been drawn: resolves when there is room again. */
  ready(): Promise<void> | undefined;
}

export interface ShowTools {
  readonly stage: Stage;
  /** The pace of the runs. */
  readonly player: Player;
  /** The pace of the drawing, which goes on while the runs are held. */
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  readonly signal: AbortSignal;
  readonly onRun?: (run: ShownRun) => void;
}

export interface ShownRun {
  readonly scene: string;
  readonly seed: number;
}

export interface ShowRequest extends PageRequest {
  readonly seed: number;
  /** "etude 0.1.0" */
  readonly program: string;
}

/** @throws UserError where a run that was asked for cannot be planned. */
export async function show(request: ShowRequest, tools: ShowTools): Promise<void> {
  const { seed, program } = request;
  const { stage, player, signal, onRun } = tools;
  const next = runSequence({
    scenes: scenesOf(request),
    wanted: wantedOf(request),
    seed,
    program,
  });
  const budget = lineBudget(request.instantPrintLines);
  await playRuns({
    clock: player,
    signal,
    get speedFactor() {
      return player.speedFactor;
    },
    start(index) {
      const { run, ...shown } = next(index);
      onRun?.(shown);
      return run;
    },
    open: (run) => refreshed(consoleFor(run, request, { ...tools, budget }), tools),
    between() {
      if (request.dialect !== "etude") return;
      stage.write(textOfLines(budget.take(transitionLines()), "\r\n"));
    },
    isInstant: () => budget.isInstant,
    breathe: () => (signal.aborted ? undefined : stage.ready()),
  });
}

interface ShowRunTools extends ShowTools {
  /** Of all runs together. */
  readonly budget: LineBudget;
}

function consoleFor(run: SceneRun, request: ShowRequest, tools: ShowRunTools): Console {
  const { stage, player, clock, budget } = tools;
  if (request.dialect !== "etude") {
    const write = (text: string): void => stage.write(text.replaceAll("\n", "\r\n"));
    return dialectConsole(openDialect(request.dialect), write, {
      budget,
      columns: () => stage.columns(),
    });
  }
  return openConsole({
    mode: "live",
    ...stage,
    clock,
    colour: true,
    unicode: true,
    presenter: simulatedPresenter({ clock, help: "", budget }),
    runClock: { nowMs: () => (run.isEven ? player.playedMs() : 0) },
  });
}

/** The clock on the screen goes on without news, and a new size is drawn. */
function refreshed(console: Console, { clock, signal }: ShowTools): RunConsole {
  const over = new AbortController();
  const drawn = refresh(console, { clock, signal: over.signal });
  return {
    // A show that the user stopped disappears without a closing line.
    show: (event) => {
      if (!signal.aborted) console.show(event);
    },
    async close() {
      if (!signal.aborted) console.close();
      over.abort();
      await drawn;
    },
  };
}

interface RefreshOptions {
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
}

async function refresh(console: Console, { clock, signal }: RefreshOptions): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(FRAME_EVERY_MS, signal).catch((failure: unknown) => {
      if (!signal.aborted) throw failure;
    });
    if (!signal.aborted) console.refresh();
  }
}
