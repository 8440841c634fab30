/** The incidents that are going on in a run: when they begin, what they do now, when they end. */

import { type Random, uniform } from "../../random.ts";
import type { Load, Trouble } from "../cluster/machines.ts";
import { fixedShare, streamOf, waiting } from "../engine/chance.ts";
import { DRAW } from "../engine/draws.ts";
import { exp, ln } from "../engine/portable-math.ts";
import { DAY_MS } from "../engine/units.ts";
import type { Active } from "./active-incident.ts";
import { drawCause } from "./causes.ts";
import type { Course, IncidentKind } from "./incident.ts";
import { INCIDENT_NAMES, INCIDENTS, type IncidentName } from "./library.ts";
import { loadOf, newCooling, troubleOf } from "./machine-effects.ts";
import { canHappen, type IncidentScript } from "./script.ts";
import { damageOf, effectsOf, hasEnded, type StepEffects } from "./step-effects.ts";

export interface IncidentsParts {
  readonly seed: number;
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly failuresPerNodeDay: number;
  readonly hasExperts: boolean;
  /** As in fp16, so a step without finite gradients is skipped. */
  readonly scalesLosses: boolean;
  readonly scripts: readonly IncidentScript[];
  readonly byChance: boolean;
  /** Nodes that samples report: what can be seen in nothing else happens on one of them. */
  readonly reportedNodes: readonly number[];
}

/** Where a restart took the run back to, and how long it stood still. */
export interface Restored {
  readonly step: number;
  readonly downtimeMs: number;
}

export interface Incidents {
  readonly active: readonly Active[];
  /** Those that begin in the step, which lasts from `fromMs` to `toMs`. */
  begin(step: number, fromMs: number, toMs: number): readonly Active[];
  /** @param without Leaves this one out. */
  effects(step: number, without?: Active): StepEffects;
  /** Takes those off the list that are over before the step at `atMs`. */
  over(step: number, atMs: number): Active[];
  /** The first that stops the run by `untilMs`. */
  stopBy(untilMs: number): Active | undefined;
  /** What is wrong with the weights after `step`: nats that their loss is raised by. */
  damage(step: number): number;
  /** After a restart: what it cured, also by leaving its node out. */
  cured(stop: Active, back: Restored): Active[];
  /** From now on the job has so many nodes. */
  resize(nodes: number): void;
  /** For an incident that comes to light with another; ids are counted over the run. */
  nextId(): number;
  /** What a restart reveals of an incident begins as one of its own. */
  reopen(incident: Active, step: number, course: Course): Active;
  /** Those whose onset has come; those of a step are known from its beginning. */
  since(atMs: number): readonly Active[];
  /** @param without Leaves this one out. */
  troubles(atMs: number, without?: Active): readonly Trouble[];
  slowWriting(): number;
  /** What they make all machines do with their time and power. @param without Leaves this one out. */
  load(atMs: number, without?: Active): Load;
}

const NOTHING_BEGUN: readonly Active[] = [];

/** A small share of the nodes has most of the trouble. Assumed. */
const LEMON_SHARE = 0.02;
const LEMON_CHANCE = 0.3;

export function incidentsOf(parts: IncidentsParts): Incidents {
  const random = streamOf(parts.seed, "incidents");
  const sources = parts.byChance ? chances(parts, random) : [];
  const scripts = parts.scripts.filter((script) => canHappen(script, parts));
  let active: Active[] = [];
  const cooling = newCooling();
  let count = 0;
  let { nodes } = parts;

  const nextId = (): number => {
    count += 1;
    return count;
  };
  const start = (name: IncidentName, step: number, onset: { atMs: number; scripted: boolean }) => {
    const made = newActive(random, { ...parts, nodes, name, step, id: nextId(), ...onset });
    active.push(made);
    return made;
  };

  return {
    get active() {
      return active;
    },
    begin(step, fromMs, toMs) {
      const asked = takeDue(scripts, step).map(({ kind, byChance = false }, i) => {
        const atMs = momentIn({ seed: parts.seed, step, i }, fromMs, toMs);
        return start(kind, step, { atMs, scripted: !byChance });
      });
      const chance = sources.flatMap((source) => {
        const rarer = source.perNode ? parts.nodes / nodes : 1;
        const atMs = onsetIn(source, { fromMs, toMs, random, rarer });
        if (atMs === undefined) return [];
        const name = drawnName(source, active);
        return name ? [start(name, step, { atMs, scripted: false })] : [];
      });
      return asked.length + chance.length === 0
        ? NOTHING_BEGUN
        : [...asked, ...chance].sort((a, b) => a.onsetMs - b.onsetMs);
    },
    effects: (step, without) => effectsOf(others(active, without), step),
    over(step, atMs) {
      const isOver = (one: Active) => one.stopMs === undefined && hasEnded(one, step, atMs);
      const done = active.filter(isOver);
      if (done.length > 0) active = active.filter((one) => !isOver(one));
      cooling.add(done, atMs);
      return done;
    },
    stopBy: (untilMs) => active.find(({ stopMs }) => stopMs !== undefined && stopMs <= untilMs),
    damage: (step) => damageOf(active, step),
    cured(stop, back) {
      // While the run stood still everything got cold.
      cooling.clear();
      const [staying, gone] = parted(active, (one) => staysAfter(stop, one, { ...back, nodes }));
      active = staying.map((one) => later(one, back.downtimeMs));
      return gone;
    },
    resize(inJob) {
      nodes = inJob;
    },
    nextId,
    reopen(incident, step, course) {
      const anew = { ...incident, id: nextId(), stopMs: undefined, onsetStep: step, course };
      active.push(anew);
      return anew;
    },
    since: (atMs) => begunBy(active, atMs),
    troubles(atMs, without) {
      const own = others(begunBy(active, atMs), without);
      return [...own.flatMap((one) => troubleOf(one, atMs)), ...cooling.troubles(atMs)];
    },
    load: (atMs, without) => loadOf(others(begunBy(active, atMs), without)),
    slowWriting: () => slowestWriting(active),
  };
}

