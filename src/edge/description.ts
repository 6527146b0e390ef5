import { type Answer, json } from '../api/answer.ts'
import { edgeDocument } from '../api/openapi/edge-operations.ts'
import type { EdgeDeps } from './deps.ts'

const made = new WeakMap<EdgeDeps, Answer>()

/** `GET /openapi.json`: made when it is asked for, and then kept. */
export function description(deps: EdgeDeps): Answer {
  const known = made.get(deps)
  if (known !== undefined) return known
  const answer = json(200, edgeDocument(deps.publicUrl), { 'access-control-allow-origin': '*' })
  made.set(deps, answer)
  return answer
}
