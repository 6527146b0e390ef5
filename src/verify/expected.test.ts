import { expect, test } from 'vitest'
import { clickKey } from '../events/keys.ts'
import type { Postback, Reading } from '../events/postback.ts'
import { samplePostback } from '../events/samples.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import { expectedFates, fatesToText } from './expected.ts'
import { uuidKey } from './id-table.ts'
import { createLedger } from './ledger.ts'
import { createTakeIn } from './take-in.ts'
import { createWorld } from './world.ts'

const NOW = 1_800_000_000_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FIRST = '01900000-0000-7000-8000-000000000001'
const SECOND = '01900000-0000-7000-8000-000000000002'

type Given = Omit<Partial<Postback>, 'reading'> & { readonly reading?: Partial<Reading> }
type ClickAt = { readonly clickedAt: number; readonly cameAt?: number; readonly id?: string; readonly key?: string }

/** What may become of the last of some postbacks, told in words. */
function fate(
  given: readonly Given[],
  clicks: readonly ClickAt[] = [],
  dedupe: Readonly<Record<string, 'first_only' | 'by_transaction' | 'every'>> = {},
) {
  const world = createWorld()
  const source = {
    id: 's1',
    kind: 'tracker',
    tracker: 'generic',
    name: 's',
    default_currency: null,
    default_country: null,
    timezone: 'UTC',
  }
  const keys = [
    { version: 1, ring: 'r1', created_at: 0, retires_at: null, revoked_at: null },
    { version: 2, ring: 'r1', created_at: 0, retires_at: null, revoked_at: NOW },
  ]
  const doc = {
    id: 'w1',
    settings: { ...DEFAULT_SETTINGS, name: 'w' },
    sources: [{ ...source, status_map: {}, dedupe, reply: 'json', key_versions: keys }],
    destinations: [],
    rules: [],
    api_keys: [],
  }
  world.apply({ workspace_id: 'w1', base_version: 0, version: 1, at: 0, by: 'test', doc: JSON.stringify(doc) }, 'w1', 0)
  const ledger = createLedger()
  const takeIn = createTakeIn(ledger, world, () => true)
  for (const { clickedAt, cameAt = clickedAt, id = 'c1', key = clickKey('w1', id) } of clicks)
    takeIn.click(key, { clicked_at: clickedAt }, cameAt)
  const ids = [FIRST, SECOND]
  for (const [index, one] of given.entries())
    takeIn.postback(samplePostback({ postback_id: ids[index] ?? '', received_at: NOW - HOUR_MS, ...one }), { partition: 0, behind: false })
  const fates = expectedFates(ledger, world, { startedMs: NOW, clicksAreWhole: true })
  const last = given.at(-1)?.postback_id ?? ids[given.length - 1] ?? ''
  return fatesToText(fates.get(ledger.postbacks.ids.find(uuidKey(last))))
}

const before = [{ clickedAt: NOW - 2 * HOUR_MS }]

