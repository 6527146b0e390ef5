import { mkdirSync } from 'node:fs'
import { type Database, open } from 'lmdb'

export type Table = {
  get(key: Buffer): Buffer | undefined
  put(key: Buffer, value: Buffer): void
  remove(key: Buffer): void
  /** Keys from `start` (inclusive) to `end` (exclusive) in byte order. */
  range(start: Buffer, end: Buffer, limit?: number): Iterable<{ readonly key: Buffer; readonly value: Buffer }>
}

/** One LMDB environment of this process: everything written inside `transaction` becomes visible together, survives the
 *  death of the process, and reaches the disk a little later (a machine that loses power may lose the last moments, which
 *  the topics restore). */
export type State = {
  table(name: string): Table
  /** Synchronous: LMDB commits in about 0.3 ms here, without waiting for the disk. */
  transaction<Result>(work: () => Result): Result
  close(): Promise<void>
}

export function openState(dir: string): State {
  mkdirSync(dir, { recursive: true })
  const env = open({ path: dir, maxDbs: 16, noSubdir: false })
  return {
    table: (name) => toTable(env.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' })),
    transaction: (work) => env.transactionSync(work),
    async close() {
      await env.close()
    },
  }
}

const toTable = (db: Database<Buffer, Buffer>): Table => ({
  get: (key) => db.get(key),
  put: (key, value) => {
    db.putSync(key, value)
  },
  remove: (key) => {
    db.removeSync(key)
  },
  range: (start, end, limit) => db.getRange({ start, end, snapshot: false, ...(limit === undefined ? {} : { limit }) }),
})
