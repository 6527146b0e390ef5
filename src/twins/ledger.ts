/** One request as it came and its answer, secrets masked. */
export type Entry = {
  seq: number
  /** ISO 8601. */
  at: string
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  /** JSON where it was, else text. */
  body: unknown
  reply: { status: number; body: unknown }
}

export type Ledger = {
  add(entry: Omit<Entry, 'seq'>, bytes: number): void
  since(seq: number): Entry[]
  clear(): void
}

const ENTRIES_MAX = 20_000
const BYTES_MAX = 64_000_000

/** The last requests, bounded in number and in bytes. `seq` counts from 1 and never starts again. */
export function createLedger(entriesMax: number = ENTRIES_MAX, bytesMax: number = BYTES_MAX): Ledger {
  let kept: { entry: Entry; bytes: number }[] = []
  let seq = 0
  let total = 0
  return {
    add(entry, bytes) {
      seq += 1
      kept.push({ entry: { seq, ...entry }, bytes })
      total += bytes
      let gone = 0
      while (kept.length - gone > entriesMax || (total > bytesMax && kept.length - gone > 1)) {
        total -= kept[gone]?.bytes ?? 0
        gone += 1
      }
      if (gone > 0) kept = kept.slice(gone)
    },
    since: (after) => kept.filter(({ entry }) => entry.seq > after).map(({ entry }) => entry),
    clear() {
      kept = []
      total = 0
    },
  }
}

const SECRET = '[secret]'
const SECRET_NAMES = new Set(['access_token', 'refresh_token', 'client_secret', 'authorization', 'access-token'])

/** The top level of a record with every secret replaced; anything else as it is. */
export function masked<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, SECRET_NAMES.has(name) ? SECRET : one])) as T
}
