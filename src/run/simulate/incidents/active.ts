/** The incidents that are going on in a run: when they begin, what they do now, when they end. */

import { type Random, uniform } from "../../../random.ts";
import type { Load, Trouble } from "../cluster/machines.ts";
import { streamOf, waiting } from "../engine/chance.ts";
import { drawCause } from "./causes.ts";
import type { Course, IncidentKind } from "./incident.ts";
import { INCIDENT_NAMES, INCIDENTS, type IncidentName } from "./library.ts";
import { loadOf, newCooling, troubleOf } from "./machine-effects.ts";
import type { IncidentScript } from "./script.ts";

export interface Active {
  readonly id: number;
  readonly name: IncidentName;
  readonly kind: IncidentKind;
  readonly scripted: boolean;
  readonly onsetMs: number;
  onsetStep: number;
  /** Slot in the job, counted from 0. */
  readonly node: number | undefined;
  readonly gpu: number | undefined;
  readonly strength: number;
  readonly slowdown: number;
  /** When it is over by itself; undefined where it is counted in steps or stops the run. */
  readonly endMs: number | undefined;
  /** When the processes end; undefined where the run goes on. */
  readonly stopMs: number | undefined;
  course: Course;
}

/** What all of them together do to a step. */
export interface StepEffects {
  lossAdded: number;
  gradientRaised: number;
  slowdown: number;
  stallMs: number;
  skipped: boolean;
}

export interface IncidentsParts {
  readonly seed: number;
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly failuresPerNodeDay: number;
  readonly hasExperts: boolean;
  readonly scripts: readonly IncidentScript[];
  readonly byChance: boolean;
}

export interface Incidents {
  readonly active: readonly Active[];
  /** Those that begin in the step, which lasts from `fromMs` to `toMs`. */
  begin(step: number, fromMs: number, toMs: number): readonly Active[];
  effects(step: number): StepEffects;
  /** Takes those off the list that are over before the step at `atMs`. */
  over(step: number, atMs: number): Active[];
  /** The first that stops the run by `untilMs`. */
  stopBy(untilMs: number): Active | undefined;
  /** After a restart: what it cured. */
  cured(stop: Active): Active[];
  /** An incident that a restart reveals begins anew. */
  reopen(incident: Active, step: number, course: Course): void;
  troubles(atMs: number): readonly Trouble[];
  slowWriting(): number;
  /** What they make all machines do with their time and power. */
  load(): Load;
}

const DAY_MS = 86_400_000;
const NOTHING_BEGUN: readonly Active[] = [];

/** A small share of the nodes has most of the trouble. */
const LEMON_SHARE = 0.02;
const LEMON_CHANCE = 0.3;

export function incidentsOf(parts: IncidentsParts): Incidents {
  const random = streamOf(parts.seed, "incidents");
  const sources = parts.byChance ? chances(parts, random) : [];
  const scripts = [...parts.scripts];
  let active: Active[] = [];
  const cooling = newCooling();
  let count = 0;

  const start = (name: IncidentName, step: number, onset: { atMs: number; scripted: boolean }) => {
    count += 1;
    const made = newActive(random, { ...parts, name, step, id: count, ...onset });
    active.push(made);
    return made;
  };

  return {
    get active() {
      return active;
    },
    begin(step, fromMs, toMs) {
      const asked = takeDue(scripts, step).map(({ kind }) =>
        start(kind, step, { atMs: fromMs, scripted: true }),
      );
      const drawn = sources.flatMap((source) => {
        const atMs = onsetIn(source, { fromMs, toMs, random });
        const name = atMs === undefined ? undefined : drawnName(source, active);
        return atMs === undefined || name === undefined
          ? []
          : [start(name, step, { atMs, scripted: false })];
      });
      return asked.length + drawn.length === 0
        ? NOTHING_BEGUN
        : [...asked, ...drawn].sort((a, b) => a.onsetMs - b.onsetMs);
    },
    effects: (step) => effectsOf(active, step),
    over(step, atMs) {
      if (active.length === 0) return [];
      const isOver = (one: Active) => one.stopMs === undefined && hasEnded(one, step, atMs);
      const done = active.filter(isOver);
      if (done.length > 0) active = active.filter((one) => !isOver(one));
      cooling.add(done, atMs);
      return done;
    },
    stopBy(untilMs) {
      if (active.length === 0) return undefined;
      return active.find(({ stopMs }) => stopMs !== undefined && stopMs <= untilMs);
    },
    cured(stop) {
      // While the run stood still everything got cold.
      cooling.clear();
      const gone = active.filter((one) => !staysAfter(stop, one));
      active = active.filter((one) => staysAfter(stop, one));
      return gone;
    },
    reopen(incident, step, course) {
      active.push({ ...incident, stopMs: undefined, onsetStep: step, course });
    },
    troubles: (atMs) => [
      ...active.flatMap((one) => troubleOf(one, atMs)),
      ...cooling.troubles(atMs),
    ],
    load: () => loadOf(active),
    slowWriting: () =>
      active.reduce((most, { course }) => Math.max(most, course.slowWriting ?? 1), 1),
  };
}

