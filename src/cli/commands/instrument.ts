/** `etude instrument`: arguments, options and help. */

import {
  controlOption,
  evolutionOption,
  fixedSeedOption,
  modelArgument,
  phaseQualityOption,
  presetOption,
  sampleRateOption,
  threadsOption,
} from "../shared-options.ts";

export const instrument = {
  summary: "write a playable instrument of one place in a model",
  details:
    "Renders samples for a range of keys, layers of velocity and takes that are played in turn, and the files by which samplers play them: SFZ, DecentSampler, Bitwig and Studio One (.multisample), SoundFont (which has no turns: only the first take is in it). Finished samples are kept: after a stop (exit code 3) the same command continues. With --html it is one page to send instead, on which the model itself is played: by keys, MIDI and touch, with its controls.",
  arguments: [modelArgument as typeof modelArgument],
  options: {
    outputDir: {
      type: "path",
      value: "DIR",
      short: "o",
      description: "folder for the instrument",
      otherwise: "a folder of its name in the configured one for generated sounds",
    },
    html: {
      type: "path",
      value: "FILE",
      description:
        "write one page instead, with the model in it, that plays in any browser, offline and without étude",
    },
    name: {
      type: "text",
      value: "NAME",
      description: "name of the instrument",
      otherwise: "that of the model and the seed",
    },
    seed: fixedSeedOption as typeof fixedSeedOption,
    evolution: evolutionOption as typeof evolutionOption,
    control: controlOption as typeof controlOption,
    preset: presetOption as typeof presetOption,
    keys: {
      type: "text",
      value: "LOW-HIGH",
      default: "36-84",
      description: "MIDI notes; 60 is middle C",
    },
    step: {
      type: "integer",
      value: "N",
      min: 1,
      max: 24,
      default: 3,
      description: "keys from one sample to the next",
    },
    velocities: {
      type: "integer",
      value: "N",
      min: 1,
      max: 8,
      default: 3,
      description: "layers from soft and dark to loud and bright",
    },
    roundRobins: {
      type: "integer",
      value: "N",
      min: 1,
      max: 16,
      default: 3,
      description: "takes of each sample, played in turn",
    },
    loop: {
      type: "flag",
      description: "sustain as long as a key is held, by a loop of whole periods",
    },
    seconds: {
      type: "number",
      value: "N",
      min: 0.2,
      max: 20,
      default: 4,
      description: "length of the longest sample",
    },
    formats: {
      type: "text",
      value: "LIST",
      default: "sfz,dspreset,multisample,sf2",
      description: "files for samplers, with commas between them",
    },
    quality: phaseQualityOption as typeof phaseQualityOption,
    sampleRate: sampleRateOption as typeof sampleRateOption,
    bitDepth: {
      type: "choice",
      value: "BITS",
      choices: ["16", "24"],
      default: "24",
      group: "File",
      description: "of the samples; those in a SoundFont have 16",
    },
    threads: threadsOption as typeof threadsOption,
  },
  savesWhenCancelled: true,
  examples: [
    "etude instrument runs/bells --keys 36-84 --step 3 --velocities 3 --round-robins 3",
    "etude instrument runs/strings --loop --seed 7 --formats sfz,sf2 -o strings",
    "etude instrument runs/strings --html strings.html",
  ],
} as const;
