/** The worker that makes the sound: it runs the model, and fills blocks for the worklet. */

import { messageOf } from "../../../errors.ts";
import { browserClock } from "../../../host.browser.ts";
import { MODEL_RATE_HZ } from "../../../sound/audio/spectrogram.ts";
import { noMoves } from "../../../sound/latent/controls/apply.ts";
import { movesOf, type Positions } from "../../../sound/latent/controls/positions.ts";
import {
  type LearningDecoder,
  openLearningDecoder,
} from "../../../sound/latent/live/group-decoder.ts";
import { type LiveVoice, openLiveVoice } from "../../../sound/latent/live/live-voice.ts";
import { openPerformer, type Performer } from "../../../sound/latent/live/performer.ts";
import type { Foundation } from "../../../sound/model/kind.ts";
import { recipeOf } from "../../../sound/model/kinds.ts";
import { type Model, recipeLayout } from "../../../sound/model/model-file.ts";
import type { Runtime } from "../../../sound/tensor/runtime.ts";
import type {
  JoinedSamples,
  ModelParts,
  PlayOrder,
  PlayReport,
  ReturnedBlock,
} from "./play-messages.browser.ts";
import { BLOCK_LENGTH, queueDepth } from "./queue-depth.ts";
import { openRuntime } from "./runtime.browser.ts";

/** A worker's own scope; the compiler knows a page's. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<PlayOrder>) => void) | null;
  postMessage(report: PlayReport): void;
};

const STATUS_MS = 250;

const queue = queueDepth(BLOCK_LENGTH / MODEL_RATE_HZ);
let runtime: Promise<Runtime> | undefined;
let performer: Performer | undefined;
let model: Model | undefined;
let voice: LiveVoice | undefined;
/** Those before it, which some sounds may still be made with. */
let retired: LiveVoice[] = [];
/** Of a model that learns: one program for all its weights. */
let learning: { readonly model: Model; readonly decoder: LearningDecoder } | undefined;
let positions: Positions = {};

let toPlayer: MessagePort | undefined;
let wasm: ArrayBuffer | undefined;
const empty: Float32Array<ArrayBuffer>[] = [];
let travelling = 0;
let sentBlocks = 0;
let missedSamples = 0;
let busyMs = 0;
let statusAtMs = 0;
let isAtWork = false;

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "begin":
      toPlayer = data.toPlayer;
      wasm = data.wasm;
      toPlayer.onmessage = takeBack;
      wake();
      return;
    case "open":
      void opened(data);
      return;
    case "stream":
      performer?.stream(data.wish);
      break;
    case "controls":
      positions = data.positions;
      follow();
      break;
    case "moves":
      performer?.setMoves(data.moves);
      break;
    case "press":
      performer?.press(data.key, data.velocity);
      joinWaiting();
      break;
    case "release":
      performer?.release(data.key);
      break;
    case "sustain":
      performer?.sustain(data.isDown);
      break;
    case "bend":
      performer?.bend(data.semitones);
      break;
    case "quiet":
      performer?.quiet();
      break;
  }
  wake();
};

async function opened(order: PlayOrder & { readonly kind: "open" }): Promise<void> {
  const { id, model: parts, learns } = order;
  try {
    runtime ??= openRuntime({ wasm });
    const on = await runtime;
    const next = whole(parts);
    const decoder = learns ? (await learningDecoder(on, next)).withWeights(next) : undefined;
    const other = await openLiveVoice(on, next, {
      ...(decoder && { decoder }),
      ...(voice && { plan: voice.plan }),
    });
    if (voice !== undefined) retired.push(voice);
    [model, voice] = [next, other];
    if (performer === undefined) performer = openPerformer(other);
    else performer.use(other);
    follow();
    const controls = turnable(next);
    const { isKeyboard, soundKeys } = performer.keys;
    const { name } = next.description;
    scope.postMessage({ kind: "opened", id, voice: { name, isKeyboard, soundKeys, controls } });
    wake();
  } catch (error) {
    scope.postMessage({ kind: "refused", id, message: messageOf(error) });
  }
}

/** With its recipe; that of the model before, where both are of one run. */
function whole(parts: ModelParts): Model {
  if (model !== undefined && isSameKind(model, parts)) {
    return { ...parts, recipe: model.recipe, layout: model.layout };
  }
  const recipe = recipeOf(parts.description.recipe, parts.foundation);
  return { ...parts, recipe, layout: recipeLayout(recipe) };
}

