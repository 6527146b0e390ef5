import { expect, test } from 'vitest'
import type { DeliveryVerdict } from '../events/outcome.ts'
import type { Postback } from '../events/postback.ts'
import { samplePostback } from '../events/samples.ts'
import type { Stage } from '../events/stages.ts'
import { DEFAULT_SETTINGS, type Workspace } from '../workspaces/schema.ts'
import type { DeliveryFacts, OutcomeFacts } from './facts.ts'
import { judge } from './judge.ts'
import { createFindings, type Kind } from './kinds.ts'
import { createLedger } from './ledger.ts'
import { createTakeAnswers, type TakeAnswers } from './take-answers.ts'
import { createTakeIn, type TakeIn } from './take-in.ts'
import { createWorld } from './world.ts'

const NOW = 1_800_000_000_000
const RECEIVED = NOW - 60_000
const DAY_MS = 86_400_000
const WORKSPACE: Workspace = {
  id: 'w1',
  settings: { ...DEFAULT_SETTINGS, name: 'w' },
  sources: [],
  destinations: [
    {
      id: 'd1',
      platform: 'meta',
      name: 'd1',
      settings: { pixel_id: '77777' },
      credentials: { key: 'k', nonce: '', data: '' },
      sandbox: true,
      active: true,
      send_unmatched: false,
      event_map: {},
      min_click_age: null,
      test_code: null,
      resumed_at: null,
    },
  ],
  rules: [],
  api_keys: [],
}

const id = (n: number): string =>
  `${RECEIVED.toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})(.{4})$/, '$1-$2')}-7000-8000-00000000000${n}`
const [MET, WAITING, AGAIN, ALONE, BROKEN] = [id(1), id(2), id(3), id(4), id(5)]

const postback = (postback_id: string, click_id: string | null, more: Partial<Postback> = {}) =>
  samplePostback({ postback_id, received_at: RECEIVED, ...more, reading: { click_id, event_id: `e-${click_id}` } })
const outcome = (postback_id: string, stage: Stage | null, more: Partial<OutcomeFacts> = {}): OutcomeFacts => ({
  workspace_id: 'w1',
  postback_id,
  received_at: RECEIVED,
  at: RECEIVED + 100,
  stage,
  why: null,
  matched_by: stage === 'matched' ? 'click_id' : null,
  test: false,
  deliveries: [],
  attempt: null,
  ...more,
})
const verdict = (stage: DeliveryVerdict['stage']): DeliveryVerdict[] => [{ platform: 'meta', destination_id: 'd1', stage, why: null }]
const delivery = (more: Partial<DeliveryFacts> = {}): DeliveryFacts => ({
  platform: 'meta',
  destination_id: 'd1',
  conversion: { workspace_id: 'w1', postback_id: MET, received_at: RECEIVED },
  queued_at: RECEIVED + 100,
  moved_at: RECEIVED + 100,
  attempts: 0,
  why: null,
  ...more,
})
const belief = { destination: '77777', event: 'Purchase', event_id: 'e-c1' }
const stored = (postbackId: string, status: string) => ({ postbackId, workspaceId: 'w1', receivedAtMs: RECEIVED, status })
const at = { partition: 0, behind: false }

type Step = (into: TakeIn & TakeAnswers) => void
const forwarded = outcome(MET, null, {
  at: RECEIVED + 200,
  deliveries: verdict('forwarded'),
  attempt: { request: JSON.stringify({ event_name: 'Purchase', event_id: 'e-c1' }) },
})

/** A history in which every stage agrees with every other: one met its click and was forwarded, one waits, one is a repeat of
 *  the first, one has no click id, one cannot be read. */
const HISTORY: Readonly<Record<string, Step>> = {
  'believed before': (into) => into.believedBefore('meta', belief),
  click: (into) => into.click('w1:c:c1', { clicked_at: RECEIVED - 1_000 }, RECEIVED - 900),
  'postback met': (into) => into.postback(postback(MET, 'c1'), at),
  'postback waiting': (into) => into.postback(postback(WAITING, 'c2'), at),
  'postback again': (into) => into.postback(postback(AGAIN, 'c1'), at),
  'postback alone': (into) => into.postback(postback(ALONE, null), at),
  'postback broken': (into) => into.postback(postback(BROKEN, 'c1', { quarantined: 'no_event' }), at),
  'outcome met': (into) => into.outcome(outcome(MET, 'matched', { deliveries: verdict('queued') })),
  'outcome waiting': (into) => into.outcome(outcome(WAITING, 'held', { why: 'click_not_seen' })),
  'outcome again': (into) => into.outcome(outcome(AGAIN, 'duplicate')),
  'outcome alone': (into) => into.outcome(outcome(ALONE, 'unmatched', { why: 'no_click_id' })),
  'outcome broken': (into) => into.outcome(outcome(BROKEN, 'quarantined', { why: 'no_event' })),
  pending: (into) => into.pending(`w1:c:c2:${WAITING}`, true),
  deliver: (into) => into.delivery('deliver.meta', delivery(), at),
  forwarded: (into) => into.outcome(forwarded),
  'accepted met': (into) => into.accepted(MET),
  'stored met': (into) => into.storedEvent(stored(MET, 'forwarded')),
  'stored waiting': (into) => into.storedEvent(stored(WAITING, 'held')),
  'stored again': (into) => into.storedEvent(stored(AGAIN, 'duplicate')),
  'stored alone': (into) => into.storedEvent(stored(ALONE, 'unmatched')),
  'stored broken': (into) => into.storedEvent(stored(BROKEN, 'quarantined')),
  'stored delivery': (into) => into.storedDelivery({ ...stored(MET, 'forwarded'), destinationId: 'd1' }),
  'believed after': (into) => into.believedAfter('meta', belief),
}

