import type { State, Table } from './state.ts'

/** What a state in memory leaves behind when it is closed: opened again, it has the same content. */
export type MemoryFolder = Map<string, Entries>
type Entries = { readonly values: Map<string, Buffer>; readonly keys: string[] }
type Undo = () => void

/** The twin of the LMDB state, for tests of what stands on it: same contract, same suite, no disk. */
export function openMemoryState(folder: MemoryFolder = new Map()): State {
  const undo: Undo[] = []
  let depth = 0
  const entriesOf = (name: string): Entries => folder.getOrInsertComputed(name, () => ({ values: new Map(), keys: [] }))
  return {
    table: (name) =>
      toTable(entriesOf(name), (step) => {
        if (depth > 0) undo.push(step)
      }),
    transaction(work) {
      const before = undo.length
      depth++
      try {
        return work()
      } catch (error) {
        for (const step of undo.slice(before).reverse()) step()
        undo.length = before // the steps back noted steps of their own
        throw error
      } finally {
        if (--depth === 0) undo.length = 0
      }
    },
    close: async () => undefined,
  }
}

/** A string of one code unit per byte sorts as the bytes do. */
const textOf = (key: Buffer): string => key.toString('latin1')

function toTable({ values, keys }: Entries, onChange: (undo: Undo) => void): Table {
  const set = (key: string, value: Buffer | undefined): void => {
    const before = values.get(key)
    if (value === undefined) {
      if (values.delete(key)) keys.splice(placeOf(keys, key), 1)
    } else {
      if (before === undefined) keys.splice(placeOf(keys, key), 0, key)
      values.set(key, value)
    }
    onChange(() => set(key, before))
  }
  return {
    get: (key) => copyOf(values.get(textOf(key))),
    put: (key, value) => set(textOf(key), Buffer.from(value)),
    remove: (key) => set(textOf(key), undefined),
    range(start, end, limit = Number.POSITIVE_INFINITY) {
      const from = placeOf(keys, textOf(start))
      const found = keys.slice(from, Math.min(from + limit, placeOf(keys, textOf(end))))
      return found.map((key) => ({ key: Buffer.from(key, 'latin1'), value: copyOf(values.get(key)) ?? Buffer.alloc(0) }))
    },
  }
}

const copyOf = (value: Buffer | undefined): Buffer | undefined => (value === undefined ? undefined : Buffer.from(value))

/** Where `key` is, or would be, in the sorted list. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as string) < key)
      low = middle + 1 // inside the list
    else high = middle
  }
  return low
}
