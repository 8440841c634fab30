#!/usr/bin/env node
/** The command `etude`. In a checkout it first brings program/ up to date; an installed package has it. */

/** Commands that run until they are stopped: Ctrl-C is how they end well, also before they begin. */
const ENDED_BY_STOP = ["simulate", "replay"];
/** The global options that take a value, which is no command. */
const OPTIONS_WITH_VALUE = ["--config", "--device"];

// The first thing there is, and until the command line listens itself (`listenForStop`).
process.on("SIGINT", () => {
  const words = process.argv.slice(2);
  const isCommand = (word, i) =>
    !word.startsWith("-") && !OPTIONS_WITH_VALUE.includes(words[i - 1] ?? "");
  if (!ENDED_BY_STOP.includes(words.find(isCommand) ?? "")) process.exit(130);
  // Over the "^C" that a terminal shows.
  process.stderr.write(`${process.stderr.isTTY ? "\r" : ""}Goodbye: nothing was shown yet.\n`);
  process.exit(0);
});

const { buildProgramWhenStale, isCheckout } = await import("./build.mjs");

try {
  if (isCheckout()) await buildProgramWhenStale();
  await import("../program/main.node.js");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
