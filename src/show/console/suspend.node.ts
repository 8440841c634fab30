/** Restores cursor and screen for the shell on Ctrl-Z. */

/**
 * @param release Gives the terminal back; the next frame after the process goes on takes it again.
 * @returns Stops listening.
 */
export function onSuspend(release: () => void): () => void {
  const suspend = (): void => {
    release();
    // With a listener of ours the signal itself does not stop us.
    process.kill(process.pid, "SIGSTOP");
  };
  process.on("SIGTSTP", suspend);
  return () => {
    process.off("SIGTSTP", suspend);
  };
}
