import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clickKey } from '../../events/keys.ts'
import type { Postback } from '../../events/postback.ts'
import { sampleClickRecord, samplePostback } from '../../events/samples.ts'
import { createWorkspaceCopy } from '../../workspaces/copy.ts'
import { DEFAULT_SETTINGS, type DedupePolicy, type Workspace } from '../../workspaces/schema.ts'
import { createSpec } from './spec.ts'
import { createWorld } from './world.ts'

const RUNS = Number(process.env.MODEL_RUNS ?? 300)
const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 10, 1)
const POLICIES: Readonly<Record<string, DedupePolicy>> = { s3: 'first_only', s4: 'by_transaction', s5: 'every' }
const CLICK_IDS = ['a', 'A', 'a ', 'b'] as const

const steps = fc.array(fc.nat(1 << 12), { maxLength: 6 })
const sent = fc.record({
  source: fc.constantFrom('s1', 's1', 's2', 's2', 's3', 's4', 's5'),
  click: fc.constantFrom(...CLICK_IDS, 'b', null, null),
  tx: fc.constantFrom('t1', 't2', null),
  event: fc.constantFrom('Purchase', 'Purchase', 'Lead'),
  status: fc.constantFrom('approved', 'refund', 'chargeback'),
  id: fc.constantFrom(null, null, null, 'x', 'y'),
  lane: fc.constantFrom('live', 'live', 'live', 'deferred'),
  odd: fc.constantFrom(null, null, null, null, 'inline', 'fault', 'quarantined'),
  /** The sender names its messages: the same content is the same message. */
  named: fc.boolean(),
})
const op = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('postback'), sent, steps }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('repeat', 'resend'), of: fc.nat(30), steps }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('click'), id: fc.constantFrom(...CLICK_IDS), steps }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('odd click'), id: fc.constantFrom(...CLICK_IDS), hours: fc.constantFrom(800, -1), steps }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone'), id: fc.constantFrom(...CLICK_IDS), steps }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time'), hours: fc.constantFrom(0.1, 2, 73, 190), steps }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold'), hours: fc.constantFrom(1, 72), steps }) },
)
type Op = typeof op extends fc.Arbitrary<infer Value> ? Value : never

test(`whatever is interleaved, repeated, killed and lost, the outcomes are those of the model (${RUNS} runs)`, {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 1, maxLength: 25 }), (ops) => run(ops as Op[])),
    { numRuns: RUNS },
  )
})

/** Two records of one click are merged in the table, and the merged one is written to the topic as well. A process that died, or was
 *  restoring, between the two left the topic with halves: compaction keeps the later one alone, and who reads the topic anew from
 *  then on knows only that. */
test('a-merge-outlives-compaction: it is written back, whoever dies before it was', async () => {
  const sale = { source: 's1', tx: 't1', event: 'Purchase', status: 'approved', id: null, lane: 'live', odd: null }
  const ops = [
    { kind: 'click', id: 'a ', steps: [] },
    { kind: 'odd click', id: 'a ', hours: -1, steps: [722] },
    { kind: 'postback', sent: { ...sale, click: 'a ' }, steps: [1784, 3552] },
    { kind: 'postback', sent: { ...sale, click: 'a' }, steps: [] },
  ]
  await run(ops as unknown as Op[])
})

