import type { ClickRecord } from '../events/click.ts'
import { foldClickId } from '../events/keys.ts'
import type { Outcome } from '../events/outcome.ts'
import type { Postback } from '../events/postback.ts'
import { Decimal } from '../events/shapes.ts'
import { DELIVERY_STAGES, STAGES } from '../events/stages.ts'

/** What the store reads. */
export const STORE_TOPICS = ['postbacks', 'outcomes', 'clicks'] as const
export type StoreTopic = (typeof STORE_TOPICS)[number]

/** Tables with one row per record; everything else in ClickHouse follows from them. */
export const TABLES = ['postbacks', 'stages', 'deliveries', 'attempts', 'clicks'] as const
export type Table = (typeof TABLES)[number]

/** Column name to value, as JSONEachRow takes it. Text that is absent is '', a number or time that is absent is null. */
export type Row = Readonly<Record<string, unknown>>
export type TableRow = readonly [table: Table, row: Row]
export type Place = { readonly partition: number; readonly offset: number }

/** The record decodes, but no table can hold it: it belongs in `dead`. The message holds no value of the record. */
export class UnfitRecord extends Error {
  override readonly name = 'UnfitRecord'
}

/** The rows of one decoded record. Throws UnfitRecord, since one row that ClickHouse refuses would stop all others. */
export function rowsOf(topic: StoreTopic, record: unknown, place: Place): TableRow[] {
  // The codec has decoded it by the schema of its topic, which has the fields of the type.
  if (topic === 'postbacks') return [postbackRow(record as Postback, place)]
  if (topic === 'clicks') return clickRows(record as ClickRecord, place)
  return outcomeRows(record as Outcome, place)
}

function postbackRow(postback: Postback, place: Place): TableRow {
  const { reading } = postback
  const row = {
    ...keyOf(postback),
    source_id: postback.source_id,
    source_kind: postback.source_kind,
    tracker: postback.tracker,
    lane: postback.lane,
    method: postback.method,
    dialect: postback.dialect,
    key_version: postback.key_version,
    quarantined: postback.quarantined ?? '',
    click_id_fault: postback.click_id_fault ?? '',
    ...factColumns(reading),
    test: reading.test,
    reading: JSON.stringify(reading),
    unread: JSON.stringify(postback.unread),
    problems: JSON.stringify(postback.problems),
    raw: JSON.stringify(postback.raw),
    subs: reading.subs,
    read_again_at: postback.read_again_at === null ? null : dateTime(postback.read_again_at),
    ...placeColumns(place),
  }
  return ['postbacks', row]
}

function outcomeRows(outcome: Outcome, place: Place): TableRow[] {
  const key = keyOf(outcome)
  const at = dateTime(outcome.at)
  const { test, attempt, click } = outcome
  const rows: TableRow[] = []
  if (outcome.stage !== null) {
    const row = {
      ...key,
      stage: known(STAGES, outcome.stage),
      at,
      why: outcome.why ?? '',
      matched_by: outcome.matched_by ?? '',
      nearest_click_id: outcome.nearest_click_id ?? '',
      campaign_id: outcome.campaign_id ?? '',
      platform: outcome.platform ?? '',
      source_id: outcome.source_id,
      tracker: outcome.tracker,
      ...factColumns(outcome),
      test,
      click: click === null ? '' : JSON.stringify(click),
      ...placeColumns(place),
    }
    rows.push(['stages', row])
  }
  for (const { platform, destination_id, stage, why } of outcome.deliveries) {
    const row = { ...key, platform, destination_id, stage: known(DELIVERY_STAGES, stage), at, why: why ?? '', test, ...placeColumns(place) }
    rows.push(['deliveries', row])
  }
  if (attempt !== null) {
    const [about] = outcome.deliveries
    if (about === undefined) throw new UnfitRecord('an attempt without the delivery it is about')
    const { platform, destination_id } = about
    const { n, latency_ms, verdict, request, response } = attempt
    const http_status = attempt.http_status ?? 0
    const trace_id = attempt.trace_id ?? ''
    const row = { ...key, platform, destination_id, n, at, latency_ms, http_status, verdict, trace_id, request, response, test }
    rows.push(['attempts', { ...row, ...placeColumns(place) }])
  }
  return rows
}

function clickRows(record: ClickRecord, place: Place): TableRow[] {
  const { transaction_id, accepted: _, ...click } = record
  if (typeof transaction_id === 'string') return [] // the click has a record of its own
  const row = {
    workspace_id: click.workspace_id,
    folded_id: foldClickId(click.click_id),
    click_id: click.click_id,
    ids: click.ids,
    clicked_at: dateTime(click.clicked_at),
    received_at: dateTime(click.received_at),
    source_id: click.source_id ?? '',
    platform: click.platform ?? '',
    campaign_id: click.campaign_id ?? '',
    adset_id: click.adset_id ?? '',
    ad_id: click.ad_id ?? '',
    utm: click.utm,
    cost: decimal(click.cost),
    currency: click.currency ?? '',
    test: click.test,
    record: JSON.stringify(click),
    ...placeColumns(place),
  }
  return [['clicks', row]]
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
function keyOf({ workspace_id, received_at, postback_id }: Pick<Postback, 'workspace_id' | 'received_at' | 'postback_id'>): Row {
  if (!UUID.test(postback_id)) throw new UnfitRecord('postback_id is not a UUID')
  return { workspace_id, received_at: dateTime(received_at), postback_id }
}

type Facts = Pick<Outcome, 'event' | 'event_id' | 'conversion_status' | 'click_id' | 'transaction_id' | 'value' | 'currency' | 'event_time'>
const factColumns = (facts: Facts): Row => ({
  event: facts.event ?? '',
  event_id: facts.event_id,
  conversion_status: facts.conversion_status ?? '',
  click_id: facts.click_id ?? '',
  transaction_id: facts.transaction_id ?? '',
  value: decimal(facts.value),
  value_text: facts.value ?? '',
  currency: facts.currency ?? '',
  event_time: facts.event_time === null ? null : dateTime(facts.event_time),
})

const placeColumns = ({ partition, offset }: Place): Row => ({ kafka_partition: partition, kafka_offset: offset })

function known<Words extends object>(words: Words, word: string): string {
  if (!Object.hasOwn(words, word)) throw new UnfitRecord('a stage that this version does not know')
  return word
}

/** Decimal(18,6) holds every Decimal of ours; what is none is left to `value_text`. */
const decimal = (text: string | null): string | null => (text !== null && Decimal.safeParse(text).success ? text : null)

/** The last millisecond that DateTime64(3) holds; senders' clocks may say anything. */
const LAST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999)

/** `2026-11-23 01:02:03.456`, UTC. */
function dateTime(ms: number): string {
  if (!(ms >= 0)) throw new UnfitRecord('a time before 1970')
  return new Date(Math.min(ms, LAST_MS)).toISOString().slice(0, 23).replace('T', ' ')
}
