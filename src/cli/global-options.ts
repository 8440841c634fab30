/** Options of every command; they may stand before or after its name. */

import { DEVICES } from "../sound/library/settings.ts";

export const globalOptions = {
  config: {
    type: "path",
    value: "PATH",
    description: "configuration file",
    otherwise: "etude/config.toml in the user's configuration folder, if it is there",
  },
  device: {
    type: "choice",
    value: "DEVICE",
    choices: DEVICES as typeof DEVICES,
    description: "device to compute on; gpu is for training only, auto uses it where it is faster",
    otherwise: "as configured, else auto",
  },
  json: { type: "flag", description: "print JSON and nothing else on stdout" },
  verbose: {
    type: "flag",
    short: "v",
    description: "print more on stderr; show the cause of an error",
  },
  color: { type: "flag", negated: true, description: "no colours (so does NO_COLOR)" },
} as const;
