import { DELIVERY_STAGES, type DeliveryStage, STAGES, STATUSES, type Stage, type Status } from '../events/stages.ts'
import { Column } from './column.ts'
import { expectedFates, fateOf, fatesToText } from './expected.ts'
import { madeAtMs, uuidOf } from './id-table.ts'
import type { Findings } from './kinds.ts'
import { type Ledger, TRAITS } from './ledger.ts'
import { stageNumberOf } from './take-in.ts'
import type { World } from './world.ts'

export type JudgeOptions = {
  /** When the audit began. */
  readonly startedMs: number
  /** Only what was received in this span is judged, both ends included. */
  readonly sinceMs: number
  readonly untilMs: number
  /** Only these workspaces; null: all. */
  readonly workspaces: ReadonlySet<string> | null
  /** False when the oldest clicks are no longer in their topic. */
  readonly clicksAreWhole: boolean
  readonly withAccepted: boolean
  readonly withClickhouse: boolean
}

const LAST = ['matched', 'unmatched', 'duplicate', 'quarantined'] as const
const RANKED = (Object.keys(STAGES) as Stage[]).toSorted((a, b) => STAGES[b] - STAGES[a])
const DELIVERY_NAMES = Object.fromEntries(Object.entries(DELIVERY_STAGES).map(([name, rank]) => [rank, name])) as Record<
  number,
  DeliveryStage
>
export const deliveryStageOf = (number: number): string => DELIVERY_NAMES[number] ?? 'none'

/** How far the deliveries of a postback came; `open`: one at least did not end in failure. */
const WENT = { sent: 1, reached: 2, open: 4 } as const

