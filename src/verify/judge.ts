import { expectedFates } from './expected.ts'
import { madeAtMs, uuidOf } from './id-table.ts'
import { judgeDeliveries } from './judge-deliveries.ts'
import { judgePostbacks } from './judge-postbacks.ts'
import type { Findings } from './kinds.ts'
import type { Ledger } from './ledger.ts'
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
}

/** What is judged, and its name. */
export type Scope = { has(postbackRow: number): boolean; idOf(postbackRow: number): string }

/** Compares what the topics, the twins and ClickHouse said, id by id. It reads the ledger alone. */
export function judge(ledger: Ledger, world: World, findings: Findings, options: JudgeOptions): void {
  const { postbacks, beliefs } = ledger
  const { sinceMs, untilMs, workspaces } = options
  const scope: Scope = {
    idOf: (row) => uuidOf(postbacks.ids.key(row)),
    has(row) {
      const at = postbacks.receivedAt.get(row) || madeAtMs(postbacks.ids.key(row))
      return at >= sinceMs && at <= untilMs && (workspaces?.has(ledger.workspaces.name(postbacks.workspace.get(row))) ?? true)
    },
  }
  // The workspace of what never arrived is not known: who gives a list of some workspaces gives theirs.
  for (let row = 0; row < postbacks.ids.size; row++) {
    const isLost = postbacks.accepted.get(row) > 0 && postbacks.records.get(row) === 0
    if (isLost && madeAtMs(postbacks.ids.key(row)) >= sinceMs) findings.found('accepted_not_in_postbacks', scope.idOf(row))
  }
  const went = judgeDeliveries(ledger, world, findings, scope)
  judgePostbacks(ledger, findings, scope, { fates: expectedFates(ledger, world, options), went })
  for (const { row, id, event } of ledger.strangers)
    if (beliefs.forwarded.get(row) === 0 && beliefs.before.get(row) > 0) findings.found('at_twin_without_outcome', id, event)
}
