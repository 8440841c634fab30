// Trains a model on a folder of recordings and tells how it gets better.
//
//     node examples/02-train.mjs [FOLDER] [RUN-FOLDER] [EPOCHS]

import { train } from "etude";

const [folder = "recordings", runFolder = "runs/example", epochs = "20"] = process.argv.slice(2);

for await (const event of train({ folder, runFolder, epochs: Number(epochs) })) {
  switch (event.type) {
    case "corpus-read":
      console.log(`${event.filesUsed} recordings, ${event.totalSeconds.toFixed(1)} s`);
      break;
    case "epoch-done":
      console.log(
        `epoch ${event.epoch} of ${event.epochsTotal}${event.best ? ", the best yet" : ""}`,
      );
      break;
    case "model-saved":
      console.log(`model in ${event.path}`);
      break;
    case "run-ended":
      console.log(`${event.outcome} after ${event.step} steps`);
      break;
  }
}
