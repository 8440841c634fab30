/** What we use of write-file-atomic, which comes without types. */
declare module "write-file-atomic" {
  /** Writes to a temporary name, syncs, renames: readers never see half a file. */
  function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void>;
  export = writeFileAtomic;
}
