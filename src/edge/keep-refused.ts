import type { Answer } from '../api/answer.ts'
import type { ReadRequest } from '../api/read/request.ts'
import type { EdgeDeps } from './deps.ts'
import type { Opened } from './gate.ts'
import { refuseOver, takeRow } from './limits/admit.ts'
import { notStored } from './not-stored.ts'
import { storePostback } from './produce.ts'

/** Keeps a row of a request that is about to be refused, so that the workspace sees what was sent in vain. It counts as any other, or
 *  whoever is refused could fill the topic. null: it is kept; else what is answered instead. */
export async function keepRefused(deps: EdgeDeps, gate: Opened, row: ReadRequest): Promise<Answer | null> {
  const taken = takeRow(deps, gate, row)
  if (taken.why !== null) return refuseOver(deps, gate, taken)
  const stored = await storePostback(deps, row.postback)
  return stored.kind === 'refused' ? notStored(stored) : null
}