function slowestWriting(active: readonly Active[]): number {
  return active.reduce((most, { course }) => Math.max(most, course.slowWriting ?? 1), 1);
}

function begunBy(active: readonly Active[], atMs: number): readonly Active[] {
  return active.every(({ onsetMs }) => onsetMs <= atMs)
    ? active
    : active.filter(({ onsetMs }) => onsetMs <= atMs);
}

function others(active: readonly Active[], without: Active | undefined): readonly Active[] {
  return without === undefined ? active : active.filter(({ id }) => id !== without.id);
}

interface After extends Restored {
  readonly nodes: number;
}

/** What sits in a machine that stays is there after the restart too, and so is what the weights have. */
function staysAfter(stop: Active, one: Active, { step, nodes }: After): boolean {
  if (one === stop) return false;
  const { node, endMs, course, onsetStep } = one;
  const isInWeights = course.corrupts === true && onsetStep <= step;
  const isElsewhere = node === undefined || (node !== stop.node && node < nodes);
  return isInWeights || ((endMs !== undefined || course.corrupts === true) && isElsewhere);
}

/** An operator who will stop the run for it must not be busy with another incident. */
function later(one: Active, ms: number): Active {
  return one.stopMs === undefined ? one : { ...one, stopMs: one.stopMs + ms };
}

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** Nothing happens just when a step ends. */
const MOMENTS = [0.02, 0.95] as const;

function momentIn(
  { seed, step, i }: { readonly seed: number; readonly step: number; readonly i: number },
  fromMs: number,
  toMs: number,
): number {
  const share =
    MOMENTS[0] + (MOMENTS[1] - MOMENTS[0]) * fixedShare(seed, step, DRAW.incidentMoment + i);
  return Math.round(fromMs + share * (toMs - fromMs));
}

/** Takes the scripts off the list whose step has come; a restart does not bring them back. */
function takeDue(scripts: IncidentScript[], step: number): IncidentScript[] {
  if (scripts.length === 0) return scripts;
  const due = scripts.filter((script) => script.step <= step);
  for (const script of due) scripts.splice(scripts.indexOf(script), 1);
  return due;
}

/** One failure at a time: the next one would find the run standing still. */
function drawnName(source: ChanceSource, active: readonly Active[]): IncidentName | undefined {
  const name = source.name();
  const isBusy = active.some(({ stopMs }) => stopMs !== undefined);
  return isBusy && INCIDENTS[name].course.stop ? undefined : name;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly random: Random;
  /** Times as long between two of them as on all nodes. */
  readonly rarer: number;
}

/** When the next one of a source comes, if it is in the span; the one after it is drawn then. */
function onsetIn(source: ChanceSource, { fromMs, toMs, random, rarer }: Span): number | undefined {
  const meanMs = source.meanMs * rarer;
  // While the run stood still nothing could happen to it, and waiting has no memory.
  if (source.nextMs < fromMs) source.nextMs = fromMs + meanMs * waiting(random);
  if (source.nextMs > toMs) return undefined;
  const atMs = Math.round(source.nextMs);
  source.nextMs = atMs + meanMs * waiting(random);
  return atMs;
}

interface ChanceSource {
  nextMs: number;
  /** On all nodes. */
  readonly meanMs: number;
  /** Whether fewer nodes have fewer of them. */
  readonly perNode: boolean;
  readonly name: () => IncidentName;
}