/** What sits in a machine that stays is there after the restart too. */
function staysAfter(stop: Active, one: Active): boolean {
  const isElsewhere = one.node === undefined || one.node !== stop.node;
  return one !== stop && one.endMs !== undefined && isElsewhere;
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
}

/** When the next one of a source comes, if it is in the span; the one after it is drawn then. */
function onsetIn(source: ChanceSource, { fromMs, toMs, random }: Span): number | undefined {
  // While the run stood still nothing could happen to it, and waiting has no memory.
  if (source.nextMs < fromMs) source.nextMs = fromMs + source.meanMs * waiting(random);
  if (source.nextMs > toMs) return undefined;
  const atMs = Math.round(source.nextMs);
  source.nextMs = atMs + source.meanMs * waiting(random);
  return atMs;
}

interface ChanceSource {
  nextMs: number;
  readonly meanMs: number;
  readonly name: () => IncidentName;
}

function chances(parts: IncidentsParts, random: Random): ChanceSource[] {
  const { nodes, failuresPerNodeDay, hasExperts } = parts;
  const source = (perDay: number, name: () => IncidentName): ChanceSource => {
    const meanMs = DAY_MS / perDay;
    return { nextMs: meanMs * waiting(random), meanMs, name };
  };
  const own = INCIDENT_NAMES.flatMap((name) => {
    const { chance, needsExperts } = INCIDENTS[name];
    if (chance === undefined || (needsExperts && !hasExperts)) return [];
    const perDay = "perDay" in chance ? chance.perDay : chance.perNodeDay * nodes;
    return [source(perDay, () => name)];
  });
  if (failuresPerNodeDay <= 0) return own;
  return [...own, source(failuresPerNodeDay * nodes, () => drawCause(random).kind)];
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
  const { course, place } = kind;
  const { lastsSeconds, stop, slowdown } = course;
  const lasts = lastsSeconds && uniform(random, lastsSeconds[0], lastsSeconds[1]);
  const stops = stop && uniform(random, stop.afterSeconds[0], stop.afterSeconds[1]);
  const isLemon = random.next() < LEMON_CHANCE;
  const among = isLemon ? Math.max(1, Math.round(onset.nodes * LEMON_SHARE)) : onset.nodes;
  // Lemons are scattered: a stride that shares no factor with most numbers of nodes.
  const node = (Math.floor(random.next() * among) * (isLemon ? 37 : 1)) % onset.nodes;
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

function fixed(random: Random, [low, high]: readonly [number, number]): readonly [number, number] {
  const seconds = uniform(random, low, high);
  return [seconds, seconds];
}

/** Most steps have none. */
const NO_EFFECTS: StepEffects = {
  lossAdded: 0,
  gradientRaised: 0,
  slowdown: 1,
  stallMs: 0,
  skipped: false,
};

function effectsOf(active: readonly Active[], step: number): StepEffects {
  if (active.length === 0) return NO_EFFECTS;
  const effects = { ...NO_EFFECTS };
  for (const { course, onsetStep, strength, slowdown } of active) {
    const since = step - onsetStep;
    effects.lossAdded += (course.lossAdded?.[since] ?? 0) * strength;
    effects.gradientRaised += (course.gradientRaised?.[since] ?? 0) * strength;
    effects.slowdown = Math.max(effects.slowdown, slowdown);
    if (since === 0) effects.stallMs += Math.round((course.stallSeconds?.[0] ?? 0) * 1000);
    if (since < (course.stepsSkipped ?? 0)) effects.skipped = true;
  }
  return effects;
}

function hasEnded({ course, onsetStep, endMs }: Active, step: number, atMs: number): boolean {
  if (endMs !== undefined) return atMs >= endMs;
  const steps = Math.max(
    1,
    course.lossAdded?.length ?? 0,
    course.gradientRaised?.length ?? 0,
    course.stepsSkipped ?? 0,
  );
  return step >= onsetStep + steps;
}