/** The history with some steps replaced, left out (null) or added; what is found, as `kind id`. */
function found(change: Readonly<Record<string, Step | null>>, since = 0): string[] {
  const world = createWorld()
  world.apply({ workspace_id: 'w1', base_version: 0, version: 1, at: 0, by: 'test', doc: JSON.stringify(WORKSPACE) }, 'w1', 0)
  const ledger = createLedger()
  ledger.asked.add('meta')
  const into = { ...createTakeIn(ledger, world, () => true), ...createTakeAnswers(ledger) }
  for (const step of Object.values({ ...HISTORY, ...change })) step?.(into)
  const findings = createFindings(10)
  judge(ledger, world, findings, {
    startedMs: NOW,
    sinceMs: since,
    untilMs: NOW,
    workspaces: new Set(['w1']),
    clicksAreWhole: true,
  })
  return findings.differences().flatMap(({ kind, examples }) => examples.map((example) => `${kind} ${example.id}`))
}

const of = (...found: readonly (readonly [Kind, string])[]): string[] => found.map(([kind, what]) => `${kind} ${what}`)
const SENT = `${MET} > d1`
const GHOST = id(9)

const READ_AGAIN: Readonly<Record<string, Step>> = {
  'postback broken': (into) => {
    into.postback(postback(BROKEN, 'c9', { quarantined: 'status_unmapped' }), at)
    into.postback(postback(BROKEN, 'c9', { read_again_at: NOW - 1 }), at)
  },
  'outcome broken': (into) => {
    into.outcome(outcome(BROKEN, 'quarantined', { why: 'status_unmapped' }))
    into.outcome(outcome(BROKEN, 'held', { why: 'click_not_seen' }))
  },
  'pending broken': (into) => into.pending(`w1:c:c9:${BROKEN}`, true),
  'stored broken': (into) => into.storedEvent(stored(BROKEN, 'held')),
}

