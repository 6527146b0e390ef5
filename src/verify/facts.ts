import type { Click } from '../events/click.ts'
import type { Delivery } from '../events/conversion.ts'
import type { Outcome } from '../events/outcome.ts'
import type { Postback } from '../events/postback.ts'
import type { PlatformClickId } from '../events/words.ts'
import type { Fields } from '../kafka/projection.ts'

/** What the audit reads of a record of `postbacks`; the rest is skipped. */
export type PostbackFacts = Pick<
  Postback,
  | 'postback_id'
  | 'workspace_id'
  | 'source_id'
  | 'source_kind'
  | 'key_version'
  | 'received_at'
  | 'lane'
  | 'quarantined'
  | 'click_id_fault'
  | 'read_again_at'
  | 'message_id'
> & {
  readonly reading: Pick<
    Postback['reading'],
    'event' | 'event_id' | 'event_id_given' | 'click_id' | 'transaction_id' | 'conversion_status' | 'event_time' | PlatformClickId
  >
}
export const POSTBACK_FIELDS: Fields = {
  postback_id: true,
  workspace_id: true,
  source_id: true,
  source_kind: true,
  key_version: true,
  received_at: true,
  lane: true,
  quarantined: true,
  click_id_fault: true,
  read_again_at: true,
  message_id: true,
  reading: {
    event: true,
    event_id: true,
    event_id_given: true,
    click_id: true,
    transaction_id: true,
    conversion_status: true,
    event_time: true,
    fbclid: true,
    fbc: true,
    gclid: true,
    gbraid: true,
    wbraid: true,
    ttclid: true,
  },
}

export type ClickFacts = Pick<Click, 'clicked_at'>
export const CLICK_FIELDS: Fields = { clicked_at: true }

export type OutcomeFacts = Pick<
  Outcome,
  'workspace_id' | 'postback_id' | 'received_at' | 'at' | 'stage' | 'why' | 'matched_by' | 'test' | 'deliveries'
> & { readonly attempt: { readonly request: string } | null }
export const OUTCOME_FIELDS: Fields = {
  workspace_id: true,
  postback_id: true,
  received_at: true,
  at: true,
  stage: true,
  why: true,
  matched_by: true,
  test: true,
  deliveries: true,
  attempt: { request: true },
}

export type DeliveryFacts = Pick<Delivery, 'platform' | 'destination_id' | 'queued_at' | 'moved_at' | 'attempts' | 'why'> & {
  readonly conversion: Pick<Delivery['conversion'], 'workspace_id' | 'postback_id' | 'received_at'>
}
export const DELIVERY_FIELDS: Fields = {
  platform: true,
  destination_id: true,
  queued_at: true,
  moved_at: true,
  attempts: true,
  why: true,
  conversion: { workspace_id: true, postback_id: true, received_at: true },
}

export type DeadFacts = { readonly topic: string; readonly partition: number; readonly offset: number }
export const DEAD_FIELDS: Fields = { topic: true, partition: true, offset: true }
