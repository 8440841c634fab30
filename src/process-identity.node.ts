/** Identifies a process, so that a later one with the same number is not taken for it. */

import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";
import { isErrno } from "./files.node.ts";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as its system counts; absent where the system does not say. */
  readonly started?: string;
  /** Another one after every start of the machine; absent where the system does not say. */
  readonly boot?: string;
  /** In which the number counts: each container has its own; absent where there are none. */
  readonly pidNamespace?: string;
}

/** The namespace that Linux begins with: no container's. */
const FIRST_NAMESPACE = "pid:[4026531836]";

let own: Promise<ProcessIdentity> | undefined;

export function thisProcess(): Promise<ProcessIdentity> {
  own ??= identify();
  return own;
}

async function identify(): Promise<ProcessIdentity> {
  const started = (await processNow(process.pid))?.started;
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => undefined);
  const pidNamespace = await readlink("/proc/self/ns/pid").catch(() => undefined);
  return {
    pid: process.pid,
    host: hostname(),
    ...(started !== undefined && { started }),
    ...(boot !== undefined && { boot: boot.trim() }),
    ...(pidNamespace !== undefined && { pidNamespace }),
  };
}

/**
 * Whether a process has certainly ended. False also where that cannot be seen from here, as of
 * one on another machine.
 *
 * @param me The asking process.
 */
export async function isGone(them: ProcessIdentity, me: ProcessIdentity): Promise<boolean> {
  if (isInSight(them, me)) {
    const now = await processNow(them.pid);
    return now === undefined || isKnownToDiffer(now.started, them.started);
  }
  if (them.host !== me.host) return false;
  // A container that was started again keeps its name; any other container is out of sight.
  const spaces = [them.pidNamespace, me.pidNamespace];
  return isKnownToDiffer(them.boot, me.boot) || !spaces.includes(FIRST_NAMESPACE);
}

/**
 * Whether it can be seen from here if a process is alive: not of one on another machine, or in another
 * container.
 */
export function isInSight(them: ProcessIdentity, me: ProcessIdentity): boolean {
  if (isKnownToDiffer(them.boot, me.boot)) return false;
  // A machine may have got another name since.
  const isSameStart = them.boot !== undefined && me.boot !== undefined;
  if (them.host !== me.host && !isSameStart) return false;
  return !isKnownToDiffer(them.pidNamespace, me.pidNamespace);
}

function isKnownToDiffer(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** @returns undefined if no process has this number now, or one that has ended already. */
async function processNow(pid: number): Promise<Pick<ProcessIdentity, "started"> | undefined> {
  if (!hasNumber(pid)) return undefined;
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text !== undefined) return startIn(text);
  const started = process.platform === "darwin" ? await startByPs(pid) : undefined;
  return started === undefined ? {} : { started };
}

/**
 * From /proc/PID/stat. Zombies have ended, but their parent has not read their exit code yet, as
 * happens for ever in some containers.
 */
function startIn(stat: string): Pick<ProcessIdentity, "started"> | undefined {
  // The second field is a name in brackets, which may hold brackets and spaces itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = ""] = fields;
  const started = fields[STARTED_FIELD];
  if (state === "Z" || state === "X") return undefined;
  return started === undefined ? {} : { started };
}

/** Clock ticks since the machine began: the 22nd field, of which two are cut off. */
const STARTED_FIELD = 19;

async function startByPs(pid: number): Promise<string | undefined> {
  const environment = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const words = ["-o", "lstart=", "-p", String(pid)];
  const said = await promisify(execFile)("ps", words, { env: environment }).catch(() => undefined);
  return said?.stdout.trim() || undefined;
}

function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error) && error.code === "EPERM";
  }
}
