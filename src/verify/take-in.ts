import { clickKey, transactionKey } from '../events/keys.ts'
import { DELIVERY_STAGES, type DeliveryStage } from '../events/stages.ts'
import { platformOfIds } from '../events/words.ts'
import { beliefOf } from './beliefs.ts'
import type { Column } from './column.ts'
import type { ClickFacts, DeliveryFacts, OutcomeFacts, PostbackFacts } from './facts.ts'
import { type Key, textKey, uuidKey } from './id-table.ts'
import { count, type Ledger, TRAITS } from './ledger.ts'
import type { World } from './world.ts'

/** Where a record lies; `behind`: its reader has not come to it yet. */
export type At = { readonly partition: number; readonly behind: boolean }

/** Writes what records say into the ledger, whatever the order in which topics are read; records of one partition come in the
 *  order of the log. Counts are those of the `inScope` alone. */
export function createTakeIn(ledger: Ledger, world: World, inScope: (workspaceId: string, receivedAtMs: number) => boolean) {
  const { postbacks, clicks, deliveries } = ledger

  function known(facts: { workspace_id: string; postback_id: string; received_at: number }): number {
    const row = postbacks.ids.row(uuidKey(facts.postback_id))
    postbacks.workspace.set(row, ledger.workspaces.number(facts.workspace_id))
    postbacks.receivedAt.set(row, facts.received_at)
    return row
  }

  function delivery(row: number, workspaceId: string, destinationId: string): number {
    return deliveries.ids.row(deliveryKey(row, ledger.destinations.number(`${workspaceId} ${destinationId}`)))
  }

  return {
    postback(facts: PostbackFacts, at: At): void {
      const row = known(facts)
      const isAgain = facts.read_again_at !== null && postbacks.again.get(row) === 0
      if (isAgain) postbacks.again.set(row, 1)
      else postbacks.records.add(row)
      if (inScope(facts.workspace_id, facts.received_at)) count(ledger, isAgain ? 'postbacks: read again' : 'postbacks')
      if (postbacks.records.get(row) > 1 && !isAgain) return
      const { reading } = facts
      if (at.behind) postbacks.behind.set(row, 1)
      postbacks.traits.set(row, traitsOf(facts, world))
      postbacks.happenedAt.set(row, reading.event_time ?? facts.received_at)
      const key = joinedBy(facts, postbacks.traits.get(row))
      if (key !== null) postbacks.click.set(row, clicks.ids.row(textKey(key)) + 1)
      postbacks.fingerprint.set(row, ledger.fingerprints.ids.row(textKey(samenessOf(facts, at.partition, world))) + 1)
      ledger.order.getOrInsertComputed(at.partition, () => []).push(row)
    },

    click(key: string, facts: ClickFacts | null, timestampMs: number): void {
      const row = clicks.ids.row(textKey(key))
      if (facts === null) {
        clicks.tombstones.add(row)
        return
      }
      count(ledger, key.startsWith(':tx:', key.indexOf(':')) ? 'clicks: transactions' : 'clicks')
      const { clicked_at } = facts
      if (clicks.records.get(row) === 0) {
        clicks.firstClickedAt.set(row, clicked_at)
        clicks.cameAt.set(row, timestampMs)
      }
      clicks.records.add(row)
      clicks.firstClickedAt.set(row, Math.min(clicks.firstClickedAt.get(row), clicked_at))
      clicks.lastClickedAt.set(row, Math.max(clicks.lastClickedAt.get(row), clicked_at))
    },

    /** `key` ends in the postback's id; `live`: the record is no tombstone. */
    pending(key: string, live: boolean): void {
      const row = postbacks.ids.row(uuidKey(key.slice(-36)))
      postbacks.workspace.set(row, ledger.workspaces.number(key.slice(0, key.indexOf(':'))))
      postbacks.pending.set(row, live ? 1 : 2)
    },

    outcome(facts: OutcomeFacts): void {
      const { workspace_id, stage, at } = facts
      const row = known(facts)
      const counted = inScope(workspace_id, facts.received_at)
      if (stage !== null && stage !== 'received') {
        postbacks[stage].add(row)
        postbacks.why.set(row, ledger.whys.number(facts.why ?? ''))
        if (stage !== 'held' && stage !== 'deferred') noteMoment(postbacks.decidedAt, postbacks.decidedAlike, row, at)
        if (stage === 'held') {
          const reason = 1 << (postbacks.why.get(row) % 31)
          if (postbacks.heldFor.get(row) & reason) postbacks.heldAgain.add(row)
          postbacks.heldFor.mark(row, reason)
        }
        if (stage === 'matched') postbacks.matchedBy.set(row, ledger.whys.number(facts.matched_by ?? ''))
        if (counted) count(ledger, `outcomes: ${stage}`)
      }
      for (const verdict of facts.deliveries) {
        const place = delivery(row, workspace_id, verdict.destination_id)
        if (counted) count(ledger, `outcomes: ${verdict.platform} ${verdict.stage}`)
        deliveries.state.set(place, Math.max(deliveries.state.get(place), stateOf(verdict.stage, at)))
        if (stage !== null && verdict.stage === 'queued') {
          deliveries.queued.add(place)
          if (deliveries.queued.get(place) === 1) deliveries.queuedAt.set(place, at)
        }
        if (CONCLUDING.has(verdict.stage)) deliveries.concluded.set(place, 1)
        if (stage === null && verdict.stage === 'forwarded') {
          deliveries.forwarded.add(place)
          noteMoment(deliveries.forwardedAt, deliveries.forwardedAlike, place, at)
          const belief = beliefOf(facts, verdict, world)
          if (belief === null) continue
          const believed = ledger.beliefs.ids.row(belief)
          deliveries.belief.set(place, believed + 1)
          ledger.beliefs.forwarded.add(believed)
        }
      }
    },

    /** A record of `deliver.<platform>`, of a tier or of `held`. */
    delivery(topic: string, facts: DeliveryFacts, at: At): void {
      const { conversion, queued_at } = facts
      const place = delivery(known(conversion), conversion.workspace_id, facts.destination_id)
      if (at.behind) deliveries.waiting.set(place, 1)
      const isFirst = topic.startsWith('deliver.') && facts.attempts === 0 && facts.why === null && facts.moved_at === queued_at
      if (inScope(conversion.workspace_id, conversion.received_at)) count(ledger, isFirst ? `${topic} queued` : `${topic} moved`)
      ;(isFirst ? deliveries.recorded : deliveries.moved).add(place)
      if (isFirst && deliveries.recorded.get(place) === 1) deliveries.recordedAt.set(place, queued_at)
    },
  }
}
export type TakeIn = ReturnType<typeof createTakeIn>

