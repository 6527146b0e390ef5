import { deliverTopic, retryTopic } from '../../topics/index.ts'
import type { Delivery } from '../events/conversion.ts'
import { outcomeOf } from '../events/facts.ts'
import { deliveryKey, outcomeKey } from '../events/keys.ts'
import type { Attempt, Outcome } from '../events/outcome.ts'
import type { DeliveryStage, DeliveryWhy } from '../events/stages.ts'
import type { Verdict } from '../platforms/definition.ts'
import { ATTEMPTS_MAX, backOffMs, tierFor } from './tiers.ts'

export type Result =
  | { readonly topic: 'outcomes'; readonly key: string; readonly value: Outcome }
  | { readonly topic: string; readonly key: string; readonly value: Delivery }

/** Where a delivery goes next: to a delay tier when it must wait, else to its platform. */
export function moved(delivery: Delivery, nowMs: number): Result {
  const waitMs = delivery.due_at - nowMs
  return {
    topic: waitMs > 0 ? retryTopic(tierFor(waitMs)) : deliverTopic(delivery.platform),
    key: keyOf(delivery),
    value: { ...delivery, moved_at: nowMs },
  }
}

/** A change of one delivery, as the audit log tells it. */
export function told(delivery: Delivery, stage: DeliveryStage, why: DeliveryWhy | null, attempt: Attempt | null, nowMs: number): Result {
  const { conversion, platform, destination_id } = delivery
  const { click, reading } = conversion
  return {
    topic: 'outcomes',
    key: outcomeKey(conversion.workspace_id, conversion.postback_id),
    value: outcomeOf(conversion, reading, {
      at: nowMs,
      stage: null,
      why: null,
      matched_by: conversion.matched_by,
      test: reading.test || click?.test === true,
      campaign_id: click?.campaign_id ?? null,
      platform: click?.platform ?? platform,
      click: null,
      nearest_click_id: null,
      deliveries: [{ platform, destination_id, stage, why }],
      attempt,
    }),
  }
}

/** What follows from the platform's last word about a delivery. The attempts before the last took part in a split. */
export function concluded(delivery: Delivery, verdict: Verdict, attempts: readonly Omit<Attempt, 'n'>[], nowMs: number): Result[] {
  const numbered = attempts.map((attempt, index) => ({ ...attempt, n: delivery.attempts + index + 1 }))
  const before = numbered.slice(0, -1).map((attempt) => told(delivery, 'queued', null, attempt, nowMs))
  const last = numbered.at(-1) ?? null
  const after = { ...delivery, attempts: delivery.attempts + numbered.length }
  const end = (stage: DeliveryStage, why: DeliveryWhy | null): Result[] => [...before, told(after, stage, why, last, nowMs)]

  switch (verdict.kind) {
    case 'accepted':
      return end('forwarded', null)
    case 'refused':
      return verdict.why === 'too_old' ? end('expired', verdict.why) : end('failed', verdict.why)
    case 'blocked':
      return [
        ...end('blocked', verdict.why),
        { topic: 'held', key: keyOf(delivery), value: { ...after, moved_at: nowMs, why: verdict.why } },
      ]
    case 'retry':
    case 'throttled': {
      if (after.attempts >= ATTEMPTS_MAX) return end('failed', 'retries_exhausted')
      const why = verdict.kind === 'retry' ? verdict.why : 'throttled'
      const waiting = { ...after, why, due_at: nowMs + backOffMs(after.attempts, verdict.afterMs) }
      return [...end('retrying', why), moved(waiting, nowMs)]
    }
  }
}

const keyOf = ({ destination_id, conversion }: Delivery): string =>
  deliveryKey(destination_id, conversion.reading.transaction_id, conversion.postback_id)
