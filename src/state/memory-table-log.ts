import type { Position } from './frame.ts'
import type { TableLog } from './table-log.ts'

type Entry = { readonly value: Buffer; readonly newestMs: number }

/** The same table without a disk: for tests, and the measure of the other. It lives as long as `stored`. */
export function openMemoryTableLog(stored: MemoryTables = emptyTables()): TableLog {
  let newest = 0
  let writing = false
  const keyOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1')
  const change = (key: Uint8Array, value: Uint8Array | null): void => {
    if (!writing) throw new Error('the table is written outside of a frame')
    if (value === null) stored.entries.delete(keyOf(key))
    else stored.entries.set(keyOf(key), { value: Buffer.from(value), newestMs: newest })
  }

  return {
    get position() {
      return stored.position
    },
    get size() {
      return stored.entries.size
    },
    get(key) {
      const entry = stored.entries.get(keyOf(key))
      return entry === undefined ? undefined : Buffer.from(entry.value)
    },
    put: change,
    remove: (key) => change(key, null),
    write(position, newestMs, fill) {
      const before = new Map(stored.entries)
      newest = newestMs
      writing = true
      try {
        const result = fill()
        stored.position = position
        return result
      } catch (error) {
        stored.entries = before
        throw error
      } finally {
        writing = false
      }
    },
    advance(position) {
      stored.position = position
    },
    purge(olderThanMs) {
      const before = stored.entries.size
      for (const [key, entry] of stored.entries) if (entry.newestMs < olderThanMs) stored.entries.delete(key)
      return before - stored.entries.size
    },
    clear() {
      stored.entries.clear()
      stored.position = undefined
    },
    close: () => undefined,
  }
}

export type MemoryTables = { entries: Map<string, Entry>; position: Position | undefined }
export const emptyTables = (): MemoryTables => ({ entries: new Map(), position: undefined })
