import { mkdirSync } from 'node:fs'
import { type Database, open } from 'lmdb'
import type { State, Table } from './state.ts'

/** One LMDB environment of this process. What a transaction wrote reaches the disk a little later: a machine that loses power
 *  may lose the last moments, which the topics restore. A commit takes about 0.3 ms here, without waiting for the disk. */
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
