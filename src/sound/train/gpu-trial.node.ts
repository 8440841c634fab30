/** Started as a process of its own: tries the GPU, and prints the result. */

import { messageOf, UserError } from "../../errors.ts";
import { nodeClock } from "../../host.node.ts";
import { openGpu, openRuntime } from "../tensor/ort.node.ts";
import type { WantedTrial } from "./device-choice.ts";
import { tryDevice } from "./device-trial.ts";
import type { TrialReport } from "./gpu-tools.node.ts";

const wanted = JSON.parse(process.argv[2] ?? "") as WantedTrial;
let report: TrialReport;
try {
  const gpu = await openGpu();
  const processor = await openRuntime({ threads: wanted.threads });
  report = { trial: await tryDevice({ gpu, processor }, wanted, nodeClock) };
} catch (failure) {
  const { hint } = failure instanceof UserError ? failure : {};
  report = { failure: messageOf(failure), ...(hint !== undefined && { hint }) };
}
// A driver's threads may outlive the work.
process.stdout.write(JSON.stringify(report), () => process.exit(0));
