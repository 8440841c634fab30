import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { virtualClock } from "../../../../test/support/virtual-clock.ts";
import { type AskedWorker, askWorker } from "./ask-worker.node.ts";
import type { DecodeJob, JobReply } from "./decode-jobs.ts";

const job: DecodeJob = { task: "prepare", path: "take.wav", toHz: 48_000 };

/** A thread that says what the test has it say, and that ends when it is told to. */
class FakeThread extends EventEmitter implements AskedWorker {
  readonly asked: DecodeJob[] = [];
  postMessage(asked: DecodeJob): void {
    this.asked.push(asked);
  }
  async terminate(): Promise<void> {
    this.emit("exit", 1);
  }
  ref(): void {}
  unref(): void {}
}

/** A thread that an error ends only later, as an error does. */
class DyingThread extends FakeThread {
  override async terminate(): Promise<void> {}
}

const answer = { bytes: 7, outcome: { ok: true } } as unknown as JobReply<never>;

test("askWorker() keeps an answer that the error of the dying thread has overtaken", async () => {
  const thread = new DyingThread();
  const reply = askWorker(thread, job, { clock: virtualClock(), timeoutMs: 1000 });
  expect(thread.asked).toEqual([job]);
  thread.emit("error", new Error("in free()"));
  thread.emit("message", answer);
  thread.emit("exit", 1);
  expect(await reply).toBe(answer);
  expect(thread.eventNames()).toEqual([]);
});

test.each([
  {
    name: "an error without an answer",
    events: [["error", new Error("memory access out of bounds")], ["exit"]] as const,
    message: "the decoder crashed: memory access out of bounds",
  },
  {
    name: "an answer that cannot be handed over",
    events: [["messageerror", new Error("out of memory")], ["exit"]] as const,
    message: "the decoder crashed: out of memory",
  },
  {
    name: "an end without a word",
    events: [["exit"]] as const,
    message: "the decoder ended without an answer",
  },
])("askWorker() takes $name for a crash", async ({ events, message }) => {
  const thread = new DyingThread();
  const reply = askWorker(thread, job, { clock: virtualClock(), timeoutMs: 1000 });
  for (const [event, ...values] of events) thread.emit(event, ...values);
  expect(await reply).toEqual({
    bytes: 0,
    outcome: { ok: false, code: "decoder-crashed", message },
  });
});

test("askWorker() waits longer for a long sound, and not for ever", async () => {
  const clock = virtualClock();
  const thread = new FakeThread();
  let reply: JobReply<never> | undefined;
  void askWorker(thread, job, { clock, timeoutMs: 60_000 }).then((given) => {
    reply = given;
  });
  thread.emit("message", { soundSeconds: 3600 });
  await clock.advance(3_659_000);
  expect(reply).toBeUndefined();
  await clock.advance(2000);
  expect(reply?.outcome).toEqual({
    ok: false,
    code: "decoder-timeout",
    message: "decoding took longer than 3660 s",
  });
});
