import { hash } from 'node:crypto'
import type { Postback } from './postback.ts'

/** Key of `clicks` and `postbacks` for a click id. */
export const clickKey = (workspaceId: string, clickId: string): string => `${workspaceId}:c:${clickId}`
export const transactionKey = (workspaceId: string, transactionId: string): string => `${workspaceId}:tx:${transactionId}`

/** Spellings of one click id share this form, and with it a partition: trimmed, ASCII lower case. Matching stays byte for byte. */
export const foldClickId = (clickId: string): string =>
  FOLDS.test(clickId) ? clickId.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : clickId
/** What folding may change; most ids have nothing of it. */
const FOLDS = /[A-Z\s]/

/** `<workspace>:c:`; workspace ids hold no colon. */
const CLICK_KEY = /^[^:]*:c:/
/** A click's key with its id folded; keys of other forms, a transaction's among them, are left as they are. */
export function foldKey(key: string): string {
  if (!FOLDS.test(key)) return key
  const prefix = CLICK_KEY.exec(key)?.[0]
  return prefix === undefined ? key : prefix + foldClickId(key.slice(prefix.length))
}
export const isTransactionKey = (key: string): boolean => key.startsWith(':tx:', key.indexOf(':'))
/** The click id or transaction id in a key of `clicks`. */
export const idOf = (key: string): string => key.slice(key.indexOf(':', key.indexOf(':') + 1) + 1)
export const workspaceOf = (key: string): string => key.slice(0, key.indexOf(':'))

/** The key of a postback, and the text its partition is computed from. Where neither click nor transaction names the conversion
 *  its event id does, so that a resend comes to the partition that knows it. */
export function postbackKey(
  postback: Pick<Postback, 'workspace_id' | 'postback_id'> & {
    reading: Pick<Postback['reading'], 'click_id' | 'transaction_id' | 'event_id'>
  },
): {
  key: string
  partitionKey: string
} {
  const { workspace_id: ws, postback_id, reading } = postback
  if (reading.click_id !== null) return { key: clickKey(ws, reading.click_id), partitionKey: clickKey(ws, foldClickId(reading.click_id)) }
  if (reading.transaction_id === null) return { key: `${ws}:pb:${postback_id}`, partitionKey: `${ws}:ev:${reading.event_id}` }
  const key = transactionKey(ws, reading.transaction_id)
  return { key, partitionKey: key }
}

export const pendingKey = (postbackKeyText: string, postbackId: string): string => `${postbackKeyText}:${postbackId}`
export const outcomeKey = (workspaceId: string, postbackId: string): string => `${workspaceId}:${postbackId}`

const SHARDS = 8
/** Key of a delivery: its destination and a shard, so that a hot destination spreads while a transaction keeps its order. */
export function deliveryKey(destinationId: string, transactionId: string | null, postbackId: string): string {
  const shard = Number.parseInt(hash('sha256', transactionId ?? postbackId, 'hex').slice(0, 8), 16) % SHARDS
  return `${destinationId}#${shard}`
}
