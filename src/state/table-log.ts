import type { Position } from './frame.ts'

/** A table of one partition that follows a topic: the last value per key, and the position it was read up to. Both change
 *  together or not at all. */
export type TableLog = {
  /** undefined: nothing was ever written, or all of it was lost. */
  readonly position: Position | undefined
  /** Keys that have a value. */
  readonly size: number
  /** A copy. */
  get(key: Uint8Array): Buffer | undefined
  /** Inside `write` only. */
  put(key: Uint8Array, value: Uint8Array): void
  /** Inside `write` only. */
  remove(key: Uint8Array): void
  /** What `fill` puts and removes is there with the position, or, when it throws, neither is. `newestMs` is the newest time of what
   *  is put, by which it is purged; 0: nothing is put. */
  write<Result>(position: Position, newestMs: number, fill: () => Result): Result
  /** The position moved and nothing else did: kept in memory, and written now and then. */
  advance(position: Position): void
  /** Forgets what lies in stretches of the log that hold nothing newer; answers how many keys went. */
  purge(olderThanMs: number): number
  clear(): void
  close(): void
}
