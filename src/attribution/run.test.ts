import { expect, test } from 'vitest'
import { parted } from '../kafka/batch-double.ts'
import { GenerationChanged } from '../kafka/fault.ts'
import type { InRecord, StreamControl } from '../kafka/stream.ts'
import { openMemoryState } from '../state/memory.ts'
import { openMemoryTableLog } from '../state/memory-table-log.ts'
import { type AttributionDeps, createAttribution } from './run.ts'
import { createAttributionStore } from './store.ts'
import { createWaiting } from './waiting.ts'
import { pendingBytes } from './worker-double.ts'

const DAY_MS = 86_400_000
const STARTED_MS = 1_764_000_000_000

const undecoded = (): never => {
  throw new Error('nothing is decoded')
}

const emptyStore = () =>
  createAttributionStore({
    state: openMemoryState(),
    open: () => openMemoryTableLog(),
    decode: { click: undecoded, joined: undecoded, pending: undecoded },
  })

/** Attribution up to the moment it asks the broker for offsets, which never come. */
function assigned(sleptMs: number, absenceMaxMs: number) {
  const store = emptyStore()
  for (const topic of ['clicks', 'pending', 'postbacks'] as const) {
    store.write(topic, 0, { next: 7, nowMs: STARTED_MS, newestMs: STARTED_MS }, () => undefined)
  }
  const seeks: string[] = []
  const never = new Promise<never>(() => undefined)
  const control = {
    generation: 1,
    pause: () => undefined,
    resume: () => undefined,
    seek: (topic: string, partition: number, offset: number) => void seeks.push(`${topic}/${partition}@${offset}`),
    committed: () => never,
    offsets: () => never,
    ends: () => never,
    transact: () => never,
  } satisfies StreamControl
  const task = createAttribution({
    store,
    waiting: createWaiting(store, pendingBytes),
    worker: { reset: () => undefined },
    absenceMaxMs,
    nowMs: () => STARTED_MS + sleptMs,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  } as unknown as AttributionDeps) // no record comes by
  task.onAssigned(
    new Map([
      ['postbacks', [0]],
      ['clicks', [0]],
      ['pending', [0]],
    ]),
    control,
  )
  return { seeks, next: (['clicks', 'pending', 'postbacks'] as const).map((topic) => store.next(topic, 0)) }
}

test.each([
  { name: 'just as long as allowed', sleptMs: 3.5 * DAY_MS, maxMs: 3.5 * DAY_MS, kept: true },
  { name: 'a moment longer', sleptMs: 3.5 * DAY_MS + 1, maxMs: 3.5 * DAY_MS, kept: false },
  { name: 'fifteen days', sleptMs: 15 * DAY_MS, maxMs: 3.5 * DAY_MS, kept: false },
  { name: 'an hour, where tombstones stay for one', sleptMs: 3_600_000, maxMs: 1_800_000, kept: false },
])('no-missed-tombstone: a store that slept $name is read on from where it stood: $kept', ({ sleptMs, maxMs, kept }) => {
  const { seeks, next } = assigned(sleptMs, maxMs)
  expect(seeks).toEqual(kept ? ['clicks/0@7', 'pending/0@7'] : [])
  expect(next).toEqual(kept ? [7, 7, 7] : [undefined, undefined, undefined])
})

test('a batch is worked off in parts: every record once, in order, and the store is never ahead of what it has seen', async () => {
  const store = emptyStore()
  const offsets = Array.from({ length: 300 }, (_, i) => 5 + 2 * i) // with the gaps of aborted transactions
  const seen: number[] = []
  const stood: (number | undefined)[] = []
  const task = createAttribution({
    store,
    waiting: createWaiting(store, pendingBytes),
    workspaces: { appliedOffset: () => 0 },
    readable: (records: readonly InRecord[]) => {
      stood.push(store.next('postbacks', 0))
      return records.map((record) => ({ record, key: '', value: { workspaces_offset: 0 } }))
    },
    worker: { postback: (_partition: number, offset: number) => void seen.push(offset) },
    nowMs: () => STARTED_MS,
    onRead: () => undefined,
  } as unknown as AttributionDeps)
  const records = offsets.map((offset) => ({ topic: 'postbacks', partition: 0, offset, timestampMs: 1, key: null, value: null }))
  const at = { topic: 'postbacks', partition: 0, nextOffset: 640, highWatermark: 640 }
  const outbox = { put: undecoded }
  expect(await task.onBatch(parted({ ...at, records }), outbox)).toBeUndefined()
  expect(seen).toEqual(offsets)
  expect(stood).toEqual([undefined, (offsets[127] ?? 0) + 1, (offsets[255] ?? 0) + 1])
  expect(store.next('postbacks', 0)).toBe(640)
  await task.onBatch(parted({ ...at, records: [], nextOffset: 645 }), outbox)
  expect(store.next('postbacks', 0)).toBe(645)
})

test.each([
  { name: 'the configuration does not come: a batch waits for it once, in whatever parts', changes: false },
  { name: 'the generation ends meanwhile: nothing is decided', changes: true },
])('$name', async ({ changes }) => {
  const control = { generation: 1 } as { generation: number } & StreamControl
  let waits = 0
  const seen: number[] = []
  const task = createAttribution({
    store: emptyStore(),
    workspaces: {
      appliedOffset: () => 0,
      async waitFor() {
        waits++
        if (changes) Object.assign(control, { generation: 2 })
        return false
      },
    },
    readable: (records: readonly InRecord[]) => records.map((record) => ({ record, key: '', value: { workspaces_offset: 9 } })),
    worker: { postback: (_partition: number, offset: number) => void seen.push(offset), reset: () => undefined },
    nowMs: () => STARTED_MS,
    onRead: () => undefined,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    onFatal: () => undefined,
  } as unknown as AttributionDeps)
  task.onAssigned(new Map(), Object.assign(control, { committed: () => new Promise<never>(() => undefined) }))
  const records = Array.from({ length: 300 }, (_, offset) => ({
    ...{ topic: 'postbacks', partition: 0, offset, timestampMs: 1, key: null, value: null },
  }))
  const batch = { topic: 'postbacks', partition: 0, records, nextOffset: 300, highWatermark: 300 }
  const worked = task.onBatch(parted(batch), { put: undecoded })
  if (changes) await expect(worked).rejects.toBeInstanceOf(GenerationChanged)
  else await worked
  expect([waits, seen.length]).toEqual([1, changes ? 0 : 300])
})