test.each<{ name: string; change: Readonly<Record<string, Step | null>>; expected: string[] }>([
  { name: 'a clean history has none', change: {}, expected: [] },
  { name: 'a postback that was read again is what it was read as then', change: READ_AGAIN, expected: [] },
  {
    name: 'read again, and written twice on its way in',
    change: {
      ...READ_AGAIN,
      'postback broken': (into) => {
        READ_AGAIN['postback broken']?.(into)
        into.postback(postback(BROKEN, 'c9', { read_again_at: NOW }), at)
      },
    },
    expected: [],
  },
  {
    name: 'read again, and never decided again',
    change: { ...READ_AGAIN, 'outcome broken': HISTORY['outcome broken'] ?? null, 'pending broken': null },
    expected: of(['postback_without_outcome', BROKEN], ['clickhouse_event_differs', BROKEN]),
  },
  {
    name: 'read again, and decided twice',
    change: {
      ...READ_AGAIN,
      'postback broken': (into) => {
        into.postback(postback(BROKEN, 'c1', { quarantined: 'no_event' }), at)
        into.postback(
          { ...postback(BROKEN, 'c1', { read_again_at: NOW - 1 }), reading: { ...postback(BROKEN, 'c1').reading, event: 'Lead' } },
          at,
        )
      },
      'outcome broken': (into) => {
        into.outcome(outcome(BROKEN, 'quarantined', { why: 'no_event' }))
        into.outcome(outcome(BROKEN, 'matched'))
        into.outcome(outcome(BROKEN, 'matched', { at: RECEIVED + 500 }))
      },
      'pending broken': null,
      'stored broken': (into) => into.storedEvent(stored(BROKEN, 'matched')),
    },
    expected: of(['attributed_twice', BROKEN]),
  },
  {
    name: 'accepted, and in no topic',
    change: { ghost: (into) => into.accepted(GHOST) },
    expected: of(['accepted_not_in_postbacks', GHOST]),
  },
  {
    name: 'passed by attribution without a word',
    change: { 'outcome alone': null, 'stored alone': (into) => into.storedEvent(stored(ALONE, 'received')) },
    expected: of(['postback_without_outcome', ALONE]),
  },
  {
    name: 'attribution has not come to it yet',
    change: {
      'postback alone': (into) => into.postback(postback(ALONE, null), { ...at, behind: true }),
      'outcome alone': null,
      'stored alone': (into) => into.storedEvent(stored(ALONE, 'received')),
    },
    expected: [],
  },
  {
    name: 'written twice on its way in: one conversion',
    change: { repeat: (into) => into.postback(postback(MET, 'c1'), at) },
    expected: [],
  },
  {
    name: 'decided and never received',
    change: { ghost: (into) => into.outcome(outcome(GHOST, 'unmatched')) },
    expected: of(['outcome_without_postback', GHOST]),
  },
  {
    name: 'decided twice alike',
    change: { second: (into) => into.outcome(outcome(ALONE, 'unmatched', { at: NOW, why: 'no_click_id' })) },
    expected: of(['attributed_twice', ALONE]),
  },
  {
    name: 'decided twice and queued twice',
    change: {
      second: (into) => into.outcome(outcome(MET, 'matched', { at: RECEIVED + 150, deliveries: verdict('queued') })),
      'second record': (into) => into.delivery('deliver.meta', delivery({ queued_at: RECEIVED + 150, moved_at: RECEIVED + 150 }), at),
    },
    expected: of(['attributed_twice', MET], ['queued_twice', SENT]),
  },
  {
    name: 'put into waiting twice',
    change: { second: (into) => into.outcome(outcome(WAITING, 'held', { why: 'click_not_seen' })) },
    expected: of(['held_twice', WAITING]),
  },
  {
    name: 'still waiting, and the reason is known better',
    change: { second: (into) => into.outcome(outcome(WAITING, 'held', { why: 'case_differs' })) },
    expected: [],
  },
  {
    name: 'held, and nothing waits',
    change: { pending: null },
    expected: of(['held_not_pending', WAITING]),
  },
  {
    name: 'held, and taken back',
    change: { taken: (into) => into.pending(`w1:c:c2:${WAITING}`, false) },
    expected: of(['held_not_pending', WAITING]),
  },
  {
    name: 'decided, and still waiting',
    change: { left: (into) => into.pending(`w1:c:c1:${MET}`, true) },
    expected: of(['pending_after_decision', MET]),
  },
  {
    name: 'waiting, and never received',
    change: { left: (into) => into.pending(`w1:c:c1:${GHOST}`, true) },
    expected: of(['pending_without_postback', GHOST]),
  },
  {
    name: 'held though its click is known',
    change: { 'other click': (into) => into.click('w1:c:c2', { clicked_at: RECEIVED - 1_000 }, RECEIVED - 900) },
    expected: of(['decision_differs', WAITING]),
  },
  {
    name: 'a click this young may still be on its way to who waits',
    change: { 'other click': (into) => into.click('w1:c:c2', { clicked_at: RECEIVED - 1_000 }, NOW - 100) },
    expected: [],
  },
  {
    name: 'matched by a click that nobody knows',
    change: { click: null },
    expected: of(['decision_differs', MET]),
  },
  {
    name: 'another spelling is another click',
    change: { click: (into) => into.click('w1:c:C1', { clicked_at: RECEIVED - 1_000 }, RECEIVED - 900) },
    expected: of(['decision_differs', MET]),
  },
  {
    name: 'matched after the window',
    change: { click: (into) => into.click('w1:c:c1', { clicked_at: RECEIVED - 31 * DAY_MS }, RECEIVED - 900) },
    expected: of(['decision_differs', MET]),
  },
  {
    name: 'a repeat that was taken for another conversion',
    change: {
      'outcome again': (into) => into.outcome(outcome(AGAIN, 'matched')),
      'stored again': (into) => into.storedEvent(stored(AGAIN, 'matched')),
    },
    expected: of(['decision_differs', AGAIN]),
  },
  {
    name: 'queued, and no record for the platform',
    change: { deliver: null },
    expected: of(['queued_not_in_deliver', SENT]),
  },
  {
    name: 'queued, and the record is of another moment',
    change: { deliver: (into) => into.delivery('deliver.meta', delivery({ queued_at: NOW, moved_at: NOW }), at) },
    expected: of(['queued_not_in_deliver', SENT], ['deliver_not_queued', SENT]),
  },
  {
    name: 'a record that nobody queued',
    change: {
      forged: (into) =>
        into.delivery('deliver.meta', delivery({ conversion: { workspace_id: 'w1', postback_id: ALONE, received_at: RECEIVED } }), at),
    },
    expected: of(['deliver_not_queued', `${ALONE} > d1`]),
  },
  {
    name: 'one outcome, two records',
    change: { second: (into) => into.delivery('deliver.meta', delivery(), at) },
    expected: of(['queued_twice', SENT]),
  },
  {
    name: 'moved on through a tier and back',
    change: {
      tier: (into) => into.delivery('retry.10s', delivery({ attempts: 1, why: 'timeout', moved_at: RECEIVED + 150 }), at),
      back: (into) => into.delivery('deliver.meta', delivery({ attempts: 1, why: 'timeout', moved_at: RECEIVED + 160 }), at),
    },
    expected: [],
  },
  {
    name: 'no last word, and it waits nowhere',
    change: {
      forwarded: null,
      'believed before': null,
      'believed after': null,
      'stored met': (into) => into.storedEvent(stored(MET, 'matched')),
      'stored delivery': (into) => into.storedDelivery({ ...stored(MET, 'queued'), destinationId: 'd1' }),
    },
    expected: of(['delivery_lost', SENT]),
  },
  {
    name: 'no last word, and it waits in a tier',
    change: {
      forwarded: (into) => into.delivery('retry.10s', delivery({ attempts: 1, why: 'timeout', moved_at: NOW }), { ...at, behind: true }),
      'believed before': null,
      'believed after': null,
      'stored met': (into) => into.storedEvent(stored(MET, 'matched')),
      'stored delivery': (into) => into.storedDelivery({ ...stored(MET, 'queued'), destinationId: 'd1' }),
    },
    expected: [],
  },
  {
    name: 'concluded twice',
    change: { second: (into) => into.outcome({ ...forwarded, at: NOW }) },
    expected: of(['forwarded_twice', SENT]),
  },
  {
    name: 'forwarded, and the platform does not know it',
    change: { 'believed before': null, 'believed after': null },
    expected: of(['not_at_twin', SENT]),
  },
  {
    name: 'the platform counts it twice',
    change: { 'believed twice': (into) => into.believedAfter('meta', belief) },
    expected: of(['twice_at_twin', SENT]),
  },
  {
    name: 'the platform knows what nobody sent',
    change: {
      'believed before': (into) => {
        into.believedBefore('meta', belief)
        into.believedBefore('meta', { ...belief, event_id: 'e-x' })
      },
      stranger: (into) => into.believedAfter('meta', { ...belief, event_id: 'e-x' }),
    },
    expected: of(['at_twin_without_outcome', 'meta 77777 e-x']),
  },
  {
    name: 'no row of an event',
    change: { 'stored alone': null },
    expected: of(['clickhouse_event_missing', ALONE]),
  },
  {
    name: 'a row of nothing',
    change: { ghost: (into) => into.storedEvent(stored(GHOST, 'matched')) },
    expected: of(['clickhouse_event_unknown', GHOST]),
  },
  {
    name: 'two rows of an event',
    change: { second: (into) => into.storedEvent(stored(ALONE, 'unmatched')) },
    expected: of(['clickhouse_event_twice', ALONE]),
  },
  {
    name: 'another status of an event',
    change: { 'stored waiting': (into) => into.storedEvent(stored(WAITING, 'unmatched')) },
    expected: of(['clickhouse_event_differs', WAITING]),
  },
  {
    name: 'moved on since the topics were read',
    change: {
      'stored waiting': (into) => {
        into.storedEvent(stored(WAITING, 'matched'))
        into.storedDelivery({ ...stored(WAITING, 'queued'), destinationId: 'd1' })
        into.movedOn(WAITING)
      },
    },
    expected: [],
  },
  {
    name: 'no row of a delivery',
    change: { 'stored delivery': null },
    expected: of(['clickhouse_delivery_missing', SENT]),
  },
  {
    name: 'a row of no delivery',
    change: { ghost: (into) => into.storedDelivery({ ...stored(ALONE, 'queued'), destinationId: 'd1' }) },
    expected: of(['clickhouse_delivery_unknown', `${ALONE} > d1`]),
  },
  {
    name: 'two rows of a delivery',
    change: { second: (into) => into.storedDelivery({ ...stored(MET, 'forwarded'), destinationId: 'd1' }) },
    expected: of(['clickhouse_delivery_twice', SENT]),
  },
  {
    name: 'another status of a delivery',
    change: { 'stored delivery': (into) => into.storedDelivery({ ...stored(MET, 'retrying'), destinationId: 'd1' }) },
    expected: of(['clickhouse_delivery_differs', SENT]),
  },
])('$name', ({ change, expected }) => {
  expect(found(change)).toEqual(expected)
})

test('what was received before the span is not judged', () => {
  expect(found({ 'outcome alone': null, pending: null, ghost: (into) => into.accepted(GHOST) }, RECEIVED + 1)).toEqual([])
})
