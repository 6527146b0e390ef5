import { type ReadContext, readItem } from '../api/read/request.ts'
import { showReading } from '../api/show.ts'
import { UNKNOWN_SOURCE } from '../dialects/definition.ts'
import { hashUser } from '../platforms/user-forms.ts'
import type { Item } from './columns.ts'

const NO_ID = '00000000-0000-4000-8000-000000000000'

/** How the edge would read an item under a source of this tracker that has no settings of its own: what it makes of it, and
 *  what it would be refused or kept in quarantine for. */
export function tryItem(item: Item, tracker: string, nowMs: number): { reading: Record<string, unknown>; code: string; reason: string } {
  const context: ReadContext = {
    ...{ workspaceId: 'dry_run', sourceId: 'dry_run', keyVersion: 1, postbackId: NO_ID, nowMs, workspacesOffset: -1 },
    ...{ senderIp: null, senderUserAgent: null, messageId: null, hashUser },
    rules: { ...UNKNOWN_SOURCE, tracker },
  }
  const listed = { value: item, isJson: true, invalidUtf8: false, duplicateKeys: false, refusedNames: [] }
  const { postback, errors } = readItem(listed, 0, context)
  const { event_id: _, ...reading } = showReading(postback.reading)
  const wrong = postback.quarantined ?? errors[0]?.code ?? postback.click_id_fault ?? ''
  return { reading, code: wrong, reason: wrong === '' ? '' : postback.problems.map(({ message, fix }) => `${message} ${fix}`).join(' ') }
}
