import type { ClickRecord } from '../events/click.ts'
import { clickKey } from '../events/keys.ts'
import type { Outcome } from '../events/outcome.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback, Reading } from '../events/postback.ts'
import { sampleClickRecord, samplePostback } from '../events/samples.ts'
import { createMetrics } from '../observe/metrics.ts'
import { openMemoryState } from '../state/memory.ts'
import { openMemoryTableLog } from '../state/memory-table-log.ts'
import { createWorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS, type Settings, type Source } from '../workspaces/schema.ts'
import type { HeldPostback } from './held-store.ts'
import { mergeClicks } from './merge-click.ts'
import type { Result } from './results.ts'
import { createAttributionStore, type StoreTopic } from './store.ts'
import { createWaiting } from './waiting.ts'
import { createWorker } from './worker.ts'

export const NOW_MS = 10_000_000_000
export const json = (value: unknown) => Buffer.from(JSON.stringify(value))
export const read = <Value>(bytes: Buffer): Value => JSON.parse(bytes.toString()) as Value // written by `json`
export const pendingBytes = { encode: json, decode: read<Pending> }

/** A worker of one partition with its tables in memory, and the log of `pending` and `clicks` it writes to; for tests. */
export function createWorkerDouble(options: { readonly partitions?: number; readonly heldMax?: number } = {}) {
  const store = createAttributionStore({
    state: openMemoryState(),
    open: () => openMemoryTableLog(),
    decode: { click: read<ClickRecord>, joined: read<ClickRecord>, pending: read<Pending> },
  })
  const workspaces = createWorkspaceCopy()
  const versions = new Map<string, number>()
  const start = () => {
    const waiting = createWaiting(store, pendingBytes)
    return { waiting, worker: createWorker({ store, waiting, workspaces, metrics: createMetrics(), partitions: 1, ...options }) }
  }
  let { waiting, worker } = start()
  const written: Result[] = []
  let echoed = 0
  let offset = 0
  const write = (_partition: number, result: Result) => void written.push(result)

  const step = (topic: StoreTopic, at: number, fill: () => void) =>
    store.write(topic, 0, { next: at + 1, nowMs: world.nowMs, newestMs: world.nowMs }, fill)

  const world = {
    store,
    written,
    nowMs: NOW_MS,
    configure(id: string, settings: Partial<Settings> = {}, sources: readonly Pick<Source, 'id' | 'dedupe'>[] = []): void {
      const version = versions.get(id) ?? 0
      const rest = { kind: 'tracker', tracker: 'generic', name: 's', default_currency: null, default_country: null, timezone: 'UTC' }
      const key = { version: 1, ring: 'r1', created_at: 1, retires_at: null, revoked_at: null }
      const doc = JSON.stringify({
        id,
        settings: { ...DEFAULT_SETTINGS, name: id, ...settings },
        sources: sources.map((source) => ({ ...rest, status_map: {}, reply: 'json', key_versions: [key], ...source })),
        destinations: [],
        rules: [],
        api_keys: [],
      })
      workspaces.apply({ workspace_id: id, base_version: version, version: version + 1, at: 1, by: 'operator', doc }, id, version)
      versions.set(id, version + 1)
    },
    /** The id of the postback, by which its outcomes are told. */
    post(reading: Partial<Reading>, given: Partial<Postback> = {}): string {
      const postback_id = given.postback_id ?? `01900000-0000-7000-8000-${String(offset).padStart(12, '0')}`
      const postback = samplePostback({ received_at: world.nowMs, ...given, postback_id, reading })
      step('postbacks', offset, () => worker.postback(0, offset, postback, world.nowMs, write))
      offset++
      return postback_id
    },
    click(id: string, given: Partial<ClickRecord> = {}): void {
      const click = sampleClickRecord({ click_id: id, ids: [id], clicked_at: world.nowMs - 1_000, ...given })
      world.record(clickKey('w1', id), click)
    },
    record(key: string, click: ClickRecord | null): void {
      const bytes = click === null ? null : json(mergeClicks(store.findClick(0, key).click, click))
      step('clicks', 0, () => store.putClick(0, key, bytes))
      while (worker.clickCame(0, key, world.nowMs, write, 3)) {}
    },
    sweep(limit = 500): void {
      worker.sweep(0, world.nowMs, write, limit)
    },
    settle(held: readonly HeldPostback[]): void {
      worker.settle(0, held, world.nowMs, write)
    },
    /** What was written to `pending` and `clicks` comes back. */
    echo(): void {
      for (const { topic, key, value } of written.slice(echoed)) {
        if (topic === 'clicks') world.record(key, value)
        if (topic !== 'pending') continue
        store.putPending(0, key, value === null ? null : { pending: value, bytes: json(value) })
        waiting.echoed(0, key, value)
      }
      echoed = written.length
    },
    /** The process dies and the next one has the same tables. */
    restart(): void {
      ;({ waiting, worker } = start())
    },
    outcomes: (): Outcome[] => written.flatMap(({ topic, value }) => (topic === 'outcomes' ? [value] : [])),
    stages: (postbackId?: string): string[] =>
      world
        .outcomes()
        .filter(({ postback_id }) => postbackId === undefined || postback_id === postbackId)
        .map(({ stage, why, matched_by }) => [stage, why ?? matched_by].filter((word) => word !== null).join(' ')),
  }
  world.configure('w1')
  return world
}