export const deliveryKey = (postbackRow: number, destination: number): Key => [postbackRow, destination, 0, 0]

/** A second record of the very same millisecond is the first one written again, not a second decision. */
function noteMoment(first: Column, alike: Column, row: number, at: number): void {
  if (first.get(row) === 0) first.set(row, at)
  else if (first.get(row) === at) alike.add(row)
}

const CONCLUDING: ReadonlySet<DeliveryStage> = new Set(['suppressed', 'forwarded', 'confirmed', 'failed', 'expired'])

const LEVEL = 1e14
/** Levels of life as `deliveries_to_events` has them, then time, then rank: the greatest is where a delivery stands. */
function stateOf(stage: DeliveryStage, at: number): number {
  const level = stage === 'confirmed' ? 4 : stage === 'forwarded' ? 3 : stage === 'suppressed' || stage === 'queued' ? 1 : 2
  return level * LEVEL + at * 10 + DELIVERY_STAGES[stage]
}
export const stageNumberOf = (state: number): number => state % 10

/** The key in `clicks` that it waits for. */
function joinedBy({ workspace_id, reading }: PostbackFacts, traits: number): string | null {
  if (reading.click_id !== null) return clickKey(workspace_id, reading.click_id)
  return traits & TRAITS.by_transaction && reading.transaction_id !== null ? transactionKey(workspace_id, reading.transaction_id) : null
}

function traitsOf(facts: PostbackFacts, world: World): number {
  const { reading } = facts
  const { click_id, transaction_id } = reading
  let traits = 0
  if (facts.quarantined !== null) traits |= TRAITS.quarantined
  if (platformOfIds(reading) !== null) traits |= TRAITS.inline
  if (facts.click_id_fault !== null) traits |= TRAITS.fault
  if (click_id === null) traits |= TRAITS.no_click_id
  const isNamed = click_id === null && transaction_id !== null && facts.click_id_fault === null
  if (isNamed && facts.source_kind === 'backend') traits |= TRAITS.by_transaction
  if (world.isRevoked(facts.workspace_id, facts.source_id, facts.key_version)) traits |= TRAITS.revoked
  if (world.dedupe(facts.workspace_id, facts.source_id, reading.event) === 'changed') traits |= TRAITS.policy_changed
  return traits
}

/** Two postbacks with the same text are one conversion told twice. Repeats are known within a partition, where what they are
 *  known by lies together. */
function samenessOf(facts: PostbackFacts, partition: number, world: World): string {
  const { click_id, event, conversion_status, transaction_id, event_id, event_id_given } = facts.reading
  const policy = world.dedupe(facts.workspace_id, facts.source_id, event)
  const parts = (): (string | null)[] => {
    if (policy === 'every') return facts.message_id === null ? ['this one', facts.postback_id] : ['message', facts.message_id]
    if (policy === 'first_only' && click_id !== null) return ['click', click_id, event]
    if (policy === 'by_transaction' && transaction_id !== null) return ['transaction', click_id, event, transaction_id]
    const byEventId = event_id_given || (click_id === null && transaction_id === null)
    return ['all', click_id, event, conversion_status, transaction_id, byEventId ? event_id : null]
  }
  return JSON.stringify([partition, facts.workspace_id, ...parts()])
}
