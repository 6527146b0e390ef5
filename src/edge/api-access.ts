import { type Answer, problem } from '../api/answer.ts'
import type { Role, Workspace } from '../workspaces/schema.ts'
import type { EdgeDeps } from './deps.ts'
import type { EdgeRequest } from './request.ts'

export type ApiAccess = { readonly kind: 'open'; readonly workspace: Workspace } | { readonly kind: 'shut'; readonly answer: Answer }

/** The workspace of the request's API key, when the role of the key is among `roles`. */
export function openApi(deps: EdgeDeps, request: EdgeRequest, roles: readonly Role[]): ApiAccess {
  const token = /^Bearer ([\w.~+/=-]{8,512})$/i.exec(request.header('authorization'))?.[1]
  const owner = token === undefined ? undefined : deps.workspaces.apiKey(token)
  if (owner === undefined) return { kind: 'shut', answer: problem('unauthorized', {}, { 'www-authenticate': 'Bearer' }) }
  if (!deps.allowHttp && !request.client.isHttps) return { kind: 'shut', answer: problem('https_required') }
  if (!roles.includes(owner.key.role)) return { kind: 'shut', answer: problem('forbidden', { roles }) }
  return { kind: 'open', workspace: owner.workspace }
}