test.each<{ name: string; given: Given; clicks?: readonly ClickAt[]; expected: string }>([
  { name: 'its click is known', given: {}, clicks: before, expected: 'matched by click' },
  { name: 'its click is not', given: {}, expected: 'held' },
  { name: 'its click is not, and the deadline has passed', given: { received_at: NOW - 4 * DAY_MS }, expected: 'unmatched' },
  { name: 'the deadline is about now', given: { received_at: NOW - 3 * DAY_MS }, expected: 'held or unmatched' },
  { name: 'another spelling', given: {}, clicks: [{ clickedAt: NOW - 2 * HOUR_MS, id: 'C1' }], expected: 'held' },
  {
    name: 'under an alias, which has a record of its own',
    given: { reading: { click_id: 'alias' } },
    clicks: [...before, { clickedAt: NOW - 2 * HOUR_MS, id: 'alias' }],
    expected: 'matched by click',
  },
  { name: 'a late click', given: {}, clicks: [{ clickedAt: NOW - 2 * HOUR_MS, cameAt: NOW - HOUR_MS / 2 }], expected: 'matched by click' },
  {
    name: 'a click that came after the deadline',
    given: { received_at: NOW - 4 * DAY_MS },
    clicks: [{ clickedAt: NOW - 5 * DAY_MS, cameAt: NOW - HOUR_MS }],
    expected: 'unmatched or matched by click',
  },
  {
    name: 'on the last millisecond of the window',
    given: {},
    clicks: [{ clickedAt: NOW - HOUR_MS - 30 * DAY_MS }],
    expected: 'matched by click',
  },
  { name: 'one past the window', given: {}, clicks: [{ clickedAt: NOW - HOUR_MS - 30 * DAY_MS - 1 }], expected: 'unmatched' },
  {
    name: 'before its click, within the skew of clocks',
    given: {},
    clicks: [{ clickedAt: NOW - HOUR_MS + 300_000 }],
    expected: 'matched by click',
  },
  { name: 'before its click', given: {}, clicks: [{ clickedAt: NOW - HOUR_MS + 300_001 }], expected: 'unmatched' },
  { name: 'its own time counts', given: { reading: { event_time: NOW - 3 * HOUR_MS } }, clicks: before, expected: 'unmatched' },
  {
    name: 'two records of the click on either side of the window',
    given: {},
    clicks: [{ clickedAt: NOW - 40 * DAY_MS }, { clickedAt: NOW - DAY_MS }],
    expected: 'unmatched or matched by click',
  },
  { name: 'inline ids alone', given: { reading: { gclid: 'g' } }, expected: 'matched inline' },
  { name: 'inline ids and a click known long before', given: { reading: { gclid: 'g' } }, clicks: before, expected: 'matched by click' },
  {
    name: 'inline ids and a click that came after',
    given: { reading: { gclid: 'g' } },
    clicks: [{ clickedAt: NOW - 2 * HOUR_MS, cameAt: NOW - HOUR_MS / 2 }],
    expected: 'matched by click or matched inline',
  },
  { name: 'no click id', given: { reading: { click_id: null } }, expected: 'unmatched' },
  { name: 'a macro', given: { click_id_fault: 'macro_unreplaced', reading: { click_id: null } }, expected: 'unmatched' },
  {
    name: 'a backend that names its transaction alone, which was matched before',
    given: { source_kind: 'backend', reading: { click_id: null, transaction_id: 't1' } },
    clicks: [{ clickedAt: NOW - 2 * HOUR_MS, key: 'w1:tx:t1' }],
    expected: 'duplicate or matched otherwise',
  },
  {
    name: 'a backend that names a transaction nobody knows yet',
    given: { source_kind: 'backend', reading: { click_id: null, transaction_id: 't1' } },
    expected: 'held',
  },
  {
    name: 'a tracker that names its transaction alone',
    given: { reading: { click_id: null, transaction_id: 't1' } },
    clicks: [{ clickedAt: NOW - 2 * HOUR_MS, key: 'w1:tx:t1' }],
    expected: 'unmatched',
  },
  { name: 'no conversion, whatever its click', given: { quarantined: 'no_event' }, clicks: before, expected: 'quarantined' },
  { name: 'a key that is revoked by now', given: { key_version: 2 }, clicks: before, expected: 'quarantined or matched by click' },
])('$name: $expected', ({ given, clicks = [], expected }) => {
  expect(fate([given], clicks)).toBe(expected)
})

test.each<{ name: string; given: readonly Given[]; dedupe?: Parameters<typeof fate>[2]; expected: string }>([
  {
    name: 'one that was read again after the conversion had come under another word',
    given: [{ quarantined: 'status_unmapped' }, {}, { postback_id: FIRST, read_again_at: NOW }],
    expected: 'duplicate',
  },
  {
    name: 'a conversion that comes after one that was read again',
    given: [{ quarantined: 'status_unmapped' }, { postback_id: FIRST, read_again_at: NOW }, { postback_id: SECOND }],
    expected: 'duplicate',
  },
  {
    name: 'one that was read again, alone',
    given: [{ quarantined: 'status_unmapped' }, { postback_id: FIRST, read_again_at: NOW }],
    expected: 'matched by click',
  },
  { name: 'a resend', given: [{}, {}], expected: 'duplicate' },
  { name: 'a resend with another value', given: [{}, { reading: { value: '9' } }], expected: 'duplicate' },
  { name: 'a new status', given: [{}, { reading: { conversion_status: 'refund' } }], expected: 'matched by click' },
  { name: 'another transaction', given: [{}, { reading: { transaction_id: 't2' } }], expected: 'matched by click' },
  {
    name: 'another event id of the sender',
    given: [{}, { reading: { event_id: 'x', event_id_given: true } }],
    expected: 'matched by click',
  },
  { name: 'a resend after the window', given: [{ received_at: NOW - 8 * DAY_MS }, {}], expected: 'matched by click' },
  { name: 'a repeat of what was no conversion', given: [{ quarantined: 'no_event' }, {}], expected: 'matched by click' },
  { name: 'the same postback written twice', given: [{}, { postback_id: FIRST }], expected: 'matched by click' },
  {
    name: 'another transaction under first_only',
    given: [{}, { reading: { transaction_id: 't2' } }],
    dedupe: { '*': 'first_only' },
    expected: 'duplicate',
  },
  { name: 'a resend under every', given: [{}, {}], dedupe: { Purchase: 'every' }, expected: 'matched by click' },
  {
    name: 'a new status under by_transaction',
    given: [{ reading: { transaction_id: 't' } }, { reading: { transaction_id: 't', conversion_status: 'refund' } }],
    dedupe: { '*': 'by_transaction' },
    expected: 'duplicate',
  },
])('$name: $expected', ({ given, dedupe = {}, expected }) => {
  expect(fate(given, [{ clickedAt: NOW - 9 * DAY_MS }], dedupe)).toBe(expected)
})
