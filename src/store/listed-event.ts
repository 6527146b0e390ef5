import type { DeliveryStage, Status } from '../events/stages.ts'

/** An event as lists of the API show it. Times are ISO 8601 in UTC; null: not sent or not known. */
export type ListedEvent = {
  readonly postback_id: string
  readonly event_id: string
  readonly received_at: string
  readonly event_time: string | null
  readonly source_id: string
  readonly tracker: string
  readonly campaign_id: string | null
  readonly platform: string | null
  readonly event: string | null
  readonly conversion_status: string | null
  readonly click_id: string | null
  readonly transaction_id: string | null
  readonly value: string | null
  readonly currency: string | null
  readonly status: Status
  readonly why?: string
  readonly test: boolean
  /** `sub1` to `sub20`, those that were sent. */
  readonly subs: Readonly<Record<string, string>>
  readonly deliveries: readonly ListedDelivery[]
}

export type ListedDelivery = {
  readonly platform: string
  readonly destination_id: string
  readonly status: DeliveryStage
  readonly why?: string
}

/** Columns of view `events_now` that make a ListedEvent. */
export const LISTED_COLUMNS = `postback_id, event_id, received_at, event_time, source_id, tracker, campaign_id, platform, event,
  conversion_status, click_id, transaction_id, value_text, currency, status, why, test, subs, destinations, changed_at`

export type ListedRow = {
  postback_id: string
  event_id: string
  received_at: string
  event_time: string | null
  source_id: string
  tracker: string
  campaign_id: string
  platform: string
  event: string
  conversion_status: string
  click_id: string
  transaction_id: string
  value_text: string
  currency: string
  status: Status
  why: string
  test: boolean
  subs: string[]
  destinations: { platform: string; destination_id: string; stage: DeliveryStage; at: string; why: string }[]
  changed_at: string
}

export function toListed(row: ListedRow): ListedEvent {
  return {
    postback_id: row.postback_id,
    event_id: row.event_id,
    received_at: row.received_at,
    event_time: row.event_time,
    source_id: row.source_id,
    tracker: row.tracker,
    campaign_id: orNull(row.campaign_id),
    platform: orNull(row.platform),
    event: orNull(row.event),
    conversion_status: orNull(row.conversion_status),
    click_id: orNull(row.click_id),
    transaction_id: orNull(row.transaction_id),
    value: orNull(row.value_text),
    currency: orNull(row.currency),
    status: row.status,
    ...whyOf(row.why),
    test: row.test,
    subs: Object.fromEntries(row.subs.toSorted(bySubName).map((pair) => pair.split(/\t(.*)/s).slice(0, 2))),
    deliveries: row.destinations.map(({ platform, destination_id, stage, why }) => ({
      platform,
      destination_id,
      status: stage,
      ...whyOf(why),
    })),
  }
}

/** `sub2` before `sub10`. */
const bySubName = (a: string, b: string): number => Number.parseInt(a.slice(3), 10) - Number.parseInt(b.slice(3), 10)

/** `why` is left out where there is none. */
export const whyOf = (why: string): { why?: string } => (why === '' ? {} : { why })
export const orNull = (text: string): string | null => (text === '' ? null : text)
