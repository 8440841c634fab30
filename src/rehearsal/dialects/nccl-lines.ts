/** The common format of NCCL's and RCCL's lines, and their made-up addresses and process ids. */

import { below, type Random } from "../../random.ts";
import { type Facts, isAmd } from "./facts.ts";
import { amdBusId, busId as nvidiaBusId, type Place, threadId, workerPid } from "./hosts.ts";

/** "node-0004:1234:1300 [2] NCCL INFO text". @param thread Its number */
export function info(facts: Facts, place: Place, thread: number): (text: string) => string {
  const from = `${place.host}:${workerPid(facts, place)}:${thread} [${place.gpu}]`;
  return (text) => `${from} NCCL INFO ${text}`;
}

/** Threads of the communicators of a process, in the order in which they are started. */
const THREADS = { init: 0, Service: 7, "Service UDS": 8, Progress: 15 } as const;
const THREADS_BETWEEN = 23;

export type ThreadName = keyof typeof THREADS;

/** @param communicator 0 for that of all ranks; only this one has a thread that moves data */
export function threadOf(
  facts: Facts,
  place: Place,
  { thread, communicator = 0 }: { readonly thread: ThreadName; readonly communicator?: number },
): number {
  const index = thread === "Progress" ? 0 : communicator;
  return threadId(facts, place, "nccl") + THREADS[thread] + THREADS_BETWEEN * index;
}

/** Allocators give memory in pieces of 16 bytes. */
export function pointerOf(random: Random): string {
  return `0x55${hex(random, 9)}0`;
}

/** A hash, as `%llx` prints it: without leading zeros. */
export function hashOf(random: Random): string {
  return `0x${hex(random, 16).replace(/^0+(?=.)/, "")}`;
}

export function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => below(random, 16).toString(16)).join("");
}

/** As a number: bus 18, device 0 is "18000". */
export function busNumber(facts: Facts, gpu: number): string {
  const bus = isAmd(facts) ? amdBusId(gpu) : nvidiaBusId(gpu);
  const [, number = "", device = ""] = bus.split(":");
  return `${number}${device}0`.replace(/^0+/, "");
}

/** Of the processors of a machine one that a thread runs on at the moment. */
export function coreOf(random: Random): number {
  return below(random, 96);
}
