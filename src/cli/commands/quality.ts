/** `etude quality`: arguments, options and help. */

export const quality = {
  summary: "find faults in recordings",
  details:
    "Looks for silence, clipping, a constant offset, gaps, clicks, steady noise, steady lines and a low-pass, and says green, yellow or red with the reasons. It judges faults, not taste: a recording of hiss is red. Ends with 0 whatever it finds, and with 2 where a file cannot be read.",
  arguments: [
    {
      name: "files",
      value: "FILE",
      description: "sound files, or folders of them",
      repeatable: true,
    },
  ],
  options: {},
  examples: ["etude quality take.wav", "etude quality ~/recordings --json"],
} as const;