function chances(parts: IncidentsParts, random: Random): ChanceSource[] {
  const { nodes, failuresPerNodeDay, hasExperts } = parts;
  const source = (perDay: number, perNode: boolean, name: () => IncidentName): ChanceSource => {
    const meanMs = DAY_MS / perDay;
    return { nextMs: meanMs * waiting(random), meanMs, perNode, name };
  };
  const own = INCIDENT_NAMES.flatMap((name) => {
    const { chance, needsExperts } = INCIDENTS[name];
    if (chance === undefined || (needsExperts && !hasExperts)) return [];
    return "perDay" in chance
      ? [source(chance.perDay, false, () => name)]
      : [source(chance.perNodeDay * nodes, true, () => name)];
  });
  if (failuresPerNodeDay <= 0) return own;
  return [...own, source(failuresPerNodeDay * nodes, true, () => drawCause(random).kind)];
}

interface Onset extends IncidentsParts {
  readonly name: IncidentName;
  readonly step: number;
  readonly id: number;
  readonly atMs: number;
  readonly scripted: boolean;
}

function newActive(random: Random, onset: Onset): Active {
  const kind = INCIDENTS[onset.name];
  const { place } = kind;
  const course = ownCourse(kind, onset);
  const { lastsSeconds, stop, slowdown } = course;
  const lasts = lastsSeconds && uniform(random, lastsSeconds[0], lastsSeconds[1]);
  const stops = stop && uniform(random, stop.afterSeconds[0], stop.afterSeconds[1]);
  const isLemon = random.next() < LEMON_CHANCE;
  const among = isLemon ? Math.max(1, Math.round(onset.nodes * LEMON_SHARE)) : onset.nodes;
  // Lemons are scattered: a stride that shares no factor with most numbers of nodes.
  const share = random.next();
  const reported = onset.reportedNodes.filter((one) => one < onset.nodes);
  const node = course.machine
    ? reported[Math.floor(share * reported.length)]
    : (Math.floor(share * among) * (isLemon ? 37 : 1)) % onset.nodes;
  const gpu = Math.floor(random.next() * onset.gpusPerNode);
  return {
    id: onset.id,
    name: onset.name,
    kind,
    scripted: onset.scripted,
    onsetMs: onset.atMs,
    onsetStep: onset.step,
    node: place === "run" ? undefined : node,
    gpu: place === "gpu" ? gpu : undefined,
    strength: uniform(random, 0.55, 1),
    slowdown: slowdown ? uniform(random, slowdown[0], slowdown[1]) : 1,
    endMs: lasts === undefined ? undefined : Math.round(onset.atMs + lasts * 1000),
    stopMs: stops === undefined ? undefined : Math.round(onset.atMs + stops * 1000),
    course: course.stallSeconds
      ? { ...course, stallSeconds: fixed(random, course.stallSeconds) }
      : course,
  };
}

/** Courses of minutes are scaled in time; those of seconds are not. */
const SLOW_STORY_SECONDS = 60;
const PACES = [0.55, 1.7] as const;
/** Counts differ by up to this factor either way. Assumed. */
const COUNTS = 4;

/** The course of one incident of a kind. */
function ownCourse({ course, whereScaled = course }: IncidentKind, onset: Onset): Course {
  const kept = onset.scalesLosses ? whereScaled : course;
  const { messages, stop } = kept;
  // How long the watchdog waits is a setting.
  if (!messages || messages.some(({ source }) => source === "watchdog")) return kept;
  const share = (which: number) => fixedShare(onset.seed, onset.id, which);
  const pace = PACES[0] * exp(share(DRAW.incidentPace) * ln(PACES[1] / PACES[0]));
  const paced = (seconds: number) => (seconds < SLOW_STORY_SECONDS ? seconds : seconds * pace);
  const shown = messages.map((message, i) => {
    const { afterSeconds, values } = message;
    const count = values?.["count"];
    const times = exp((2 * share(DRAW.incidentCount + i) - 1) * ln(COUNTS));
    return {
      ...message,
      afterSeconds: paced(afterSeconds),
      ...(typeof count === "number" && {
        values: { ...values, count: Math.max(1, Math.round(count * times)) },
      }),
    };
  });
  const [low, high] = stop?.afterSeconds ?? [0, 0];
  const late = paced(low) - low;
  return {
    ...kept,
    messages: shown,
    ...(stop && { stop: { ...stop, afterSeconds: [low + late, high + late] } }),
  };
}

function fixed(random: Random, [low, high]: readonly [number, number]): readonly [number, number] {
  const seconds = uniform(random, low, high);
  return [seconds, seconds];
}
