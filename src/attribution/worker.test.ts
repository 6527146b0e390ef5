import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClickRecord } from '../events/click.ts'
import { clickKey } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback, Reading } from '../events/postback.ts'
import { sampleClickRecord, samplePostback } from '../events/samples.ts'
import { createMetrics } from '../observe/metrics.ts'
import { openState } from '../state/lmdb.ts'
import { openMemoryTableLog } from '../state/memory-table-log.ts'
import type { State } from '../state/state.ts'
import { createWorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import type { Result } from './results.ts'
import { type AttributionStore, createAttributionStore, type StoreTopic } from './store.ts'
import { createWaiting, type Waiting } from './waiting.ts'
import { createWorker, type Worker } from './worker.ts'
import { json, pendingBytes, read } from './worker-double.ts'

let dir: string
let state: State
let store: AttributionStore
let waiting: Waiting
let worker: Worker
let written: Result[]
let serial = 0

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'postback-worker-'))
  state = openState(dir)
  store = createAttributionStore({
    state,
    open: () => openMemoryTableLog(),
    decode: { click: read<ClickRecord>, joined: read<ClickRecord>, pending: read<Pending> },
  })
  waiting = createWaiting(store, pendingBytes)
  const workspaces = createWorkspaceCopy()
  const doc = JSON.stringify({
    id: 'w1',
    settings: { ...DEFAULT_SETTINGS, name: 'w' },
    sources: [],
    destinations: [],
    rules: [],
    api_keys: [],
  })
  workspaces.apply({ workspace_id: 'w1', base_version: 0, version: 1, at: 1, by: 'operator', doc }, 'w1', 0)
  worker = createWorker({ store, waiting, workspaces, metrics: createMetrics(), partitions: 1 })
  written = []
})
afterEach(async () => {
  await state.close()
  rmSync(dir, { recursive: true, force: true })
})

const NOW = 10_000_000
const write = (_partition: number, result: Result) => void written.push(result)
const step = (topic: StoreTopic, offset: number, fill: () => void) =>
  store.write(topic, 0, { next: offset + 1, nowMs: NOW, newestMs: NOW }, fill)
const post = (reading: Partial<Reading>, offset: number, given: Partial<Postback> = {}) => {
  const postback_id = `01900000-0000-7000-8000-${String(++serial).padStart(12, '0')}`
  step('postbacks', offset, () =>
    worker.postback(0, offset, samplePostback({ postback_id, received_at: NOW, ...given, reading }), NOW, write),
  )
}
const click = (id: string) => {
  step('clicks', 0, () => store.putClick(0, clickKey('w1', id), json(sampleClickRecord({ click_id: id, clicked_at: NOW - 1_000 }))))
  worker.clickCame(0, clickKey('w1', id), NOW, write, 2)
}
const stages = () => written.flatMap((result) => (result.topic === 'outcomes' ? [result.value.stage] : []))
const pendings = () => written.filter((result) => result.topic === 'pending')
/** What the log gives back of our writes to `pending`. */
const echo = () => {
  for (const { key, value } of pendings()) {
    store.putPending(0, key, value === null ? null : { pending: value as Pending, bytes: json(value) })
    waiting.echoed(0, key, value as Pending | null)
  }
}

test('a postback meets its click', () => {
  click('a')
  post({ click_id: 'a' }, 0)
  expect(stages()).toEqual(['matched'])
})

test('held until its click comes, and matched once, before and after the log has echoed it', () => {
  post({ click_id: 'a' }, 0)
  click('a')
  click('a')
  expect(stages()).toEqual(['held', 'matched'])
  expect(pendings().map(({ value }) => value === null)).toEqual([false, true])
  echo()
  click('a')
  expect(stages()).toEqual(['held', 'matched'])
})

test('a postback of a click id that begins like another one is left alone', () => {
  post({ click_id: 'a:b' }, 0)
  click('a')
  expect(stages()).toEqual(['held'])
})

test('past its deadline it is unmatched, once', () => {
  post({ click_id: 'a' }, 0)
  echo()
  const late = NOW + 73 * 3_600_000
  worker.sweep(0, late, write, 10)
  worker.sweep(0, late, write, 10)
  expect(stages()).toEqual(['held', 'unmatched'])
})

test('another spelling is held with its reason, and the nearest id is shown', () => {
  click('ABC')
  post({ click_id: 'abc' }, 0)
  expect(written.at(-1)).toMatchObject({ value: { stage: 'held', why: 'case_differs', nearest_click_id: 'ABC' } })
})

test('a duplicate is told, a technical repeat is not', () => {
  click('a')
  post({ click_id: 'a' }, 0, { postback_id: '01900000-0000-7000-8000-aaaaaaaaaaaa' })
  post({ click_id: 'a' }, 1, { postback_id: '01900000-0000-7000-8000-aaaaaaaaaaaa' })
  post({ click_id: 'a' }, 2)
  expect(stages()).toEqual(['matched', 'duplicate'])
})

test('a replay decides as the first time', () => {
  click('a')
  post({ click_id: 'a' }, 0)
  post({ click_id: 'a' }, 1)
  post({ click_id: 'a' }, 0)
  post({ click_id: 'a' }, 1)
  expect(stages()).toEqual(['matched', 'duplicate', 'matched', 'duplicate'])
})

test('what was only looked back at counts as seen', () => {
  step('postbacks', 0, () => worker.remember(0, 0, samplePostback({ received_at: NOW, reading: { click_id: 'a' } })))
  post({ click_id: 'a' }, 1)
  expect(stages()).toEqual(['duplicate'])
})

test('more held postbacks than fit in one go are settled over several', () => {
  for (let offset = 0; offset < 5; offset++) post({ click_id: 'a', transaction_id: `t${offset}` }, offset)
  echo()
  click('a')
  expect(stages().filter((stage) => stage === 'matched')).toHaveLength(2)
  expect(worker.clickCame(0, clickKey('w1', 'a'), NOW, write, 2)).toBe(true)
  expect(worker.clickCame(0, clickKey('w1', 'a'), NOW, write, 2)).toBe(false)
  expect(stages().filter((stage) => stage === 'matched')).toHaveLength(5)
})

test('a postback of a workspace that nobody here has heard of waits for the configuration, and is not concluded', () => {
  click('a')
  post({ click_id: 'a' }, 0, { workspace_id: 'w2' })
  expect(stages()).toEqual(['held'])
})

test('a click id in a thousand spellings keeps only the last few', () => {
  for (let n = 0; n < 64; n++) click([...'abcdef'].map((letter, bit) => ((n >> bit) & 1 ? letter.toUpperCase() : letter)).join(''))
  expect(store.findClick(0, clickKey('w1', 'ABCDEF')).click?.click_id).toBe('ABCDEF')
  expect(store.findClick(0, clickKey('w1', 'abcdef')).click).toBeUndefined()
})
