import { DELIVERY_STAGES, type DeliveryStage } from '../events/stages.ts'
import { PLATFORM_IDS } from '../events/words.ts'
import type { ClickHouseClient } from './client.ts'
import { instant, select } from './select.ts'

export const GROUPS = ['tracker', 'source', 'campaign', 'platform', 'event', 'currency'] as const
export type GroupBy = (typeof GROUPS)[number]
export const BUCKETS = ['minute', 'hour', 'day'] as const
export type Bucket = (typeof BUCKETS)[number]

export type StatsQuery = {
  /** Bounds on received_at, epoch ms: from inclusive, to exclusive. */
  readonly from: number
  readonly to: number
  readonly group_by?: GroupBy
  readonly bucket?: Bucket
  /** IANA name that days and hours are cut by; UTC when absent. The caller has checked that it exists. */
  readonly tz?: string
}

export type Counts = {
  /** All postbacks of the cohort, whatever became of them. */
  readonly received: number
  readonly duplicate: number
  readonly quarantined: number
  readonly deferred: number
  readonly held: number
  readonly matched: number
  readonly unmatched: number
  /** matched / (matched + unmatched + held); null: none of the three. */
  readonly success_rate: number | null
  readonly unmatched_by: Readonly<Record<string, number>>
  /** Sum of the values of what matched, as decimal text by currency. */
  readonly value_by_currency: Readonly<Record<string, string>>
  /** Deliveries by where they stand; `forwarded` counts each that was ever accepted, confirmed ones too. */
  readonly platforms: Readonly<Record<string, PlatformCounts>>
}
export type PlatformCounts = Readonly<Record<DeliveryStage, number>>

export type Stats = Counts & {
  /** `key` null: what has none, such as the platform of an unmatched postback. */
  readonly groups?: readonly (Counts & { readonly key: string | null })[]
  /** In order of time; a bucket in which nothing came is left out. */
  readonly buckets?: readonly (Counts & { readonly at: string })[]
}

const GROUP_COLUMNS: Readonly<Record<GroupBy, string>> = {
  tracker: 'tracker',
  source: 'source_id',
  campaign: 'campaign_id',
  platform: 'platform',
  event: 'event',
  currency: 'currency',
}
const BUCKET_STARTS: Readonly<Record<Bucket, string>> = {
  minute: 'toStartOfMinute(received_at, {tz:String})',
  hour: 'toStartOfHour(received_at, {tz:String})',
  day: 'toStartOfDay(received_at, {tz:String})',
}
/** Two weeks of minutes; more groups than this are no longer a chart. */
const MAX_KEYS = 20_160

type CountsRow = Omit<Counts, 'success_rate' | 'platforms'> & { key: string }
type PlatformRow = PlatformCounts & { key: string; platform: string }

/** Exact counts over the postbacks received in the range; test events are left out. */
export async function stats(client: ClickHouseClient, workspaceId: string, asked: StatsQuery): Promise<Stats> {
  const { from, to, group_by, bucket, tz = 'UTC' } = asked
  const params = { workspace: workspaceId, from, to, tz }
  const by = async (key: string, deliveryKey = key): Promise<Map<string, Counts>> => {
    const [events, deliveries] = await Promise.all([
      select<CountsRow>(client, countsSql(key), params),
      select<PlatformRow>(client, platformsSql(deliveryKey), params),
    ])
    return join(events, deliveries)
  }
  const [total, groups, buckets] = await Promise.all([
    by("''"),
    // A delivery counts under the platform it goes to.
    group_by && by(GROUP_COLUMNS[group_by], group_by === 'platform' ? 'd.platform' : GROUP_COLUMNS[group_by]),
    bucket && by(`toString(toUnixTimestamp(${BUCKET_STARTS[bucket]}))`),
  ])
  return {
    ...(total.get('') ?? toCounts(undefined, [])),
    ...(groups && { groups: [...groups].map(([key, counts]) => ({ key: key === '' ? null : key, ...counts })) }),
    ...(buckets && { buckets: [...buckets].sort(byNumber).map(([at, counts]) => ({ at: isoOf(at), ...counts })) }),
  }
}

const COHORT = `workspace_id = {workspace:String} AND received_at >= ${instant('from')} AND received_at < ${instant('to')} AND NOT test`

const countsSql = (key: string): string => `
  SELECT
    ${key} AS key,
    count() AS received,
    countIf(stage = 'duplicate') AS duplicate,
    countIf(stage = 'quarantined') AS quarantined,
    countIf(stage = 'deferred') AS deferred,
    countIf(stage = 'held') AS held,
    countIf(stage = 'matched') AS matched,
    countIf(stage = 'unmatched') AS unmatched,
    sumMapIf(map(stage_why, toUInt64(1)), stage = 'unmatched') AS unmatched_by,
    sumMapIf(map(currency, assumeNotNull(value)), stage = 'matched' AND isNotNull(value)) AS value_by_currency
  FROM events_now WHERE ${COHORT} GROUP BY key ORDER BY received DESC, key LIMIT ${MAX_KEYS}`

const stages = Object.keys(DELIVERY_STAGES) as DeliveryStage[]
const accepted = "d.stage IN ('forwarded', 'confirmed')"
const platformsSql = (key: string): string => `
  SELECT
    ${key} AS key,
    d.platform AS platform,
    ${stages.map((stage) => `countIf(${stage === 'forwarded' ? accepted : `d.stage = '${stage}'`}) AS ${stage}`).join(', ')}
  FROM (SELECT * EXCEPT platform, events_now.platform AS click_platform, arrayJoin(destinations) AS d FROM events_now WHERE ${COHORT})
  GROUP BY key, platform`

function join(events: CountsRow[], deliveries: PlatformRow[]): Map<string, Counts> {
  const rows = new Map(events.map((row) => [row.key, row]))
  const byKey = Map.groupBy(deliveries, ({ key }) => key)
  return new Map([...rows.keys(), ...byKey.keys()].map((key) => [key, toCounts(rows.get(key), byKey.get(key) ?? [])]))
}

function toCounts(row: CountsRow | undefined, deliveries: PlatformRow[]): Counts {
  const { matched = 0, unmatched = 0, held = 0 } = row ?? {}
  const base = matched + unmatched + held
  const none = Object.fromEntries(stages.map((stage) => [stage, 0])) as PlatformCounts // a key per stage
  const platforms: Record<string, PlatformCounts> = Object.fromEntries(PLATFORM_IDS.map((id) => [id, none]))
  for (const { key: _, platform, ...counts } of deliveries) platforms[platform] = counts
  return {
    received: row?.received ?? 0,
    duplicate: row?.duplicate ?? 0,
    quarantined: row?.quarantined ?? 0,
    deferred: row?.deferred ?? 0,
    held,
    matched,
    unmatched,
    success_rate: base === 0 ? null : matched / base,
    unmatched_by: row?.unmatched_by ?? {},
    value_by_currency: row?.value_by_currency ?? {},
    platforms,
  }
}

const byNumber = ([a]: [string, unknown], [b]: [string, unknown]): number => Number(a) - Number(b)
const isoOf = (seconds: string): string => new Date(Number(seconds) * 1_000).toISOString()
