import type { PlatformId } from '../events/words.ts'
import type { KafkaSettings } from '../kafka/connect.ts'
import type { Projection } from '../kafka/projection.ts'
import type { Report as Tell } from '../kafka/record.ts'
import { auditChanged, auditDeliveries, auditEvents } from '../store/audit.ts'
import type { ClickHouseClient } from '../store/client.ts'
import { askTwin, type Twins } from './ask-twins.ts'
import { accountOf, type Belief } from './beliefs.ts'
import { AUDITED_TOPICS, GROUPS, WAITING_GROUPS } from './groups.ts'
import { type JudgeOptions, judge } from './judge.ts'
import { createFindings, type Difference } from './kinds.ts'
import { createLedger } from './ledger.ts'
import { readTopics } from './read-topics.ts'
import { type Offsets, type Positions, settle } from './settle.ts'
import { createTakeAnswers } from './take-answers.ts'
import { createTakeIn } from './take-in.ts'
import type { World } from './world.ts'

export type VerifyDeps = {
  readonly client: KafkaSettings
  readonly report: Tell
  readonly positions: Positions
  /** By topic, of every one of AUDITED_TOPICS. */
  readonly projections: ReadonlyMap<string, Projection>
  /** The configuration, read to its end. */
  readonly world: World
  readonly clickhouse: ClickHouseClient
  /** Twins that are to be asked, by their addresses. */
  readonly twins: Twins
  readonly nowMs: () => number
}

export type VerifyOptions = {
  /** Postback ids that the edge answered 2xx for; null: nobody kept them. */
  readonly accepted: AsyncIterable<string> | Iterable<string> | null
  /** null: all. */
  readonly workspaces: readonly string[] | null
  /** Only what was received from then on is judged, epoch milliseconds; 0: all that the topics hold. */
  readonly sinceMs: number
  /** How long readers may take to catch up before the audit goes on without them. */
  readonly settleMs: number
  /** So many examples of each kind of difference. */
  readonly limit: number
}

/** What an audit found. `agrees` when there is no difference at all. */
export type Report = {
  readonly agrees: boolean
  readonly startedAt: string
  /** Received in this span. `since` may be later than asked for, where topics no longer hold all of the past. */
  readonly since: string
  readonly until: string
  readonly workspaces: readonly string[] | null
  readonly tookMs: number
  readonly counts: Readonly<Record<string, number>>
  /** What was not asked, and why. */
  readonly notes: readonly string[]
  readonly differences: readonly Difference[]
}

/** Compares by id what the edge accepted, the topics, the twins and ClickHouse. Reads the topics read committed, to the ends
 *  that stood when the readers had caught up; judges what was received before it began. Throws a Fault for a part that cannot
 *  be asked. */
