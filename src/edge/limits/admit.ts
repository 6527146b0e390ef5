import type { Answer } from '../../api/answer.ts'
import type { ReadRequest } from '../../api/read/request.ts'
import type { Postback } from '../../events/postback.ts'
import type { EdgeDeps } from '../deps.ts'
import type { Opened } from '../gate.ts'
import type { Taken } from './limiter.ts'
import { overLimit } from './over-limit.ts'

/** One refusal in so many is logged. */
const TOLD_ONE_IN = 100
let refusals = 0

/** A sender that is far over everything is refused before his body; null: it may be read. */
export function refuseEarly(deps: EdgeDeps, gate: Opened): Answer | null {
  const taken = deps.limiter.peek(gate.ref.workspaceId, gate.rate, isStrict(gate))
  return taken.why === null || taken.why === 'limit' ? null : refuseOver(deps, gate, taken)
}

type Costing = { readonly isTest: boolean }
/** Counts conversions, test events apart, which cost nothing. */
export const take = (deps: EdgeDeps, gate: Opened, read: readonly Costing[]): Taken =>
  deps.limiter.take(gate.ref.workspaceId, gate.rate, isStrict(gate), read.filter(costs).length)

/** The same for one that is refused, and kept all the same. */
export const takeRow = (deps: EdgeDeps, gate: Opened, { postback }: ReadRequest): Taken =>
  take(deps, gate, [{ isTest: postback.reading.test }])

export const costs = ({ isTest }: Costing): boolean => !isTest

/** Who is told at once and sends again himself. */
export const isStrict = ({ rules }: Opened): boolean => rules.kind === 'backend'

export function refuseOver(deps: EdgeDeps, { ref, rate }: Opened, taken: Taken): Answer {
  if (refusals++ % TOLD_ONE_IN === 0)
    deps.log.warn({ workspace_id: ref.workspaceId, source_id: ref.sourceId, why: taken.why, refusals }, 'refused: over the limit')
  return overLimit(rate, taken)
}

/** A request as it is written: in its lane, and with what the allowlist has to say. */
export function admitted(read: ReadRequest, { isObserved }: Opened, lane: Postback['lane']): ReadRequest {
  const { postback } = read
  if (lane === postback.lane && !isObserved) return read
  const problems = isObserved ? [...postback.problems, OBSERVED] : postback.problems
  return { ...read, postback: { ...postback, lane, problems } }
}

const OBSERVED = {
  code: 'ip_not_in_allowlist',
  param: '',
  message: 'The sender is not in the allowlist of the workspace. It was taken, since the allowlist only observes.',
  fix: 'Add its address (sender_ip) to the allowlist before it is set to enforce.',
}
