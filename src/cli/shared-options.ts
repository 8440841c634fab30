/** Arguments and options that several commands have, each in one wording. */

/** Any model that a command can open. */
export const modelArgument = {
  name: "model",
  value: "MODEL",
  description: "name or id in the library, model file, or run folder",
  suggestions: { from: "library-models" },
} as const;

/** A model of which the library is asked to change or show something. */
export const libraryModelArgument = {
  name: "model",
  value: "MODEL",
  type: "name",
  description: "name or id of a model in the library",
  suggestions: { from: "library-models" },
} as const;

/** The model to make a known sound with. */
export const remakeModelOption = {
  type: "text",
  value: "MODEL",
  suggestions: { from: "library-models" },
  description: "model to make it with",
  otherwise: "the one of the library that made the sound",
} as const;

/** All words that follow. */
export const descriptionArgument = {
  name: "words",
  value: "WORD",
  type: "name",
  description: "the description; without any it is deleted",
  repeatable: true,
  optional: true,
} as const;

export const recordingsArgument = {
  name: "folder",
  value: "FOLDER",
  description: "folder of recordings, or @NAME of a dataset",
  suggestions: { from: "datasets" },
} as const;

export const madeSoundArgument = {
  name: "sound",
  value: "SOUND",
  description: "a sound with its NAME.json beside it, that file, or an id of the history",
} as const;

export const soundFolderOption = {
  type: "path",
  value: "DIR",
  short: "o",
  description: "folder for the files",
  otherwise: "the configured folder for generated sounds",
} as const;

export const presetOption = {
  type: "text",
  value: "NAME",
  suggestions: { from: "library-presets" },
  group: "Presets",
  description: "a preset of the model; what else is given wins over it",
} as const;

export const controlOption = {
  type: "text",
  value: "NAME:POSITION",
  repeatable: true,
  group: "Controls",
  description:
    "set a control of the model, from -10 to 10; 0 leaves the sound as it is. `etude analyze MODEL --show` lists them",
} as const;

export const evolutionOption = {
  type: "number",
  value: "SHARE",
  min: 0,
  max: 1,
  default: 0.5,
  description: "how far a sound moves from its start",
} as const;

/** Where one sound is made, and a new one each time would be of no use. */
export const fixedSeedOption = {
  type: "integer",
  value: "N",
  short: "s",
  min: 0,
  max: 4294967295,
  default: 1,
  description: "which sound: the one that `etude generate` makes of this seed",
} as const;

export const phaseQualityOption = {
  type: "choice",
  value: "QUALITY",
  choices: ["draft", "normal", "final"],
  default: "normal",
  description: "effort of phase reconstruction",
} as const;

export const formatOption = {
  type: "choice",
  value: "FORMAT",
  choices: ["wav", "flac", "aiff", "mp3", "ogg", "opus"],
  aliases: { aif: "aiff", vorbis: "ogg" },
  default: "wav",
  group: "File",
  description: "MP3 at 320 kbit/s, Ogg Vorbis at quality 6, Opus at 112 kbit/s a channel",
} as const;

export const sampleRateOption = {
  type: "choice",
  value: "HERTZ",
  choices: ["44100", "48000", "88200", "96000"],
  aliases: { "44.1k": "44100", "48k": "48000", "88.2k": "88200", "96k": "96000" },
  default: "48000",
  group: "File",
  description: "samples per second",
} as const;

export const bitDepthOption = {
  type: "choice",
  value: "BITS",
  choices: ["16", "24", "32f"],
  aliases: { "16-bit": "16", "24-bit": "24", "32": "32f", "32-bit-float": "32f", float: "32f" },
  group: "File",
  description: "of WAV, FLAC and AIFF; 32f is floating point, which FLAC does not have",
  otherwise: "24",
} as const;

export const historyOption = {
  type: "flag",
  negated: true,
  group: "File",
  description: "do not keep the sounds in the history",
} as const;

export const threadsOption = {
  type: "integer",
  value: "N",
  min: 1,
  max: 256,
  description: "processor threads",
  otherwise: "as configured, else all cores",
} as const;

export const analysisOption = {
  type: "flag",
  negated: true,
  description:
    "do not measure the controls when the training ends; `etude analyze` can do it later",
} as const;

/** How the NATS server of a sweep is spoken with. */
export const credsOption = {
  type: "path",
  value: "FILE",
  group: "Far workers",
  description: "credentials file for the NATS server (.creds)",
} as const;

export const tlsCaOption = {
  type: "path",
  value: "FILE",
  group: "Far workers",
  description: "use TLS, with this certificate of the authority that signed the server's",
} as const;
