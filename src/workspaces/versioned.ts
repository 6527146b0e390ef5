/** A record of a compacted topic in which the order of the log decides who wins a version. */
export type Versioned = { readonly version: number }

/** What the reader of the topic tells about every record it applied. */
export type Seen<R> = {
  /** null: a tombstone. */
  readonly record: R | null
  readonly key: string
  readonly offset: number
  readonly won: boolean
  readonly inForce: R | undefined
}

export type VersionedLog<R extends Versioned> = {
  /** Called by the reader of the topic for every record, in the order of the log. */
  observe(seen: Seen<R>): void
  inForce(key: string): R | undefined
  /** Whether the record at `offset` won; undefined when it was not read within `timeoutMs`. */
  resultOf(offset: number, timeoutMs: number): Promise<boolean | undefined>
  /** Winners whose key was last written by a loser: compaction would keep the loser, so they have to be written again. */
  overwritten(): R[]
}

/** How many results are kept for writers that have not asked yet. */
const RESULTS_MAX = 1_000

export function createVersionedLog<R extends Versioned>(): VersionedLog<R> {
  const current = new Map<string, R>()
  const results = new Map<number, boolean>()
  const asking = new Map<number, (won: boolean) => void>()
  const losers = new Map<string, R>()

  return {
    observe({ record, key, offset, won, inForce }) {
      if (inForce === undefined) current.delete(key)
      else current.set(key, inForce)
      // The winner written once more changes nothing in force, and mends the log.
      const isMended = won || inForce === undefined || JSON.stringify(record) === JSON.stringify(inForce)
      if (isMended) losers.delete(key)
      else losers.set(key, inForce)
      const ask = asking.get(offset)
      if (ask !== undefined) return ask(won)
      results.set(offset, won)
      const [oldest] = results.keys()
      if (results.size > RESULTS_MAX && oldest !== undefined) results.delete(oldest)
    },
    inForce: (key) => current.get(key),
    resultOf(offset, timeoutMs) {
      const known = results.get(offset)
      if (known !== undefined) return Promise.resolve(known)
      return new Promise((resolve) => {
        const end = (won: boolean | undefined) => {
          clearTimeout(timer)
          asking.delete(offset)
          resolve(won)
        }
        const timer = setTimeout(() => end(undefined), timeoutMs)
        asking.set(offset, end)
      })
    },
    overwritten: () => [...losers.values()],
  }
}

export type Committed<R> =
  | { readonly kind: 'won'; readonly record: R }
  /** Another record took the version first. */
  | { readonly kind: 'lost' }
  /** Written, but not read back in time: whether it won is unknown. */
  | { readonly kind: 'unknown' }

const READ_BACK_MS = 5_000

/** Appends and waits until the own reader of the topic has come to the record and decided about it. */
export async function commit<R extends Versioned>(
  log: VersionedLog<R>,
  append: (record: R) => Promise<{ readonly offset: number }>,
  record: R,
): Promise<Committed<R>> {
  const { offset } = await append(record)
  const won = await log.resultOf(offset, READ_BACK_MS)
  if (won === undefined) return { kind: 'unknown' }
  return won ? { kind: 'won', record } : { kind: 'lost' }
}

/** Writes winners again whose key a loser wrote last. Every console may do so: the repeat of a winner is no loser, so it ends. */
export async function mend<R extends Versioned>(log: VersionedLog<R>, append: (record: R) => Promise<unknown>): Promise<number> {
  const winners = log.overwritten()
  for (const winner of winners) await append(winner)
  return winners.length
}