function isSameKind(one: ModelParts, other: ModelParts): boolean {
  const [a, b] = [one, other].map(({ description }) => JSON.stringify(description.recipe));
  return a === b && isSameFoundation(one.foundation, other.foundation);
}

/** It is fitted once, when a run begins. */
function isSameFoundation(a: Foundation = {}, b: Foundation = {}): boolean {
  return Object.entries(a).every(([name, { values }]) => {
    const others = b[name]?.values;
    return values.length === others?.length && values.every((value, i) => value === others[i]);
  });
}

async function learningDecoder(on: Runtime, one: Model): Promise<LearningDecoder> {
  if (learning === undefined || !isSameKind(learning.model, one)) {
    learning = { model: one, decoder: await openLearningDecoder(on, one.recipe, one.layout) };
  }
  return learning.decoder;
}

/** What was measured of a model, by name. */
function turnable(one: Model | undefined): string[] {
  return [...(one?.analysis?.controls ?? []), ...(one?.analysis?.characters ?? [])].map(
    ({ name }) => name,
  );
}

/** Controls as the model of now understands them; those that it has not, do nothing. */
function follow(): void {
  const known = new Set(turnable(model));
  const offered = Object.entries(positions).filter(([name]) => known.has(name));
  performer?.setMoves(movesOf(model?.analysis, Object.fromEntries(offered)) ?? noMoves);
}

function takeBack({ data }: MessageEvent<ReturnedBlock>): void {
  travelling -= 1;
  if (data.missed > missedSamples) performer?.spare();
  missedSamples = data.missed;
  queue.returned(data);
  empty.push(data.block);
  wake();
}

/** Fills blocks, and renders ahead while there is something to render. */
function wake(): void {
  if (isAtWork || performer === undefined) return;
  isAtWork = true;
  void work(performer)
    .catch((error: unknown) => scope.postMessage({ kind: "trouble", message: messageOf(error) }))
    .finally(() => {
      isAtWork = false;
    });
}

async function work(player: Performer): Promise<void> {
  let goesOn = true;
  while (goesOn) {
    fillBlocks(player);
    const startedMs = browserClock.nowMs();
    goesOn = await player.work();
    busyMs += browserClock.nowMs() - startedMs;
    tellStatus(player);
    if (player.isSettled) {
      for (const one of retired) await one.release();
      retired = [];
    }
    // Returned blocks and orders come as tasks of their own.
    await nextTask();
    if (empty.length > 0 && travelling < queue.depth) goesOn = true;
  }
}

function fillBlocks(player: Performer): void {
  while (toPlayer !== undefined && travelling < queue.depth) {
    const block = empty.pop() ?? new Float32Array(BLOCK_LENGTH);
    player.take(block);
    toPlayer.postMessage(block, [block.buffer]);
    travelling += 1;
    sentBlocks += 1;
  }
}

/** A key that is ready sounds with the blocks that wait, but for the one that is played now. */
function joinWaiting(): void {
  const count = travelling - 1;
  if (count < 1 || toPlayer === undefined || performer === undefined) return;
  const samples = new Float32Array(count * BLOCK_LENGTH);
  if (!performer.joinLast(samples)) return;
  const joined: JoinedSamples = { fromBlock: sentBlocks - count, samples };
  toPlayer.postMessage(joined, [samples.buffer]);
}

function tellStatus({ lateSamples, keys }: Performer): void {
  const nowMs = browserClock.nowMs();
  if (nowMs - statusAtMs < STATUS_MS) return;
  const load = Math.min(1, busyMs / (nowMs - statusAtMs));
  [busyMs, statusAtMs] = [0, nowMs];
  const { depth } = queue;
  scope.postMessage({
    kind: "status",
    status: {
      queueDepth: depth,
      missedSamples,
      lateSamples,
      soundingKeys: keys.soundingCount,
      preparedKeys: keys.preparedCount,
      load,
    },
  });
}

const tasks = new MessageChannel();
function nextTask(): Promise<void> {
  return new Promise((done) => {
    tasks.port1.onmessage = () => done();
    tasks.port2.postMessage(undefined);
  });
}
