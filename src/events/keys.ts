import { codeAt } from './ascii.ts'
import type { Postback } from './postback.ts'
import { textHash } from './text-hash.ts'

/** Key of `clicks` and `postbacks` for a click id. */
export const clickKey = (workspaceId: string, clickId: string): string => `${workspaceId}:c:${clickId}`
export const transactionKey = (workspaceId: string, transactionId: string): string => `${workspaceId}:tx:${transactionId}`

/** Spellings of one click id share this form, and with it a partition: trimmed, ASCII lower case. Matching stays byte for byte. */
export const foldClickId = (clickId: string): string =>
  mayFold(clickId) ? clickId.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : clickId
/** Whether folding may change it: a capital letter, a blank, a control, or anything beyond ASCII, where there are more blanks. Most ids
 *  have nothing of it. */
function mayFold(text: string): boolean {
  const { length } = text
  for (let at = 0; at < length; at++) {
    const code = codeAt(text, at)
    if (code <= 0x20 || code > 0x7e || (code >= 0x41 && code <= 0x5a)) return true
  }
  return false
}

/** `<workspace>:c:`; workspace ids hold no colon. */
const CLICK_KEY = /^[^:]*:c:/
/** A click's key with its id folded; keys of other forms, a transaction's among them, are left as they are. */
export function foldKey(key: string): string {
  if (!mayFold(key)) return key
  const prefix = CLICK_KEY.exec(key)?.[0]
  return prefix === undefined ? key : prefix + foldClickId(key.slice(prefix.length))
}
export const isTransactionKey = (key: string): boolean => key.startsWith(':tx:', key.indexOf(':'))
/** The click id or transaction id in a key of `clicks`. */
export const idOf = (key: string): string => key.slice(key.indexOf(':', key.indexOf(':') + 1) + 1)
export const workspaceOf = (key: string): string => key.slice(0, key.indexOf(':'))

type Named = Pick<Postback, 'workspace_id' | 'postback_id'> & {
  readonly reading: Pick<Postback['reading'], 'click_id' | 'transaction_id' | 'event_id'>
}

/** What a postback is joined by: its click, else its transaction, else nothing but itself. */
export function joinedBy({ workspace_id: ws, postback_id, reading }: Named): string {
  if (reading.click_id !== null) return clickKey(ws, reading.click_id)
  return reading.transaction_id === null ? `${ws}:pb:${postback_id}` : transactionKey(ws, reading.transaction_id)
}

/** The key of a postback, and the text its partition is computed from. Where neither click nor transaction names the conversion
 *  its event id does, so that a resend comes to the partition that knows it. */
export function postbackKey(postback: Named): { key: string; partitionKey: string } {
  const { workspace_id: ws, reading } = postback
  const key = joinedBy(postback)
  const isItself = reading.click_id === null && reading.transaction_id === null
  return { key, partitionKey: isItself ? `${ws}:ev:${reading.event_id}` : foldKey(key) }
}

export const pendingKey = (postbackKeyText: string, postbackId: string): string => `${postbackKeyText}:${postbackId}`
export const outcomeKey = (workspaceId: string, postbackId: string): string => `${workspaceId}:${postbackId}`

const SHARDS = 8
/** Key of a delivery: its destination and a shard, so that a hot destination spreads while a transaction keeps its order. */
export function deliveryKey(destinationId: string, transactionId: string | null, postbackId: string): string {
  return `${destinationId}#${textHash(transactionId ?? postbackId)[0] % SHARDS}`
}
