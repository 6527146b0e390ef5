import type { Outcome } from './outcome.ts'
import type { Postback } from './postback.ts'

type Facts = Pick<
  Outcome,
  | 'workspace_id'
  | 'postback_id'
  | 'received_at'
  | 'source_id'
  | 'tracker'
  | 'event'
  | 'event_id'
  | 'conversion_status'
  | 'click_id'
  | 'transaction_id'
  | 'value'
  | 'currency'
  | 'event_time'
>

/** The facts that every outcome of an event repeats. */
export function factsOf(
  from: Pick<Postback, 'workspace_id' | 'postback_id' | 'received_at' | 'source_id' | 'tracker'>,
  reading: Postback['reading'],
): Facts {
  const { workspace_id, postback_id, received_at, source_id, tracker } = from
  const { event, event_id, conversion_status, click_id, transaction_id, value, currency, event_time } = reading
  return {
    workspace_id,
    postback_id,
    received_at,
    source_id,
    tracker,
    event,
    event_id,
    conversion_status,
    click_id,
    transaction_id,
    value,
    currency,
    event_time,
  }
}
