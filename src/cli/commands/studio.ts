/** `etude studio`: arguments, options and help. */

export const studio = {
  summary: "open the studio: a page on this machine to train, play and keep sounds",
  details:
    "Prints an address for the browser of this machine. Everything stays here: nobody else can open it, and it makes no request to other machines. Ctrl-C closes it; a training that is going on saves a checkpoint first.",
  arguments: [],
  options: {
    port: {
      type: "integer",
      value: "PORT",
      min: 0,
      max: 65_535,
      description: "port to listen on",
      otherwise: "any that is free",
    },
    open: {
      type: "flag",
      negated: true,
      description: "only print the address, and do not open a browser",
    },
  },
  examples: ["etude studio", "etude studio --port 8080 --no-open"],
} as const;
