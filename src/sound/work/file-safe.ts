/**
 * A name as part of a file or folder name: separators and control characters become "-", and
 * so do dots at its start, which would lead elsewhere or hide it.
 */
export function fileSafe(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  const safe = name.replace(/[/\\:*?"<>|\u0000-\u001f]+/g, "-").replace(/^\.+/, "-");
  return safe.slice(0, 100) || "sound";
}
