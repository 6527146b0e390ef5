/** One ordered map of bytes. Keys are 1 to 1,978 bytes. What `get` and `range` hand out stays as it is when the table changes. */
export type Table = {
  get(key: Buffer): Buffer | undefined
  put(key: Buffer, value: Buffer): void
  remove(key: Buffer): void
  /** Keys from `start` (inclusive) to `end` (exclusive) in byte order, at most `limit`. Read it before the table is written
   *  again: whether it shows later writes is not defined. */
  range(start: Buffer, end: Buffer, limit?: number): Iterable<{ readonly key: Buffer; readonly value: Buffer }>
}

/** Tables that change together. Everything written inside `transaction` becomes visible together and survives the death of
 *  the process. One process at a time has a state open. */
export type State = {
  table(name: string): Table
  /** Synchronous; reads its own writes; a throw undoes them. A transaction inside another undoes its own part alone. A write
   *  outside any is a transaction by itself. */
  transaction<Result>(work: () => Result): Result
  /** Nothing may be read or written afterwards. */
  close(): Promise<void>
}
