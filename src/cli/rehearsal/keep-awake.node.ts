/** Asks the operating system not to sleep while something is shown. */

import { type ChildProcess, spawn } from "node:child_process";

export interface Awake {
  end(): void;
}

const COMMANDS: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  linux: [
    "systemd-inhibit",
    ["--what=idle:sleep", "--who=etude", "--why=showing a simulated run", "sleep", "infinity"],
  ],
  darwin: ["caffeinate", ["-di"]],
  win32: [
    "powershell",
    [
      "-NoProfile",
      "-Command",
      "$t=Add-Type -PassThru -Name P -MemberDefinition '[DllImport(\"kernel32.dll\")] public static extern uint SetThreadExecutionState(uint f);'; $t::SetThreadExecutionState(2147483651); while(1){Start-Sleep 3600}",
    ],
  ],
};

/** Warns once if that is not possible, and continues. */
export function keepAwake(warn: (text: string) => void): Awake {
  const command = COMMANDS[process.platform];
  let warned = false;
  let ending = false;
  const failed = (why: string): void => {
    if (!warned && !ending) warn(`etude: cannot keep the computer awake: ${why}`);
    warned = true;
  };
  if (command === undefined) {
    failed(`nothing is known for ${process.platform}`);
    return { end() {} };
  }
  const child: ChildProcess = spawn(command[0], command[1], { stdio: "ignore" });
  child.on("error", ({ message }) => failed(message));
  child.on("exit", (code) => failed(`${command[0]} ended with ${code ?? "a signal"}`));
  child.unref();
  return {
    end() {
      ending = true;
      child.kill();
    },
  };
}
