import { deliverTopic } from '../../topics/index.ts'
import type { Conversion, Delivery } from '../events/conversion.ts'
import { factsOf } from '../events/facts.ts'
import { deliveryKey, outcomeKey, pendingKey, postbackKey } from '../events/keys.ts'
import type { DeliveryVerdict, Outcome } from '../events/outcome.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback } from '../events/postback.ts'
import { platformOf, route } from '../routing/route.ts'
import type { Workspace } from '../workspaces/schema.ts'
import type { Decision } from './attribute.ts'

/** A record to write, before it has bytes and a partition. */
export type Result =
  | { readonly topic: 'outcomes'; readonly key: string; readonly value: Outcome }
  | { readonly topic: `deliver.${string}`; readonly key: string; readonly value: Delivery }
  | { readonly topic: 'pending'; readonly key: string; readonly value: Pending | null }

/** Everything that follows from a decision. `held`: the postback was waiting, and waits no more unless the decision holds it;
 *  then it is written again only when its deadline has moved with the settings. */
export function resultsOf(
  postback: Postback,
  decision: Decision | { readonly stage: 'duplicate' },
  context: {
    readonly workspace: Workspace | undefined
    readonly workspacesOffset: number
    readonly nowMs: number
    readonly held: Pending | null
  },
): Result[] {
  const { nowMs, held } = context
  const place = pendingKey(postbackKey(postback).key, postback.postback_id)
  const results: Result[] = []
  if (decision.stage === 'held') {
    if (held?.deadline_at === decision.deadlineMs) return []
    const value: Pending = { kind: 'held', postback, why: decision.why, held_at: held?.held_at ?? nowMs, deadline_at: decision.deadlineMs }
    results.push({ topic: 'pending', key: place, value })
    if (held !== null) return results
  } else if (held !== null) results.push({ topic: 'pending', key: place, value: null })

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
  results.push({
    topic: 'outcomes',
    key: outcomeKey(postback.workspace_id, postback.postback_id),
    value: toOutcome(postback, decision, deliveries, nowMs),
  })
  return results
}

function toConversion(postback: Postback, decision: Extract<Decision, { stage: 'matched' }>): Conversion {
  const { workspace_id, postback_id, source_id, tracker, received_at, reading } = postback
  return { workspace_id, postback_id, source_id, tracker, received_at, reading, click: decision.click, matched_by: decision.by }
}

function toOutcome(postback: Postback, decision: Decision | { stage: 'duplicate' }, deliveries: DeliveryVerdict[], at: number): Outcome {
  const { reading } = postback
  const click = decision.stage === 'matched' ? decision.click : null
  return {
    ...factsOf(postback, reading),
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
  }
}
