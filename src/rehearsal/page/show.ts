/**
 * Plays runs one after the other on a screen: the counterpart of `etude simulate` on a terminal.
 *
 * The same seed gives the same events here and there. A show ends when its signal says so.
 */

import type { Clock } from "../../host.ts";
import { seededRandom } from "../../random.ts";
import { transitionLines } from "../../show/console/between-runs.ts";
import { type Console, openConsole } from "../../show/console/console.ts";
import { type LineBudget, lineBudget, textOfLines } from "../../show/line-budget.ts";
import { simulatedPresenter } from "../console/presenter.ts";
import { dialectConsole } from "../dialects/dialect-console.ts";
import { openDialect } from "../dialects/dialects.ts";
import { paced } from "../engine/pace.ts";
import type { SceneRun } from "../engine/scene.ts";
import { PAUSE_BETWEEN_MS, sceneFor, scenesOf, wantedOf } from "../play/simulate-request.ts";
import type { PageRequest } from "./address.ts";
import type { Player } from "./player.ts";

/** A terminal to tell it on. */
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

const FRAME_EVERY_MS = 100;
const SEEDS = 2 ** 32;

/** @throws UserError where a run that was asked for cannot be planned. */
export async function show(request: ShowRequest, tools: ShowTools): Promise<void> {
  const { seed, program } = request;
  const { stage, player, signal, onRun } = tools;
  const scenes = scenesOf(request);
  const wanted = wantedOf(request);
  const random = seededRandom(seed);
  const budget = lineBudget(request.instantPrintLines);
  for (let i = 0; !signal.aborted; i += 1) {
    if (i > 0) {
      if (request.dialect === "etude")
        stage.write(textOfLines(budget.take(transitionLines()), "\r\n"));
      // Also without a pause the page must have its turn.
      const pauseMs = budget.isInstant ? 0 : PAUSE_BETWEEN_MS / player.speedFactor;
      await unlessAborted(player.sleep(pauseMs, signal), signal);
      if (signal.aborted) return;
    }
    const scene = sceneFor(random, scenes);
    const run = { ...wanted, seed: (seed + i) % SEEDS, program };
    const started = scene.start(run);
    onRun?.({ scene: scene.name, seed: run.seed });
    await showRun(started, request, { ...tools, budget });
  }
}

interface ShowRunTools extends ShowTools {
  /** Of all runs together. */
  readonly budget: LineBudget;
}

async function showRun(run: SceneRun, request: ShowRequest, tools: ShowRunTools): Promise<void> {
  const { stage, player, signal, budget } = tools;
  const console = consoleFor(run, request, tools);
  const over = new AbortController();
  const frames = refresh(console, { clock: tools.clock, signal: over.signal });
  const pace = {
    clock: player,
    signal,
    get speedFactor() {
      return player.speedFactor;
    },
    isInstant: () => budget.isInstant,
    onTruth: () => {},
  };
  try {
    for await (const event of paced(run, pace)) {
      // A show that the user stopped disappears without a closing line.
      if (signal.aborted) return;
      console.show(event);
      const room = stage.ready();
      if (room !== undefined) await room;
    }
    console.close();
  } finally {
    over.abort();
    await frames;
  }
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

interface Refreshing {
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
}

/** The clock on the screen goes on without news, and a new size is drawn. */
async function refresh(console: Console, { clock, signal }: Refreshing): Promise<void> {
  while (!signal.aborted) {
    await unlessAborted(clock.sleep(FRAME_EVERY_MS, signal), signal);
    if (!signal.aborted) console.refresh();
  }
}

async function unlessAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await wait;
  } catch (failure) {
    if (!signal.aborted) throw failure;
  }
}
