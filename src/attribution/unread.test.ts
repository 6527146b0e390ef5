import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ClickRecord } from '../events/click.ts'
import { clickKey, joinedBy, transactionKey } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback } from '../events/postback.ts'
import { sampleClickRecord, samplePostback } from '../events/samples.ts'
import { toType } from '../kafka/avro-types.ts'
import type { AvroSchema } from '../kafka/registry.ts'
import type { UnreadFields } from '../kafka/unread-fields.ts'
import { createMetrics } from '../observe/metrics.ts'
import { openMemoryState } from '../state/memory.ts'
import { openMemoryTableLog } from '../state/memory-table-log.ts'
import { createWorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import type { Result } from './results.ts'
import { createAttributionStore } from './store.ts'
import { UNREAD, UNREAD_OF_JOINED } from './unread.ts'
import { createWaiting } from './waiting.ts'
import { createWorker } from './worker.ts'

const NOW_MS = 10_000_000_000
const schema = (name: string): AvroSchema =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.avsc`, import.meta.url), 'utf8')) as AvroSchema
const whole = { postback: toType(schema('postback')), click: toType(schema('click')) }

const key = { version: 1, ring: 'r1', created_at: 1, retires_at: null, revoked_at: null }
const source = { name: 's', default_currency: null, default_country: null, timezone: 'UTC', status_map: {}, dedupe: {}, reply: 'json' }
const destination = (id: string, platform: string) => ({
  ...{ id, platform, name: id, settings: {}, credentials: { key: 'k', nonce: 'n', data: 'd' }, sandbox: true, active: true },
  ...{ send_unmatched: false, event_map: {}, min_click_age: null, test_code: null, resumed_at: null },
})
const docOf = (hold_hours: number) => ({
  id: 'w1',
  settings: { ...DEFAULT_SETTINGS, name: 'w1', hold_hours },
  sources: [
    { id: 's1', kind: 'tracker', tracker: 'keitaro', ...source, key_versions: [key] },
    { id: 's2', kind: 'backend', tracker: 'generic', ...source, key_versions: [key, { ...key, version: 2, revoked_at: 5 }] },
  ],
  destinations: [destination('d1', 'meta'), destination('d2', 'google'), destination('d3', 'tiktok')],
  rules: [
    { id: 'r1', name: 'by place', when: { country: ['DE'], event: ['Lead'] }, destination_ids: ['d2', 'd3'] },
    { id: 'r2', name: 'by campaign', when: { campaign_id: ['k9'], platform: ['tiktok'], source_id: ['s1'] }, destination_ids: ['d1'] },
    { id: 'r3', name: 'by status', when: { conversion_status: ['lead'], tracker: ['keitaro'] }, destination_ids: [] },
  ],
  api_keys: [],
})

/** Whatever is decided about these, as the bytes that are written, with all of each record read or with some of it passed over; what was
 *  written to `pending` comes back at once, or never. */
function decidedBytes(unread: UnreadFields, unreadOfJoined: UnreadFields, comesBack: boolean): { bytes: string[]; stages: string[] } {
  const read = {
    postback: toType(schema('postback'), unread),
    pending: toType(schema('pending'), unread),
    joined: toType(schema('click'), unreadOfJoined),
  }
  const written = {
    outcomes: toType(schema('outcome')),
    deliver: toType(schema('delivery')),
    clicks: whole.click,
    pending: toType(schema('pending')),
  }
  const decodePending = (bytes: Buffer) => read.pending.fromBuffer(bytes) as Pending
  const store = createAttributionStore({
    state: openMemoryState(),
    open: () => openMemoryTableLog(),
    decode: {
      click: (bytes) => whole.click.fromBuffer(bytes) as ClickRecord,
      joined: (bytes) => read.joined.fromBuffer(bytes) as ClickRecord,
      pending: decodePending,
    },
  })
  const waiting = createWaiting(store, { encode: (pending) => written.pending.toBuffer(pending), decode: decodePending })
  const workspaces = createWorkspaceCopy()
  const holdFor = (hours: number, version: number) => {
    const doc = JSON.stringify(docOf(hours))
    workspaces.apply({ workspace_id: 'w1', base_version: version - 1, version, at: 1, by: 'operator', doc }, 'w1', version - 1)
  }
  holdFor(72, 1)
  const worker = createWorker({ store, waiting, workspaces, metrics: createMetrics(), partitions: 1 })
  const bytes: string[] = []
  const stages: string[] = []
  const write = (_partition: number, { topic, key: recordKey, value }: Result) => {
    const type = topic.startsWith('deliver.') ? written.deliver : written[topic as 'outcomes' | 'clicks' | 'pending']
    const record = value === null ? null : type.toBuffer(value)
    bytes.push(`${topic} ${recordKey} ${record?.toString('base64')}`)
    if (topic === 'pending') {
      const pending = record === null ? null : { pending: read.pending.fromBuffer(record) as Pending, bytes: record }
      store.write('pending', 0, { next: bytes.length, nowMs: NOW_MS, newestMs: NOW_MS }, () => store.putPending(0, recordKey, pending))
      if (comesBack) waiting.echoed(0, recordKey, pending?.pending ?? null)
    }
    if (topic === 'clicks') put(recordKey, record)
    if (topic === 'outcomes') stages.push(String(value.stage))
  }
  const put = (clickOf: string, value: Buffer | null) =>
    store.write('clicks', 0, { next: 1, nowMs: NOW_MS, newestMs: NOW_MS }, () => store.putClick(0, clickOf, value))

  for (const click of CLICKS) put(clickKey('w1', click.click_id), whole.click.toBuffer(click))
  for (const [offset, postback] of POSTBACKS.entries())
    store.write('postbacks', 0, { next: offset + 1, nowMs: NOW_MS, newestMs: NOW_MS }, () =>
      worker.postback(0, offset, read.postback.fromBuffer(whole.postback.toBuffer(postback)) as Postback, NOW_MS, write),
    )
  put(clickKey('w1', 'late'), whole.click.toBuffer(click('late')))
  worker.clickCame(0, clickKey('w1', 'late'), NOW_MS, write, 10)
  holdFor(96, 2)
  worker.sweep(0, NOW_MS + 1, write, 100)
  worker.sweep(0, NOW_MS + 100 * 3_600_000, write, 100)
  return { bytes, stages }
}

const click = (click_id: string, given: Partial<ClickRecord> = {}) =>
  sampleClickRecord({
    ...{ click_id, ids: [click_id, 'other'], clicked_at: NOW_MS - 5_000_000, platform: 'meta', fbclid: 'f', utm: { source: 'mail' } },
    ...{ client_ip: '203.0.113.9', client_user_agent: 'UA', landing_url: 'https://example.com/', cost: '1.5', currency: 'EUR', ...given },
  })
const CLICKS = [
  click('a'),
  click('b', { campaign_id: 'k9', platform: 'tiktok', test: true }),
  click('odd', { accepted: [{ event: 'Lead', conversion_status: null }] }),
]

const POSTBACKS = (
  [
    { reading: { click_id: 'a' } },
    { reading: { click_id: 'a' } },
    { reading: { click_id: 'A' } },
    { reading: { click_id: 'b' } },
    { reading: { click_id: 'odd' } },
    { reading: { click_id: 'a', country: 'DE', event: 'Lead', conversion_status: 'lead' } },
    { reading: { click_id: 'a', conversion_status: 'rejected' } },
    { reading: { click_id: 'late' } },
    { reading: { click_id: 'never' } },
    { reading: { click_id: null, gclid: 'g' } },
    { reading: { click_id: null } },
    { reading: { click_id: 'a', test: true } },
    { quarantined: 'unreadable', reading: { event: null } },
    { source_id: 's2', source_kind: 'backend', reading: { click_id: 'a', transaction_id: 't1' } },
    { source_id: 's2', source_kind: 'backend', reading: { click_id: null, transaction_id: 't1', conversion_status: 'refund' } },
    { source_id: 's2', source_kind: 'backend', key_version: 2, reading: { click_id: 'a', transaction_id: 't2' } },
    { lane: 'deferred', reading: { click_id: 'a', transaction_id: 't3' } },
  ] as const
).map(({ reading, ...given }, n) =>
  samplePostback({
    ...{
      postback_id: `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`,
      received_at: NOW_MS,
      raw: { subid: 'a' },
      unread: { x: 'y' },
    },
    ...{ sender_ip: '203.0.113.9', sender_user_agent: 'UA', ...given },
    reading: { subs: { sub1: 'z' }, custom_data: '{"a":1}', locale: 'de', items: [], user: {}, raw_status: 'sale', ...reading } as Partial<
      Postback['reading']
    >,
  }),
)

test.each([
  { name: 'while what waits is on its way', comesBack: false },
  { name: 'when what waits has come back', comesBack: true },
])(
  'nothing-unread-is-decided-by: what is written is the same to the byte, whether a record was read whole or not, $name',
  ({ comesBack }) => {
    const { bytes: lean, stages } = decidedBytes(UNREAD, UNREAD_OF_JOINED, comesBack)
    expect(lean).toEqual(decidedBytes({}, {}, comesBack).bytes)
    expect(stages.includes('unmatched')).toBe(comesBack) // a deadline is looked for in the store alone
    expect(lean.filter((line) => line.startsWith(`pending ${clickKey('w1', 'never')}`))).toHaveLength(comesBack ? 3 : 2) // held, held longer, given up
    for (const topic of ['outcomes', 'deliver.meta', 'deliver.google', 'clicks', 'pending'])
      expect(lean.some((line) => line.startsWith(`${topic} `))).toBe(true)
    expect(lean.some((line) => line.includes(transactionKey('w1', 't1')))).toBe(true)
    expect(POSTBACKS.map(joinedBy)).toContain(clickKey('w1', 'late'))
  },
)