/** Compares what the topics, the twins and ClickHouse said, id by id. It reads the ledger alone. */
export function judge(ledger: Ledger, world: World, findings: Findings, options: JudgeOptions): void {
  const { postbacks, deliveries } = ledger
  const rows = postbacks.ids.size
  const idOf = (row: number): string => uuidOf(postbacks.ids.key(row))
  const inScope = (row: number): boolean => {
    const at = postbacks.receivedAt.get(row) || madeAtMs(postbacks.ids.key(row))
    if (at < options.sinceMs || at > options.untilMs) return false
    return options.workspaces?.has(ledger.workspaces.name(postbacks.workspace.get(row))) ?? true
  }

  const fates = expectedFates(ledger, world, options)
  const went = judgeDeliveries()
  for (let row = 0; row < rows; row++) {
    const isKnown = postbacks.records.get(row) > 0
    if (options.withAccepted && postbacks.accepted.get(row) > 0 && !isKnown && madeAtMs(postbacks.ids.key(row)) >= options.sinceMs)
      findings.found('accepted_not_in_postbacks', idOf(row))
    if (!inScope(row)) continue
    const decisions = LAST.reduce((sum, stage) => sum + postbacks[stage].get(row), 0)
    const waited = postbacks.held.get(row) + postbacks.deferred.get(row)
    if (isKnown) judgeDecision(row, decisions, waited)
    else judgeStranger(row, decisions + waited)
    if (options.withClickhouse) judgeStored(row, isKnown)
  }

  for (const { row, id, event } of ledger.strangers)
    if (ledger.beliefs.forwarded.get(row) === 0 && ledger.beliefs.before.get(row) > 0) findings.found('at_twin_without_outcome', id, event)

  function judgeDecision(row: number, decisions: number, waited: number): void {
    const pending = postbacks.pending.get(row)
    if (decisions + waited === 0) {
      if (postbacks.behind.get(row) === 0) findings.found('postback_without_outcome', idOf(row))
      return
    }
    if (decisions > 1) findings.found('attributed_twice', idOf(row), said(row, LAST))
    if (postbacks.heldAgain.get(row) > 0) findings.found('held_twice', idOf(row), said(row, ['held']))
    if (decisions === 0 && pending !== 1)
      findings.found('held_not_pending', idOf(row), pending === 2 ? 'its record was taken back' : 'there never was a record')
    if (decisions > 0 && pending === 1) findings.found('pending_after_decision', idOf(row), said(row, LAST))
    const fate = fateOf(ledger, row)
    const allowed = fates.get(row)
    const why = ledger.whys.name(postbacks.why.get(row))
    if (fate !== 0 && (fate & allowed) === 0 && why !== 'hold_full')
      findings.found(
        'decision_differs',
        idOf(row),
        `is ${fatesToText(fate)}${why === '' ? '' : ` (${why})`}, should be ${fatesToText(allowed)}`,
      )
  }

  function judgeStranger(row: number, told: number): void {
    if (told > 0) findings.found('outcome_without_postback', idOf(row), said(row, RANKED))
    if (postbacks.pending.get(row) === 1) findings.found('pending_without_postback', idOf(row))
  }

  function said(row: number, stages: readonly Stage[]): string {
    return stages
      .flatMap((stage) => (stage === 'received' || postbacks[stage].get(row) === 0 ? [] : [`${stage} x${postbacks[stage].get(row)}`]))
      .join(', ')
  }

  function judgeStored(row: number, isKnown: boolean): void {
    const stored = postbacks.storedRows.get(row)
    if (!isKnown) {
      if (stored > 0) findings.found('clickhouse_event_unknown', idOf(row))
      return
    }
    if (stored === 0) findings.found('clickhouse_event_missing', idOf(row))
    else if (stored > 1) findings.found('clickhouse_event_twice', idOf(row), `${stored} rows`)
    else {
      const is = STATUSES[postbacks.storedStatus.get(row)]
      const should = statusOf(row)
      if (is !== should && postbacks.movedOn.get(row) === 0)
        findings.found('clickhouse_event_differs', idOf(row), `is ${is}, should be ${should}`)
    }
  }

  /** As the contract has it: forwarded once any delivery is, failed when every one ended so, else the word of the stage. */
  function statusOf(row: number): Status {
    const bits = went.get(row)
    if (bits & WENT.reached) return 'forwarded'
    if (bits & WENT.sent && !(bits & WENT.open)) return 'failed'
    if (postbacks.traits.get(row) & TRAITS.quarantined && postbacks.matched.get(row) + postbacks.unmatched.get(row) === 0)
      return 'quarantined'
    return RANKED.find((stage) => stage !== 'received' && postbacks[stage].get(row) > 0) ?? 'received'
  }

  /** Answers how far the deliveries of each postback came. */
  function judgeDeliveries(): Column {
    const bits = new Column('u8')
    for (let place = 0; place < deliveries.ids.size; place++) {
      const [row, number] = deliveries.ids.key(place)
      const stage = deliveryStageOf(stageNumberOf(deliveries.state.get(place)))
      if (stage !== 'none' && stage !== 'suppressed') {
        const isReached = stage === 'forwarded' || stage === 'confirmed'
        const isEnded = stage === 'failed' || stage === 'expired'
        bits.mark(row, WENT.sent | (isReached ? WENT.reached : 0) | (isEnded ? 0 : WENT.open))
      }
      if (!inScope(row)) continue
      const [, destination = ''] = ledger.destinations.name(number).split(' ')
      judgeDelivery(place, `${idOf(row)} > ${destination}`, stage)
    }
    return bits
  }

  function judgeDelivery(place: number, id: string, stage: string): void {
    const [queued, recorded] = [deliveries.queued.get(place), deliveries.recorded.get(place)]
    const isStranger = queued === 0 && (recorded > 0 || deliveries.moved.get(place) > 0)
    const isOther = queued === 1 && recorded === 1 && deliveries.queuedAt.get(place) !== deliveries.recordedAt.get(place)
    if (isStranger || isOther) findings.found('deliver_not_queued', id, isOther ? 'it was queued at another time' : '')
    if (queued > 0 && (recorded === 0 || isOther)) findings.found('queued_not_in_deliver', id)
    if (queued > 1 || (queued > 0 && recorded > 1)) findings.found('queued_twice', id, `${queued} outcomes, ${recorded} records`)
    const isKnown = queued > 0 && recorded > 0
    if (isKnown && deliveries.concluded.get(place) === 0 && deliveries.waiting.get(place) === 0)
      findings.found('delivery_lost', id, `stands at ${stage}`)
    if (isKnown && deliveries.forwarded.get(place) > recorded)
      findings.found('forwarded_twice', id, `${deliveries.forwarded.get(place)} times of ${recorded}`)
    const belief = deliveries.belief.get(place) - 1
    if (belief >= 0 && ledger.beliefs.after.get(belief) === 0 && askedOf(place)) findings.found('not_at_twin', id)
    if (belief >= 0 && ledger.beliefs.after.get(belief) > 1)
      findings.found('twice_at_twin', id, `${ledger.beliefs.after.get(belief)} times`)
    if (options.withClickhouse) judgeStoredDelivery(place, id, stage)
  }

  function judgeStoredDelivery(place: number, id: string, stage: string): void {
    if (postbacks.movedOn.get(deliveries.ids.key(place)[0]) > 0) return
    const rowsStored = deliveries.storedRows.get(place)
    const isTold = deliveries.state.get(place) > 0
    if (!isTold) {
      if (rowsStored > 0) findings.found('clickhouse_delivery_unknown', id)
      return
    }
    if (rowsStored === 0) findings.found('clickhouse_delivery_missing', id)
    else if (rowsStored > 1) findings.found('clickhouse_delivery_twice', id, `${rowsStored} rows`)
    else {
      const is = deliveryStageOf(deliveries.storedStage.get(place))
      if (is !== stage) findings.found('clickhouse_delivery_differs', id, `is ${is}, should be ${stage}`)
    }
  }

  function askedOf(place: number): boolean {
    const [workspaceId = '', destinationId = ''] = ledger.destinations.name(deliveries.ids.key(place)[1]).split(' ')
    const platform = world.destination(workspaceId, destinationId)?.platform
    return platform !== undefined && ledger.asked.has(platform)
  }
}
