import { STAGES, STATUSES, type Stage, type Status } from '../events/stages.ts'
import type { Column } from './column.ts'
import { fateOf, fatesToText } from './expected.ts'
import type { Scope } from './judge.ts'
import { alike, WENT } from './judge-deliveries.ts'
import type { Findings } from './kinds.ts'
import { type Ledger, TRAITS } from './ledger.ts'

const LAST = ['matched', 'unmatched', 'duplicate', 'quarantined'] as const
const RANKED = (Object.keys(STAGES) as Stage[]).toSorted((a, b) => STAGES[b] - STAGES[a])

/** Compares what became of each postback: what attribution said, what waits, what should have been said, and what ClickHouse
 *  shows. `fates`: what may have become of it; `went`: how far its deliveries came. */
export function judgePostbacks(
  ledger: Ledger,
  findings: Findings,
  { has, idOf }: Scope,
  { fates, went }: { readonly fates: Column; readonly went: Column },
): void {
  const { postbacks } = ledger
  for (let row = 0; row < postbacks.ids.size; row++) {
    if (!has(row)) continue
    const isAgain = postbacks.again.get(row) > 0 && postbacks.quarantined.get(row) > 0
    const decisions = LAST.reduce((sum, stage) => sum + postbacks[stage].get(row), isAgain ? -1 : 0)
    const waited = postbacks.held.get(row) + postbacks.deferred.get(row)
    const isKnown = postbacks.records.get(row) > 0
    if (isKnown) judgeDecision(row, decisions, waited)
    else judgeStranger(row, decisions + waited)
    judgeStored(row, isKnown)
  }

  function judgeDecision(row: number, decisions: number, waited: number): void {
    const pending = postbacks.pending.get(row)
    if (decisions + waited === 0) {
      if (postbacks.behind.get(row) === 0) findings.found('postback_without_outcome', idOf(row))
      return
    }
    // Of a duplicate only the first of its conversion is remembered, so one that was written twice on its way in is told twice.
    const may = postbacks.duplicate.get(row) === decisions ? postbacks.records.get(row) : 1
    if (decisions > Math.max(1, may))
      findings.found('attributed_twice', idOf(row), `${said(row, LAST)}${alike(postbacks.decidedAlike.get(row))}`)
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
    const isTold = (stage: Exclude<Stage, 'received'>): boolean =>
      postbacks[stage].get(row) > (stage === 'quarantined' ? postbacks.again.get(row) : 0)
    return RANKED.find((stage) => stage !== 'received' && isTold(stage)) ?? 'received'
  }
}
