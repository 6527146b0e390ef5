import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Database, open } from 'lmdb'
import { Fault } from '../events/fault.ts'
import { checkLmdb } from './lmdb-check.ts'
import { broken, expectThat } from './lmdb-page.ts'
import type { State, Table } from './state.ts'

/** One LMDB environment of this process. What a transaction wrote reaches the disk a little later: a machine that loses power
 *  may lose it all, which the topics restore. A commit of ten puts takes 0.1 ms here, where one that waits for the disk takes 1.3 ms.
 *  What is there is checked whole before LMDB sees it, and each value again when it is read. Throws `state_corrupt`; what the
 *  disk refuses comes as the system's error. */
export function openState(dir: string): State {
  mkdirSync(dir, { recursive: true })
  const env = openChecked(dir)
  return {
    table: (name) => toTable(env.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' })),
    transaction: (work) => env.transactionSync(work),
    async close() {
      await env.close()
    },
  }
}

function openChecked(dir: string) {
  try {
    const file = join(dir, 'data.mdb')
    if (existsSync(file)) checkLmdb(file, (key, value) => void unsealed(key, value))
    return open({ path: dir, maxDbs: 16, noSubdir: false, noSync: true })
  } catch (error) {
    if (error instanceof Fault || isRefusal(error)) throw error
    return broken(error instanceof Error ? error.message : String(error))
  }
}

/** By name from Node, by number from LMDB: no permission, too many open files, read-only, full. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  1,
  13,
  23,
  24,
  28,
  30,
  122,
])
const isRefusal = (error: unknown): boolean => error instanceof Error && 'code' in error && REFUSALS.has(error.code)

const toTable = (db: Database<Buffer, Buffer>): Table => ({
  get(key) {
    const value = db.get(key)
    return value === undefined ? undefined : unsealed(key, value)
  },
  put: (key, value) => {
    db.putSync(key, sealed(key, value))
  },
  remove: (key) => {
    db.removeSync(key)
  },
  range: (start, end, limit) =>
    db
      .getRange({ start, end, snapshot: false, ...(limit === undefined ? {} : { limit }) })
      .map(({ key, value }) => ({ key, value: unsealed(key, value) })),
})

const SEAL_BYTES = 4

/** A value behind the CRC-32 of its key and itself. */
function sealed(key: Buffer, value: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(SEAL_BYTES + value.length)
  bytes.set(value, SEAL_BYTES)
  bytes.writeUInt32BE(crc32(value, crc32(key)))
  return bytes
}

function unsealed(key: Buffer, bytes: Buffer): Buffer {
  const value = bytes.subarray(SEAL_BYTES)
  expectThat(bytes.length >= SEAL_BYTES && bytes.readUInt32BE() === crc32(value, crc32(key)), 'a value is not what was written')
  return value
}
