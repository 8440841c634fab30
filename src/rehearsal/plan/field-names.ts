/** Suggests a field for an unknown name in a description. */

import { nearestWord } from "../../suggest.ts";

/** What other programs and people call a field, without "num_", "_size" and the like. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  hiddenlayers: "layers",
  nlayers: "layers",
  dmodel: "hidden",
  attentionheads: "heads",
  keyvalueheads: "kvHeads",
  querygroups: "kvHeads",
  intermediate: "ffn",
  ffnhidden: "ffn",
  dff: "ffn",
  tiewordembeddings: "tiedEmbeddings",
  localexperts: "experts",
  expertspertok: "expertsPerToken",
  gpus: "gpuCount",
  ngpus: "gpuCount",
  worldsize: "gpuCount",
  seqlength: "sequence",
  seqlen: "sequence",
  maxseqlen: "sequence",
  contextlength: "sequence",
  maxpositionembeddings: "sequence",
  globalbatch: "globalBatchSequences",
  batch: "globalBatchSequences",
  gbs: "globalBatchSequences",
  mbs: "microBatch",
  perdevicetrainbatch: "microBatch",
  tp: "tensorParallel",
  pp: "pipelineParallel",
  dp: "dataParallel",
  cp: "contextParallel",
  ep: "expertParallel",
  vpp: "interleave",
  tensormodelparallel: "tensorParallel",
  pipelinemodelparallel: "pipelineParallel",
  expertmodelparallel: "expertParallel",
  virtualpipelinemodelparallel: "interleave",
  zero: "sharding",
  zerostage: "sharding",
  fsdp: "sharding",
  activationcheckpointing: "recompute",
  gradientcheckpointing: "recompute",
  dtype: "precision",
  tokenspersecond: "tokensPerSecondPerGpu",
  tokenspersec: "tokensPerSecondPerGpu",
  throughput: "tokensPerSecondPerGpu",
  steptime: "stepSeconds",
  iterationtime: "stepSeconds",
  secondsperstep: "stepSeconds",
  tflops: "tflopsPerGpu",
};

/** @returns undefined where none of the known fields comes near. */
export function meantField(name: string, known: readonly string[]): string | undefined {
  const bare = name.toLowerCase().replace(/^num_|^n_|_size$|[_\-\s]/g, "");
  const same = known.find((one) => one.toLowerCase() === bare);
  return same ?? OTHER_NAMES[bare] ?? nearestWord(name, known);
}
