/** `etude manpage`: arguments, options and help. */

export const manpage = {
  summary: "print the manual page, for `man`",
  details: "View it with `etude manpage | man -l -`, or save it as etude.1 in a folder of MANPATH.",
  arguments: [],
  options: {},
  examples: ["etude manpage"],
  runsWithBrokenConfig: true,
} as const;
