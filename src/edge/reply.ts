import { type Answer, json, text } from '../api/answer.ts'
import type { Durability } from './storage.ts'

export type Warning = { readonly code: string; readonly param: string; readonly message: string; readonly fix: string }
export type Receipt = {
  readonly status: 'received' | 'deferred' | 'quarantined'
  readonly postback_id: string
  readonly event_id: string
  /** `spool`: on this edge's disk, which outlives a crash of the process and not its own loss. */
  readonly durability: Durability
  readonly warnings: readonly Warning[]
}

const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const TEXT_MAX_BYTES = 256

/** The receipt in the form the sender wants: `return=` of the request, else the source's setting. `json`, `gif`, `204`, or a
 *  fixed text of at most 256 bytes; what is none of them gets JSON. Never a redirect. */
export function replyAs(receipt: Receipt, returned: string | null, setting: string): Answer {
  const form = returned ?? (setting.startsWith('text:') ? setting.slice(5) : setting)
  const isText = returned !== null || setting.startsWith('text:')
  if (form === 'gif') return { status: 200, type: 'image/gif', body: GIF }
  if (form === '204') return { status: 204, type: '', body: null }
  if (form === 'json' || form === '' || !isText || Buffer.byteLength(form) > TEXT_MAX_BYTES) return json(200, receipt)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
  return text(200, form.replace(/[\u0000-\u001f\u007f]/g, ''))
}
