import type { Postback } from '../../events/postback.ts'
import type { DedupePolicy } from '../../workspaces/schema.ts'

const DAY_MS = 86_400_000
export type Verdict = { readonly stage: string; readonly why: string | null; readonly by: string | null }
type Transaction = { readonly pairs: Set<string> }

/** What has to become of every postback, said without partitions, logs, batches and restarts: whatever can be decided is
 *  decided at once. Knows nothing of the implementation. */
export function createSpec(policyOf: (postback: Postback) => DedupePolicy | undefined) {
  const clicks = new Map<string, number>()
  const transactions = new Map<string, Transaction>()
  const ids = new Set<string>()
  const firstSeen = new Map<string, number>()
  const waiting = new Set<Postback>()
  const verdicts = new Map<string, Verdict>()
  let holdMs = 0
  const say = ({ postback_id }: Postback, stage: string, why: string | null = null, by: string | null = null) =>
    verdicts.set(postback_id, { stage, why, by })
  const pairOf = ({ reading }: Postback) => JSON.stringify([reading.event, reading.conversion_status])

  function markOf(postback: Postback): string {
    const { click_id: click, transaction_id: tx, event, conversion_status, event_id, event_id_given } = postback.reading
    const policy = policyOf(postback)
    if (postback.quarantined !== null) return postback.postback_id
    if (policy === 'every') return postback.message_id ?? postback.postback_id
    if (policy === 'first_only' && click !== null) return JSON.stringify(['first', click, event])
    if (policy === 'by_transaction' && tx !== null) return JSON.stringify(['tx', click, event, tx])
    const id = event_id_given || (click === null && tx === null) ? event_id : null
    return JSON.stringify(['default', click, event, conversion_status, tx, id])
  }

  /** Whether it is decided. */
  function decide(postback: Postback, nowMs: number): boolean {
    const { reading, received_at } = postback
    const { click_id: click, transaction_id: tx } = reading
    const isBackend = postback.source_kind === 'backend'
    const clickedAt = clicks.get(click ?? '')
    const met = click === null && isBackend && postback.click_id_fault === null ? transactions.get(tx ?? '') : undefined
    if (postback.quarantined !== null) say(postback, 'quarantined', postback.quarantined)
    else if (clickedAt !== undefined) {
      if (received_at - clickedAt > 30 * DAY_MS) say(postback, 'unmatched', 'click_expired')
      else if (clickedAt - received_at > 5 * 60_000) say(postback, 'unmatched', 'before_click')
      else {
        say(postback, 'matched', null, 'click_id')
        if (isBackend && tx !== null) transactions.set(tx, { pairs: new Set([...(transactions.get(tx)?.pairs ?? []), pairOf(postback)]) })
      }
    } else if (met !== undefined) {
      if (met.pairs.has(pairOf(postback))) say(postback, 'duplicate')
      else say(postback, 'matched', null, 'transaction_id')
      met.pairs.add(pairOf(postback))
    } else if (reading.fbclid !== null) say(postback, 'matched', null, 'inline')
    else if (postback.click_id_fault !== null) say(postback, 'unmatched', postback.click_id_fault)
    else {
      const fold = (id: string) => id.trim().toLowerCase()
      const isNear = click !== null && [...clicks.keys()].some((known) => fold(known) === fold(click))
      const why = click === null ? 'no_click_id' : isNear ? 'case_differs' : 'click_not_seen'
      const waits = (click !== null || (isBackend && tx !== null)) && nowMs < received_at + holdMs
      say(postback, waits ? 'held' : 'unmatched', why)
      return !waits
    }
    return true
  }

  return {
    verdicts,
    settle(nowMs: number): void {
      for (let before = -1; before !== waiting.size; ) {
        before = waiting.size
        for (const postback of waiting) if (decide(postback, nowMs)) waiting.delete(postback)
      }
    },
    hold(ms: number): void {
      holdMs = ms
    },
    click: (id: string, clickedAt: number) => void clicks.set(id, Math.min(clickedAt, clicks.get(id) ?? Infinity)),
    forget: (id: string) => void clicks.delete(id),
    postback(postback: Postback): void {
      if (ids.has(postback.postback_id)) return
      ids.add(postback.postback_id)
      const seen = firstSeen.get(markOf(postback))
      if (seen !== undefined && postback.received_at - seen <= 7 * DAY_MS) say(postback, 'duplicate')
      else {
        firstSeen.set(markOf(postback), postback.received_at)
        waiting.add(postback)
      }
    },
  }
}
