/** The files that a person drops or picks, with the folders they lay in. */

export interface BroughtFile {
  readonly file: File;
  /** With "/", below what was dropped: "drums/kick.wav". */
  readonly path: string;
}

/** All files of what is dropped, folders and all below them. Call it while the drop is handled. */
export async function filesDropped(transfer: DataTransfer): Promise<BroughtFile[]> {
  // Entries are gone once the handler has returned, so they are taken first.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const found = await Promise.all(entries.map((entry) => (entry ? filesIn(entry) : [])));
  return visible(found.flat());
}

export function filesPicked(list: FileList | null): BroughtFile[] {
  const files = [...(list ?? [])].map((file) => ({
    file,
    path: file.webkitRelativePath || file.name,
  }));
  return visible(files);
}

/** A name for what was brought: that of the one folder that holds all of it. */
export function folderName(files: readonly BroughtFile[]): string | undefined {
  const tops = new Set(files.map(({ path }) => (path.includes("/") ? path.split("/")[0] : "")));
  const [only] = tops;
  return tops.size === 1 && only ? only : undefined;
}

async function filesIn(entry: FileSystemEntry): Promise<BroughtFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const children = await childrenOf((entry as FileSystemDirectoryEntry).createReader());
  return (await Promise.all(children.map(filesIn))).flat();
}

/** A reader gives a hundred at a time, and none when it has given all. */
async function childrenOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** What the system keeps for itself is no recording. */
function visible(files: readonly BroughtFile[]): BroughtFile[] {
  return files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
}