export async function verify(deps: VerifyDeps, options: VerifyOptions): Promise<Report> {
  const { world, positions } = deps
  const startedMs = deps.nowMs()
  const workspaces = options.workspaces === null ? null : new Set(options.workspaces)
  const ledger = createLedger()
  const findings = createFindings(options.limit)
  const notes: string[] = []
  const inScope = (workspaceId: string, receivedAtMs: number): boolean =>
    receivedAtMs >= options.sinceMs && receivedAtMs <= startedMs && (workspaces?.has(workspaceId) ?? true)
  const isOurs = ownershipOf(world, workspaces)
  const takeIn = createTakeIn(ledger, world, inScope)
  const answers = createTakeAnswers(ledger)
  const askTwins = async (hear: (platform: PlatformId, belief: Belief) => void): Promise<void> => {
    for (const platform of platformsOf(deps.twins)) {
      for (const belief of await askTwin(platform, deps.twins[platform] ?? '')) if (isOurs(platform, belief)) hear(platform, belief)
      ledger.asked.add(platform)
    }
  }

  for await (const id of options.accepted ?? []) answers.accepted(id)
  if (options.accepted === null) notes.push('No list of accepted postbacks was given: what the edge answered was not compared.')

  // What a twin believes now is told in outcomes by the time the readers have caught up once more.
  await settle(positions, GROUPS, options.settleMs)
  await askTwins(answers.believedBefore)
  const lags = await settle(positions, GROUPS, options.settleMs)
  for (const { group, place, records } of lags) findings.found('behind', `${group} at ${place}`, `${records} records`, 1)

  // Positions first: what a reader did before it committed them lies before the ends that are asked afterwards.
  const committed = await committedOf(positions)
  const endsAtMs = deps.nowMs()
  const ranges = new Map(await Promise.all(AUDITED_TOPICS.map(async (topic) => [topic, await positions.log(topic)] as const)))
  const { buriedNowhere, wholeSinceMs } = await readTopics({
    ...deps,
    ranges,
    takeIn,
    isBehind: ({ topic, partition, offset }, platform) => {
      const group = GROUP_OF[topic] ?? `held.${platform}`
      return offset >= (committed.get(`${group} ${topic}`)?.get(partition) ?? -1)
    },
  })
  for (const place of buriedNowhere) findings.found('unreadable_not_in_dead', place)

  const sinceMs = Math.max(options.sinceMs, ...LOSSY.map((topic) => wholeSinceMs.get(topic) ?? 0))
  if (sinceMs > options.sinceMs)
    notes.push(`Topics no longer hold all from before ${iso(sinceMs)}: what was received earlier was not judged.`)
  const span = { sinceMs, untilMs: startedMs, workspaces: options.workspaces }
  await auditEvents(deps.clickhouse, span, answers.storedEvent)
  await auditDeliveries(deps.clickhouse, span, answers.storedDelivery)
  await auditChanged(deps.clickhouse, span, endsAtMs, answers.movedOn)
  await askTwins(answers.believedAfter)
  if (platformsOf(deps.twins).length === 0) notes.push('No twin was asked.')

  const judged: JudgeOptions = {
    startedMs,
    sinceMs,
    untilMs: startedMs,
    workspaces,
    clicksAreWhole: !wholeSinceMs.has('clicks'),
  }
  judge(ledger, world, findings, judged)
  const differences = findings.differences()
  return {
    agrees: differences.length === 0,
    startedAt: iso(startedMs),
    since: iso(sinceMs),
    until: iso(startedMs),
    workspaces: options.workspaces,
    tookMs: deps.nowMs() - startedMs,
    counts: Object.fromEntries(ledger.counts),
    notes,
    differences,
  }
}

/** Topics whose records go away with time while others still speak of the same postback. */
const LOSSY = AUDITED_TOPICS.filter((topic) => topic === 'postbacks' || topic === 'outcomes' || topic.startsWith('deliver.'))
const GROUP_OF: Readonly<Record<string, string>> = Object.fromEntries(
  [...WAITING_GROUPS.filter(({ id }) => id === 'retry'), ...GROUPS.filter(({ id }) => id !== 'store')].flatMap(({ id, topics }) =>
    topics.map((topic) => [topic, id]),
  ),
)
const iso = (ms: number): string => new Date(ms).toISOString()
const platformsOf = (twins: Twins): PlatformId[] => Object.keys(twins) as PlatformId[]

async function committedOf(positions: Positions): Promise<Map<string, Offsets>> {
  const places = [...GROUPS, ...WAITING_GROUPS].flatMap(({ id, topics }) => topics.map((topic) => ({ id, topic })))
  return new Map(await Promise.all(places.map(async ({ id, topic }) => [`${id} ${topic}`, await positions.committed(id, topic)] as const)))
}

/** Says of a belief whether it is of an account that the audited workspaces send to. */
function ownershipOf(world: World, workspaces: ReadonlySet<string> | null): (platform: PlatformId, belief: Belief) => boolean {
  const accounts = new Set<string>()
  for (const { platform, targets, workspaceId } of world.destinations())
    if (workspaces?.has(workspaceId) ?? true) for (const target of targets) accounts.add(`${platform} ${target}`)
  return (platform, belief) => accounts.has(`${platform} ${accountOf(platform, belief.destination)}`)
}
