#!/usr/bin/env node
/** The command `etude`. In a checkout it first brings dist/ up to date; an installed package has it. */

const { buildWhenStale, isCheckout } = await import("./build.mjs");

try {
  if (isCheckout()) buildWhenStale();
  await import("../dist/cli/main.node.js");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
