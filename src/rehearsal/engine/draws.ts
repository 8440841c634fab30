/**
 * Which draw is which: the numbers that keep the fixed draws of one place (a step, a GPU, a start)
 * apart. See `fixedShare` and `fixedNormal`.
 *
 * What two draws of one run have in common would show in it, so no scene may use a number twice at
 * one place; two scenes may. A run of a seed stays the same only as long as these numbers do.
 */

/** By the hardware, the calendar and the incidents, in all scenes. */
export const DRAW = {
  silicon: 11,
  inlet: 12,
  clock: 13,
  toldNode: 14,
  startDay: 71,
  startMoment: 72,
  /** And as many more as incidents begin in a step. */
  incidentMoment: 80,
  incidentPace: 91,
  /** And as many more as an incident has messages. */
  incidentCount: 92,
} as const;

export const PRETRAINING_DRAW = {
  datasetOffset: 21,
  evaluationOffset: 22,
  firstNorm: 23,
  stepTime: 31,
  batchLoss: 32,
  gradient: 33,
  evaluationLoss: 35,
  hiccup: 41,
  disturbance: 43,
  oddBatch: 45,
  slowBatch: 46,
  driftLoss: 47,
  driftGradient: 48,
  largeGradient: 49,
  /** Of durations; the number after each is taken as well. */
  snapshotTime: 51,
  evaluationTime: 53,
  driftEvaluation: 55,
  writeTime: 57,
  warmUpTime: 61,
  compileTime: 62,
  connectTime: 65,
  rendezvousTime: 101,
  importTime: 102,
  buildTime: 103,
  dataTime: 104,
} as const;

export const TRAINING_DRAW = {
  loss: 41,
  stepTime: 51,
  hardBatch: 52,
  batchLoss: 53,
  gradient: 54,
  hardGradient: 55,
  spike: 56,
} as const;

export const BURN_IN_DRAW = { insideNode: 61, betweenNodes: 62, slowestPair: 63 } as const;

export const FINETUNING_DRAW = {
  floor: 72,
  stepTime: 73,
  batchLoss: 74,
  gradient: 75,
  evaluationLoss: 76,
} as const;

export const REINFORCEMENT_DRAW = {
  responseTokens: 81,
  writingTime: 82,
  reward: 83,
  divergence: 84,
  policyLoss: 85,
  gradient: 86,
  entropy: 87,
  clipped: 88,
  accuracy: 89,
} as const;
