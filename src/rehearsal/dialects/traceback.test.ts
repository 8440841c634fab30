import { expect, test } from "vitest";
import { frameLines } from "./traceback.ts";

test.each([
  ["sys.exit(main())", "main()", "         ^^^^^^"],
  ["return f(*args, **kwargs)", undefined, "       ^^^^^^^^^^^^^^^^^^"],
  ["losses_reduced = forward_backward_func(", undefined, "                 ^^^^^^^^^^^^^^^^^^^^^^"],
  ["output, tokens = forward_step(", undefined, "                 ^^^^^^^^^^^^^"],
  [") = train_step(", undefined, "    ^^^^^^^^^^^"],
  ["loss = self.loss(logits=logits)", undefined, "       ^^^^^^^^^^^^^^^^^^^^^^^^"],
])("Python 3.12 underlines in '%s' the call that failed", (code, call, carets) => {
  const frame = call === undefined ? ([] as const) : ([call] as const);
  expect(frameLines([["train.py", 3, "main", code, ...frame]])).toEqual([
    '  File "train.py", line 3, in main',
    `    ${code}`,
    `    ${carets}`,
  ]);
});

test.each([
  "run(args)",
  "elastic_launch(",
  "raise ChildFailedError(",
  "_error_if_any_worker_fails()",
])("but nothing in '%s', which the call fills", (code) => {
  expect(frameLines([["run.py", 7, "main", code]])).toHaveLength(2);
});

test("what was frozen into the interpreter has no source to show", () => {
  expect(frameLines([["<frozen runpy>", 88, "_run_code", ""]])).toEqual([
    '  File "<frozen runpy>", line 88, in _run_code',
  ]);
});
