/** The entry point. A shell that completes a line is answered first, without loading the rest. */

const [command, ...words] = process.argv.slice(2);

if (command === "__complete") await answerTab();
else await import("./command-line.node.ts");

/** A shell has no use for errors: where something fails, nothing is offered. */
async function answerTab(): Promise<void> {
  const { answerShell } = await import("./complete.node.ts");
  try {
    const place = { environment: process.env, workingFolder: process.cwd() };
    process.stdout.write(await answerShell(words, place));
  } catch {
    process.exitCode = 1;
  }
}
