/** The entry point. A shell that completes a line is answered first, without loading the rest. */

const [command, ...words] = process.argv.slice(2);

if (command === "__complete") {
  const { answerShell } = await import("./complete.node.ts");
  // A shell has no use for errors: there is nothing to offer then.
  process.stdout.write(await answerShell(words).catch(() => ""));
} else {
  await import("./command-line.node.ts");
}
