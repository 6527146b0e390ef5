import { DELIVERY_STAGES, type DeliveryStage, STATUSES, type Status } from '../events/stages.ts'
import type { PlatformId } from '../events/words.ts'
import type { AuditedDelivery, AuditedEvent } from '../store/audit.ts'
import { type Belief, believedKey } from './beliefs.ts'
import { uuidKey } from './id-table.ts'
import { count, type Ledger } from './ledger.ts'
import { deliveryKey } from './take-in.ts'

/** Writes what the edge, ClickHouse and the twins answered into the ledger. */
export function createTakeAnswers(ledger: Ledger) {
  const { postbacks, deliveries, beliefs } = ledger
  return {
    accepted(postbackId: string): void {
      count(ledger, 'accepted')
      postbacks.accepted.set(postbacks.ids.row(uuidKey(postbackId)), 1)
    },

    storedEvent({ postbackId, workspaceId, receivedAtMs, status }: AuditedEvent): void {
      const row = postbacks.ids.row(uuidKey(postbackId))
      if (postbacks.receivedAt.get(row) === 0) {
        postbacks.workspace.set(row, ledger.workspaces.number(workspaceId))
        postbacks.receivedAt.set(row, receivedAtMs)
      }
      postbacks.storedRows.add(row)
      postbacks.storedStatus.set(row, STATUSES.indexOf(status as Status))
      count(ledger, `clickhouse: ${status}`)
    },

    storedDelivery({ postbackId, workspaceId, destinationId, status }: AuditedDelivery): void {
      const row = postbacks.ids.row(uuidKey(postbackId))
      const place = deliveries.ids.row(deliveryKey(row, ledger.destinations.number(`${workspaceId} ${destinationId}`)))
      deliveries.storedRows.add(place)
      deliveries.storedStage.set(place, DELIVERY_STAGES[status as DeliveryStage] ?? 0)
      count(ledger, `clickhouse: deliveries ${status}`)
    },

    /** ClickHouse has heard of it since the topics' ends. */
    movedOn(postbackId: string): void {
      postbacks.movedOn.set(postbacks.ids.row(uuidKey(postbackId)), 1)
    },

    /** Before the topics are read: all of it is told in outcomes by then. */
    believedBefore(platform: PlatformId, belief: Belief): void {
      beliefs.before.add(beliefs.ids.row(believedKey(platform, belief)))
    },

    /** After the topics were read: all that outcomes tell of is there by then. */
    believedAfter(platform: PlatformId, belief: Belief): void {
      const row = beliefs.ids.row(believedKey(platform, belief))
      beliefs.after.add(row)
      if (beliefs.forwarded.get(row) === 0)
        ledger.strangers.push({ row, id: `${platform} ${belief.destination} ${belief.event_id ?? 'without an id'}`, event: belief.event })
      count(ledger, `twins: ${platform}`)
    },
  }
}
export type TakeAnswers = ReturnType<typeof createTakeAnswers>
