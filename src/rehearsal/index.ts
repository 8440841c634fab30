/**
 * The public face of the rehearsal, in Node and in browsers: plan a large training run, simulate one.
 *
 * Nothing of it is measured, and the first event of each run says `source: "simulated"`.
 */

export type { RunEvent } from "../events/events.ts";
export { GPUS, type Gpu } from "./catalog/gpus.ts";
export { MODELS } from "./catalog/models.ts";
export type { Dialect } from "./dialects/dialect.ts";
export { type DialectName, openDialect } from "./dialects/dialects.ts";
export type { Truth } from "./incidents/truth.ts";
export { type Plan, planRun } from "./plan/plan.ts";
export { planToJson } from "./plan/plan-json.ts";
export { planToLines } from "./plan/plan-text.ts";
export { readRequest } from "./plan/read-request.ts";
export type { PlanRequest } from "./plan/request.ts";
export { type SimulateOptions, simulate } from "./play/simulate.ts";
export { SCENES } from "./scenes/scenes.ts";
