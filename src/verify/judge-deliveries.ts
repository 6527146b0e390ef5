import { DELIVERY_STAGES, type DeliveryStage } from '../events/stages.ts'
import { Column } from './column.ts'
import type { Scope } from './judge.ts'
import type { Findings } from './kinds.ts'
import type { Ledger } from './ledger.ts'
import { stageNumberOf } from './take-in.ts'
import type { World } from './world.ts'

/** How far the deliveries of a postback came, as bits; `open`: one at least did not end in failure. */
export const WENT = { sent: 1, reached: 2, open: 4 } as const

const NAMES = new Map(Object.entries(DELIVERY_STAGES).map(([name, rank]) => [rank as number, name as DeliveryStage]))
const nameOf = (number: number): DeliveryStage | 'none' => NAMES.get(number) ?? 'none'

/** Whether it was done again, or one record of it was written again. */
export const alike = (count: number): string => (count > 0 ? `, ${count} of them at the same moment: a record written twice` : '')

/** Compares what became of each delivery: queued, recorded, concluded, known to the twin, shown by ClickHouse. Answers how far
 *  those of each postback came, by its row. */
export function judgeDeliveries(ledger: Ledger, world: World, findings: Findings, { has, idOf }: Scope): Column {
  const { postbacks, deliveries } = ledger
  const bits = new Column('u8')
  for (let place = 0; place < deliveries.ids.size; place++) {
    const [row, number] = deliveries.ids.key(place)
    const stage = nameOf(stageNumberOf(deliveries.state.get(place)))
    if (stage !== 'none' && stage !== 'suppressed') {
      const isReached = stage === 'forwarded' || stage === 'confirmed'
      const isEnded = stage === 'failed' || stage === 'expired'
      bits.mark(row, WENT.sent | (isReached ? WENT.reached : 0) | (isEnded ? 0 : WENT.open))
    }
    if (!has(row)) continue
    const [, destination = ''] = ledger.destinations.name(number).split(' ')
    judgeDelivery(place, `${idOf(row)} > ${destination}`, stage)
  }
  return bits

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
    if (isKnown && deliveries.forwarded.get(place) > recorded) findings.found('forwarded_twice', id, told(place, recorded))
    const belief = deliveries.belief.get(place) - 1
    if (belief >= 0 && ledger.beliefs.after.get(belief) === 0 && askedOf(place)) findings.found('not_at_twin', id)
    if (belief >= 0 && ledger.beliefs.after.get(belief) > 1)
      findings.found('twice_at_twin', id, `${ledger.beliefs.after.get(belief)} times`)
    judgeStoredDelivery(place, id, stage)
  }

  function told(place: number, recorded: number): string {
    const times = `${deliveries.forwarded.get(place)} times of ${recorded}, moved on ${deliveries.moved.get(place)} times`
    return `${times}${alike(deliveries.forwardedAlike.get(place))}`
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
      const is = nameOf(deliveries.storedStage.get(place))
      if (is !== stage) findings.found('clickhouse_delivery_differs', id, `is ${is}, should be ${stage}`)
    }
  }

  function askedOf(place: number): boolean {
    const [workspaceId = '', destinationId = ''] = ledger.destinations.name(deliveries.ids.key(place)[1]).split(' ')
    const platform = world.destination(workspaceId, destinationId)?.platform
    return platform !== undefined && ledger.asked.has(platform)
  }
}
