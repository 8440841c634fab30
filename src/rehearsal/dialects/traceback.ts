/**
 * Python's tracebacks.
 *
 * Source: CPython 3.12 (`traceback.py`): it underlines the call that failed, unless that call is
 * the whole line.
 */

/**
 * Where a traceback passes: file, line, function, what stands there (nothing where Python has no
 * source), and the call in it where that is not what an assignment or a return is made of.
 */
export type StackFrame = readonly [
  file: string,
  line: number,
  name: string,
  code: string,
  call?: string,
];

export type Stack = readonly StackFrame[];

export function frameLines(stack: Stack): string[] {
  return stack.flatMap((frame) => {
    const [file, line, name, code] = frame;
    const head = `  File "${file}", line ${line}, in ${name}`;
    return code === "" ? [head] : [head, `    ${code}`, ...caretLines(frame)];
  });
}

function caretLines([, , , code, call = callOf(code)]: StackFrame): string[] {
  const at = code.indexOf(call);
  if (at < 0 || call.length === code.length) return [];
  return [`    ${" ".repeat(at)}${"^".repeat(call.length)}`];
}

/** "a = f(b)" -> "f(b)". What goes on in the next line is underlined up to the end of this one. */
function callOf(code: string): string {
  if (code.startsWith("raise ")) return code;
  return code.replace(/^(?:return |[^(]*? = |\) = )/, "");
}
