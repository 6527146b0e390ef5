import type { Accepted, Click, ClickRecord } from '../events/click.ts'
import { transactionKey } from '../events/keys.ts'
import type { Postback } from '../events/postback.ts'
import type { DedupePolicy } from '../workspaces/schema.ts'
import type { Decision } from './attribute.ts'

/** Pairs kept of one transaction: a sender who makes more of them gets no longer list for it. */
const ACCEPTED_MAX = 50

/** A backend's postback that names its transaction and no click: it is met by what the transaction was matched with before. */
export const isByTransaction = ({ source_kind, click_id_fault, reading }: Postback): boolean =>
  source_kind === 'backend' && click_id_fault === null && reading.click_id === null && reading.transaction_id !== null

/** What is decided of a postback by its transaction. The attribution window was asked when the transaction met its click; it is
 *  not asked again, since what is paid back weeks later was attributed all the same. What was accepted of it already is a
 *  duplicate, as far as the policy of the source looks. */
export function byTransaction(
  postback: Postback,
  click: Click,
  accepted: readonly Accepted[],
  policy: DedupePolicy | undefined,
): Extract<Decision, { stage: 'matched' | 'duplicate' }> {
  const { event, conversion_status } = postback.reading
  const isSame = (one: Accepted): boolean =>
    one.event === event && (policy === 'by_transaction' || one.conversion_status === conversion_status)
  return policy !== 'every' && accepted.some(isSame) ? { stage: 'duplicate' } : { stage: 'matched', by: 'transaction_id', click }
}

/** The record that lets a later postback find its click by the transaction alone; null where there is nothing to write: only
 *  backends name transactions that are theirs alone. */
export function transactionRecord(postback: Postback, decision: Decision): { readonly key: string; readonly value: ClickRecord } | null {
  const { source_kind, workspace_id, reading } = postback
  if (decision.stage !== 'matched' || decision.click === null) return null
  if (source_kind !== 'backend' || reading.transaction_id === null) return null
  const accepted = [acceptedOf(postback)]
  return {
    key: transactionKey(workspace_id, reading.transaction_id),
    value: { ...decision.click, transaction_id: reading.transaction_id, accepted },
  }
}

export const acceptedOf = ({ reading }: Postback): Accepted => ({ event: reading.event, conversion_status: reading.conversion_status })

/** What two records of a transaction list together, in the order of the first. */
export function mergeAccepted(known: readonly Accepted[], come: readonly Accepted[]): Accepted[] {
  const more = come.filter((one) => !known.some((old) => isSamePair(old, one)))
  return [...known, ...more].slice(0, ACCEPTED_MAX)
}

export const isSamePair = (a: Accepted, b: Accepted): boolean => a.event === b.event && a.conversion_status === b.conversion_status
