// Plans the training of a large language model: how long it takes, and whether it fits.
//
//     node examples/06-plan-a-run.mjs [MODEL] [GPU] [COUNT] [TOKENS]

import { planRun, readRequest } from "etude/rehearsal";

const [model = "Llama-3.1-8B", gpu = "H100", count = "64", tokens = "1T"] = process.argv.slice(2);

const request = readRequest({ model, gpu, gpuCount: Number(count), tokens });
const plan = planRun(request);
const { tensorParallel, pipelineParallel, dataParallel } = plan.setup;

console.log(`${model} on ${count} ${gpu}: ${plan.days.toFixed(1)} days of training`);
console.log(`${plan.stepSeconds.toFixed(2)} s a step, ${(100 * plan.mfu).toFixed(1)} % MFU`);
console.log(`${plan.memoryGiBPerGpu.toFixed(0)} GiB on the fullest GPU`);
console.log(`tensor ${tensorParallel}, pipeline ${pipelineParallel}, data ${dataParallel}`);
for (const warning of plan.warnings) console.log(`note: ${warning}`);
