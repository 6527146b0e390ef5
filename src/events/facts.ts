import type { Outcome } from './outcome.ts'
import type { Postback } from './postback.ts'

type From = Pick<Postback, 'workspace_id' | 'postback_id' | 'received_at' | 'source_id' | 'tracker'>
/** The facts of its event that every outcome repeats. */
type Fact = keyof From | 'event' | 'event_id' | 'conversion_status' | 'click_id' | 'transaction_id' | 'value' | 'currency' | 'event_time'

/** An outcome with the facts of its event. Written out field by field: one is made for every postback, and a spread of two objects
 *  costs three times as much memory. */
export function outcomeOf(from: From, reading: Postback['reading'], rest: Omit<Outcome, Fact>): Outcome {
  return {
    workspace_id: from.workspace_id,
    postback_id: from.postback_id,
    received_at: from.received_at,
    at: rest.at,
    stage: rest.stage,
    why: rest.why,
    matched_by: rest.matched_by,
    source_id: from.source_id,
    tracker: from.tracker,
    event: reading.event,
    event_id: reading.event_id,
    conversion_status: reading.conversion_status,
    click_id: reading.click_id,
    transaction_id: reading.transaction_id,
    value: reading.value,
    currency: reading.currency,
    event_time: reading.event_time,
    test: rest.test,
    campaign_id: rest.campaign_id,
    platform: rest.platform,
    click: rest.click,
    nearest_click_id: rest.nearest_click_id,
    deliveries: rest.deliveries,
    attempt: rest.attempt,
  }
}