async function run(ops: readonly Op[]): Promise<void> {
  const workspaces = createWorkspaceCopy()
  const policyOf = ({ source_id }: Postback) => POLICIES[source_id]
  const spec = createSpec(policyOf)
  let version = 0
  const configure = (holdHours: number) => {
    const doc = JSON.stringify(workspaceOf(holdHours))
    workspaces.apply({ workspace_id: 'w1', base_version: version, version: ++version, at: 1, by: 'operator', doc }, 'w1', version)
    spec.hold(holdHours * HOUR_MS)
  }
  configure(72)
  const world = createWorld(workspaces, START_MS)
  await world.begin()
  const all: Postback[] = []
  const places = new Map<string, { partition: number; offset: number }>()
  let forgot = false
  const odd = new Set<string>()

  const send = (postback: Postback) => {
    const place = world.postback(postback)
    if (!places.has(postback.postback_id)) places.set(postback.postback_id, place)
    all.push(postback)
    spec.postback(postback)
    spec.settle(world.now())
  }
  const fresh = (from: Postback): Postback => ({
    ...from,
    postback_id: `01900000-0000-7000-8000-${String(all.length).padStart(12, '0')}`,
    received_at: world.now(),
  })

  for (const one of ops) {
    // What does not commute with what is still under way comes after it.
    if (one.kind === 'odd click') odd.add(one.id)
    const isApart = 'hours' in one || one.kind === 'tombstone' || ('id' in one && odd.has(one.id))
    if (isApart) await world.advance(0)
    if ('sent' in one) send(fresh(postbackOf(one.sent)))
    else if ('of' in one) {
      const again = all[one.of % Math.max(1, all.length)]
      // What was written twice on its way in comes within the window: no edge spools for a week.
      const isTimely = again !== undefined && world.now() - again.received_at < 7 * 24 * HOUR_MS
      if (one.kind === 'resend' && again !== undefined) send(fresh({ ...again, lane: 'live' }))
      else if (isTimely) send(again)
    } else if (one.kind === 'click' || one.kind === 'odd click') {
      const clickedAt = world.now() - ('hours' in one ? one.hours * HOUR_MS : 0)
      world.click(clickKey('w1', one.id), sampleClickRecord({ click_id: one.id, ids: [one.id], clicked_at: clickedAt }))
      spec.click(one.id, clickedAt)
    } else if (one.kind === 'tombstone') {
      forgot = true
      world.click(clickKey('w1', one.id), null)
      spec.forget(one.id)
    } else if (one.kind === 'hold') configure(one.hours)
    else await world.advance(one.hours * HOUR_MS)
    spec.settle(world.now())
    for (const choice of one.steps) await world.step(choice)
    if (isApart) await world.drain()
  }
  await world.advance(60_000)
  spec.settle(world.now())
  check()
  await world.advance(200 * HOUR_MS)
  spec.settle(world.now())
  check()
  expect(world.waiting()).toEqual([])

  function check(): void {
    const last = new Map(world.outcomes.map((outcome) => [outcome.postback_id, outcome]))
    const got = [...last].map(([id, { stage, why, matched_by: by }]) => [id, { stage, why: forgot && stage === 'held' ? null : why, by }])
    const wanted = [...spec.verdicts].map(([id, verdict]) => [id, forgot && verdict.stage === 'held' ? { ...verdict, why: null } : verdict])
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(wanted))
    const ends = world.outcomes.filter(({ stage }) => stage !== 'held' && stage !== 'deferred').map(({ postback_id }) => postback_id)
    expect(ends.length, 'each is decided once').toBe(new Set(ends).size)
    const queued = world.outcomes.flatMap(({ postback_id, deliveries }) =>
      deliveries.filter(({ stage }) => stage === 'queued').map(() => postback_id),
    )
    expect(world.deliveries.length, 'each is delivered once').toBe(queued.length)
    expect(queued.length).toBe(new Set(queued).size)
    inOrder()
  }

  /** Of one partition, nothing is overtaken on its way in: what is decided first came first, but for what never waits its turn. */
  function inOrder(): void {
    const decided = new Map<string, (typeof world.outcomes)[number]>()
    for (const outcome of world.outcomes)
      if (outcome.stage !== 'deferred' && !decided.has(outcome.postback_id)) decided.set(outcome.postback_id, outcome)
    for (const partition of [0, 1]) {
      const offsets = [...decided.values()]
        .filter(({ stage }) => stage !== 'duplicate' && stage !== 'quarantined')
        .flatMap(({ postback_id }) => {
          const place = places.get(postback_id)
          return place?.partition === partition ? [place.offset] : []
        })
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
    }
  }
}

/** A backend names its transactions with one pair where the click is known, and others where it is not, but for a resend of that
 *  pair: which of several the transaction meets first is the log's affair. */
function postbackOf({
  source,
  click,
  tx,
  event,
  status,
  id,
  lane,
  odd,
  named,
}: typeof sent extends fc.Arbitrary<infer Value> ? Value : never): Postback {
  const isBackend = source === 's2'
  const isOdd = isBackend && tx !== null ? null : odd
  const isWhole = isBackend && click !== null && tx !== null
  const reading = {
    event: isWhole ? 'Purchase' : event,
    conversion_status: isWhole ? 'approved' : status,
    click_id: isOdd === 'fault' || isOdd === 'inline' ? null : click,
    transaction_id: tx,
    event_id: id ?? `auto-${event}-${status}`,
    event_id_given: id !== null,
    fbclid: isOdd === 'inline' ? 'f1' : null,
  }
  return samplePostback({
    source_id: source,
    source_kind: isBackend ? 'backend' : 'tracker',
    lane,
    click_id_fault: isOdd === 'fault' ? 'macro_unreplaced' : null,
    quarantined: isOdd === 'quarantined' ? 'no_event' : null,
    message_id: named ? JSON.stringify([source, reading]) : null,
    reading,
  })
}

function workspaceOf(holdHours: number): Workspace {
  const source = {
    name: 's',
    tracker: 'generic',
    default_currency: null,
    default_country: null,
    timezone: 'UTC',
    decimal: null,
    status_map: {},
    reply: 'json',
    require_signature: false,
  } as const
  const key_versions = [{ version: 1, ring: 'r1', created_at: 1, retires_at: null, revoked_at: null }]
  return {
    id: 'w1',
    settings: { ...DEFAULT_SETTINGS, name: 'w', hold_hours: holdHours, rate_limit_per_min: 120 },
    sources: ['s1', 's2', 's3', 's4', 's5'].map((id) => ({
      ...source,
      id,
      kind: id === 's2' ? ('backend' as const) : ('tracker' as const),
      dedupe: POLICIES[id] === undefined ? {} : { '*': POLICIES[id] },
      key_versions,
    })),
    destinations: [
      {
        id: 'd1',
        platform: 'meta',
        name: 'd',
        settings: {},
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
}
