/** `etude sweep-control`: its words. */

export const sweepControl = {
  summary: "write one sound at nine positions of a control, and a sheet of spectrograms",
  details:
    "Prints the path of each file it wrote. The sheet is a PNG: nine spectrograms from -10 on the left to 10 on the right.",
  arguments: [
    {
      name: "model",
      value: "MODEL",
      description: "name or id in the library, model file, or run folder",
    },
    { name: "control", value: "CONTROL", type: "name", description: "its name or its label" },
  ],
  options: {
    outputDir: {
      type: "path",
      value: "DIR",
      short: "o",
      description: "folder for the files",
      otherwise: "the configured folder for generated sounds",
    },
    seed: {
      type: "integer",
      value: "N",
      short: "s",
      min: 0,
      max: 4294967295,
      default: 1,
      description: "seed of the sound",
    },
    quality: {
      type: "choice",
      value: "QUALITY",
      choices: ["draft", "normal", "final"],
      default: "normal",
      description: "effort of phase reconstruction",
    },
    threads: {
      type: "integer",
      value: "N",
      min: 1,
      max: 256,
      description: "processor threads",
      otherwise: "as configured, else all cores",
    },
  },
  examples: ["etude sweep-control runs/rain brightness -o sweep"],
} as const;
