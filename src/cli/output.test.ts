import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { describe, expect, it } from "vitest";
import { guardOutput } from "./output.node.ts";

/** A pipe that holds ten bytes and that nobody reads yet. */
function pipe({ forPeople = false } = {}) {
  const stream = new PassThrough({ writableHighWaterMark: 10, readableHighWaterMark: 10 });
  const output = guardOutput(stream as unknown as WriteStream, {
    ...{ forPeople, colour: false, environment: {} },
  });
  return { stream, output };
}

describe("output that its reader does not take", () => {
  const nobody = new AbortController().signal;

  it("is waited for until it is taken", async () => {
    const { stream, output } = pipe();
    output.write("few");
    expect(output.taken(nobody)).toBeUndefined();
    output.write("more than there is room for");
    const taken = output.taken(nobody);
    expect(taken).toBeInstanceOf(Promise);
    stream.resume();
    await taken;
    expect(output.taken(nobody)).toBeUndefined();
    expect(stream.listenerCount("drain")).toBe(0);
  });

  it.each([
    ["Ctrl-C", (abort: AbortController) => abort.abort()],
    ["the reader's end", (_: AbortController, stream: PassThrough) => stream.destroy()],
    [
      "a broken pipe",
      (_: AbortController, stream: PassThrough) => stream.destroy(new Error("EPIPE")),
    ],
  ])("is not waited for after %s", async (_name, happens) => {
    const { stream, output } = pipe();
    const abort = new AbortController();
    output.write("more than there is room for in this pipe");
    const taken = output.taken(abort.signal);
    expect(taken).toBeInstanceOf(Promise);
    happens(abort, stream);
    await taken;
    stream.on("error", () => {});
  });
});

it.each([
  { forPeople: true, read: "12 MB" },
  { forPeople: false, read: "12\u202fMB" },
])("a pipe has plain spaces where it is for people ($forPeople)", ({ forPeople, read }) => {
  const { stream, output } = pipe({ forPeople });
  output.write("12\u202fMB");
  expect(String(stream.read())).toBe(read);
});
