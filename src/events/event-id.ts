import { hash } from 'node:crypto'
import { PLATFORM_OF_ID, type PlatformClickId } from './words.ts'

export type EventIdParts = {
  workspace_id: string
  click_id: string | null
  event: string | null
  transaction_id: string | null
  conversion_status: string | null
  value: string | null
  currency: string | null
  /** Milliseconds, or null. */
  event_time: number | null
} & { readonly [id in PlatformClickId]?: string | null }

/** The event id of a conversion whose sender gave none: UUIDv8 from SHA-256 of the JSON list below, so that a resend has
 *  the same id. Where neither click id nor transaction id names the conversion, what is known of it does: value, currency,
 *  event time and, when there is one, the surest platform id, since two visitors' purchases are two. `pixel.js` has the same formula. `postbackId` is given under the dedupe policy `every` alone. */
export function eventId(parts: EventIdParts, postbackId?: string): string {
  const list: (string | number | null)[] = [
    'pb1',
    parts.workspace_id,
    parts.click_id,
    parts.event,
    parts.transaction_id,
    parts.conversion_status,
  ]
  if (parts.click_id === null && parts.transaction_id === null) {
    list.push(parts.value, parts.currency, parts.event_time)
    const surest = (Object.keys(PLATFORM_OF_ID) as PlatformClickId[]).map((id) => parts[id] ?? null).find((value) => value !== null)
    if (surest !== undefined) list.push(surest)
  }
  if (postbackId !== undefined) list.push(postbackId)
  return uuid8(hash('sha256', JSON.stringify(list), 'hex'))
}

/** RFC 9562 UUIDv8: the first 128 bits of the digest with the version and variant bits set. */
function uuid8(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`
}
