/** `--grid NAME=VALUES`: which setting a sweep varies, and through which values. */

import { readValue, wrongUsage } from "../options/read-value.ts";
import { longFlag, type OptionSpec } from "../options/spec.ts";
import type { Axis, Point } from "../queue/plan.ts";
import { nearestWord } from "../suggest.ts";
import { train } from "./commands/train.ts";
import { overridesOf } from "./training-overrides.ts";

const VARIED_GROUPS: ReadonlySet<string> = new Set(["Model", "Learning", "Recordings"]);
const ALSO_VARIED: ReadonlySet<string> = new Set(["preset", "earlyStop"]);
/** Another model to start from decides its sizes, and may be on this machine alone. */
const NOT_VARIED: ReadonlySet<string> = new Set(["from"]);

/** Settings that decide what is learned, by their names on the command line. */
const specs: ReadonlyMap<string, { readonly key: string; readonly spec: OptionSpec }> = new Map(
  Object.entries<OptionSpec>(train.options).flatMap(([key, spec]) => {
    const isOfModel = VARIED_GROUPS.has(spec.group ?? "") && spec.type !== "flag";
    if ((!isOfModel && !ALSO_VARIED.has(key)) || NOT_VARIED.has(key)) return [];
    return [[longFlag(key, spec).slice(2), { key, spec }] as const];
  }),
);

export const AXIS_NAMES: readonly string[] = [...specs.keys()];

/**
 * @param given "lr=1e-3,2e-3", "dropout=0..0.5", each setting once.
 * @param allowsRanges Whether there is something to draw from a range.
 * @throws UserError "usage" that says what is accepted.
 */
export function axesOf(given: readonly string[], allowsRanges: boolean): Axis[] {
  const axes = given.map((text) => axisOf(text, allowsRanges));
  const names = axes.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return axes;
  throw wrongUsage(
    `Cannot use --grid: found "${twice}" twice, need each setting once`,
    `Give all its values together: --grid ${twice}=VALUE,VALUE`,
  );
}

function axisOf(text: string, allowsRanges: boolean): Axis {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  const found = specs.get(name);
  if (found === undefined) throw unknownSetting(name);
  if (at < 0 || at === text.length - 1) {
    throw wrongUsage(
      `Cannot use --grid: found "${text}", need NAME=VALUES`,
      `For example --grid ${name}=VALUE,VALUE`,
    );
  }
  const { spec } = found;
  const flag = `--grid ${name}`;
  const words = text.slice(at + 1);
  const [low, high, ...more] = words.split("..");
  const isRange = high !== undefined && more.length === 0;
  if (isRange && (spec.type === "number" || spec.type === "integer")) {
    if (!allowsRanges) {
      throw wrongUsage(
        `Cannot use ${flag}: found the range "${words}", need values to try all of`,
        "List the values, 1e-3,2e-3, or draw from the range with --random N.",
      );
    }
    return rangeOf(
      name,
      [low ?? "", high].map((end) => Number(readValue(flag, end, spec))),
      spec,
    );
  }
  const values = words.split(",").map((word) => readValue(flag, word.trim(), spec));
  return { name, values: [...new Set(values)] };
}

function rangeOf(name: string, [low = 0, high = 0]: readonly number[], spec: OptionSpec): Axis {
  if (low >= high) {
    throw wrongUsage(
      `Cannot use --grid ${name}: found the range ${low}..${high}, need one that rises`,
      `Give the smaller end first: ${name}=${high}..${low}`,
    );
  }
  return { name, low, high, isWhole: spec.type === "integer", isLogarithmic: low > 0 };
}

function unknownSetting(name: string): Error {
  const nearest = nearestWord(name, AXIS_NAMES);
  return wrongUsage(
    `Cannot use --grid: found "${name}", need one of ${AXIS_NAMES.join(", ")}`,
    nearest === undefined ? "Choose one of these." : `Did you mean "${nearest}"?`,
  );
}

/** A combination of values, with the settings that it stands for. */
export function pointOf(values: Point["values"]): Point {
  const options = Object.entries(values).map(([name, value]) => [specs.get(name)?.key, value]);
  return { values, overrides: overridesOf(Object.fromEntries(options)) };
}
