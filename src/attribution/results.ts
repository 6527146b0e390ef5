import { deliverTopic } from '../../topics/index.ts'
import type { ClickRecord } from '../events/click.ts'
import type { Conversion, Delivery } from '../events/conversion.ts'
import { outcomeOf } from '../events/facts.ts'
import { deliveryKey, outcomeKey, pendingKey } from '../events/keys.ts'
import type { DeliveryVerdict, Outcome } from '../events/outcome.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback } from '../events/postback.ts'
import { platformOf, route } from '../routing/route.ts'
import type { Workspace } from '../workspaces/schema.ts'
import type { Decision } from './attribute.ts'
import { transactionRecord } from './transaction.ts'

/** A record to write, before it has bytes and a partition. */
export type Result =
  | { readonly topic: 'outcomes'; readonly key: string; readonly value: Outcome }
  | { readonly topic: `deliver.${string}`; readonly key: string; readonly value: Delivery }
  | { readonly topic: 'clicks'; readonly key: string; readonly value: ClickRecord }
  | { readonly topic: 'pending'; readonly key: string; readonly value: Pending | null }

/** Everything that follows from a decision; `key` is that of the postback. `waited`: the postback was waiting, and waits no more unless the decision says so.
 *  What waits on as before leaves no trace; where its deadline alone has moved with the settings it is only written again. */
export function resultsOf(
  postback: Postback,
  key: string,
  decision: Decision,
  context: {
    readonly workspace: Workspace | undefined
    readonly workspacesOffset: number
    readonly nowMs: number
    readonly waited: Pending | null
  },
): Result[] {
  const { nowMs, waited } = context
  const results: Result[] = []
  const pending = pendingOf(postback, decision, waited, nowMs)
  if (pending !== null) {
    const isSameReason = waited?.kind === pending.kind && waited.why === pending.why
    if (isSameReason && waited.deadline_at === pending.deadline_at) return []
    results.push({ topic: 'pending', key: pendingKey(key, postback.postback_id), value: pending })
    if (isSameReason) return results
  } else if (waited !== null) results.push({ topic: 'pending', key: pendingKey(key, postback.postback_id), value: null })

  const conversion = decision.stage === 'matched' ? toConversion(postback, decision) : null
  const routed = conversion === null || context.workspace === undefined ? null : route(conversion, context.workspace)
  const deliveries: DeliveryVerdict[] = [...(routed?.suppressed ?? [])]
  for (const destination of routed?.deliver ?? []) {
    const { platform, id } = destination
    deliveries.push({ platform, destination_id: id, stage: 'queued', why: null })
    results.push({
      topic: deliverTopic(platform) as `deliver.${string}`,
      key: deliveryKey(id, postback.reading.transaction_id, postback.postback_id),
      value: {
        platform,
        destination_id: id,
        conversion: conversion as Conversion, // routed from it
        due_at: nowMs,
        queued_at: nowMs,
        moved_at: nowMs,
        attempts: 0,
        why: null,
        workspaces_offset: context.workspacesOffset,
      },
    })
  }
  const transaction = transactionRecord(postback, decision)
  if (transaction !== null) results.push({ topic: 'clicks', ...transaction })
  results.push({
    topic: 'outcomes',
    key: outcomeKey(postback.workspace_id, postback.postback_id),
    value: toOutcome(postback, decision, deliveries, nowMs),
  })
  return results
}

function pendingOf(postback: Postback, decision: Decision, waited: Pending | null, nowMs: number): Pending | null {
  if (decision.stage === 'deferred')
    return { kind: 'deferred', postback, why: '', held_at: nowMs, deadline_at: nowMs, offset: decision.offset }
  if (decision.stage !== 'held') return null
  const since = waited?.kind === 'held' ? waited.held_at : nowMs
  return { kind: 'held', postback, why: decision.why, held_at: since, deadline_at: decision.deadlineMs, offset: waited?.offset ?? -1 }
}

function toConversion(postback: Postback, decision: Extract<Decision, { stage: 'matched' }>): Conversion {
  const { workspace_id, postback_id, source_id, tracker, received_at, reading } = postback
  return { workspace_id, postback_id, source_id, tracker, received_at, reading, click: decision.click, matched_by: decision.by }
}

function toOutcome(postback: Postback, decision: Decision, deliveries: DeliveryVerdict[], at: number): Outcome {
  const { reading } = postback
  const click = decision.stage === 'matched' ? decision.click : null
  return outcomeOf(postback, reading, {
    at,
    stage: decision.stage,
    why: 'why' in decision ? decision.why : null,
    matched_by: decision.stage === 'matched' ? decision.by : null,
    test: reading.test || click?.test === true,
    campaign_id: click?.campaign_id ?? null,
    platform: decision.stage === 'matched' ? platformOf({ click, reading }) : null,
    click,
    nearest_click_id: 'nearest' in decision ? (decision.nearest ?? null) : null,
    deliveries,
    attempt: null,
  })
}
