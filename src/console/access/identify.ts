import { timingSafeEqual } from 'node:crypto'
import type { WorkspaceCopy } from '../../workspaces/copy.ts'
import type { Role, Workspace } from '../../workspaces/schema.ts'
import { type Sessions, sha256 } from '../accounts/sessions.ts'
import { Refusal } from '../problem.ts'
import { sessionToken } from './cookie.ts'

/** Who asks, and about which workspace. */
export type Identity =
  | { readonly kind: 'member'; readonly workspace: Workspace; readonly role: Role; readonly by: string; readonly email: string }
  | { readonly kind: 'key'; readonly workspace: Workspace; readonly role: Role; readonly by: string }
  /** `workspace` is there when X-Workspace-Id names one. */
  | { readonly kind: 'operator'; readonly workspace: Workspace | undefined; readonly role: 'operator'; readonly by: string }

export type AskedWith = {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  /** X-Workspace-Id: which of several memberships is meant, or which workspace the operator means. */
  readonly workspaceId: string | undefined
  readonly isHttps: boolean
}

/** Throws Refusal `unauthorized`; another workspace than one's own is as unknown as one that does not exist. Called again for
 *  every request and while a stream is open, so that a revoked key, an ended session and a changed role count at once. */
export type Identify = (asked: AskedWith) => Identity

export function createIdentify(deps: {
  readonly workspaces: WorkspaceCopy
  readonly sessions: Pick<Sessions, 'accountOf'>
  readonly operatorKey: string | undefined
}): Identify {
  const { workspaces, sessions } = deps
  const operatorDigest = deps.operatorKey === undefined ? undefined : Buffer.from(sha256(deps.operatorKey))

  function byToken(token: string, workspaceId: string | undefined): Identity {
    if (operatorDigest !== undefined && timingSafeEqual(Buffer.from(sha256(token)), operatorDigest)) {
      const workspace = workspaceId === undefined ? undefined : workspaces.get(workspaceId)
      if (workspaceId !== undefined && workspace === undefined) throw new Refusal('not_found')
      return { kind: 'operator', workspace, role: 'operator', by: 'operator' }
    }
    const owner = workspaces.apiKey(token)
    if (owner === undefined) throw unauthorized()
    if (workspaceId !== undefined && workspaceId !== owner.workspace.id) throw new Refusal('not_found')
    return { kind: 'key', workspace: owner.workspace, role: owner.key.role, by: owner.key.id }
  }

  return ({ authorization, cookie, workspaceId, isHttps }) => {
    if (authorization !== undefined) {
      const token = /^Bearer ([\w.~+/=-]{8,512})$/i.exec(authorization)?.[1]
      if (token === undefined) throw unauthorized()
      return byToken(token, workspaceId)
    }
    const token = sessionToken(cookie, isHttps)
    const account = token === undefined ? undefined : sessions.accountOf(token)
    if (account === undefined) throw unauthorized()
    const membership = account.memberships.find((one) => workspaceId === undefined || one.workspace_id === workspaceId)
    const workspace = membership === undefined ? undefined : workspaces.get(membership.workspace_id)
    if (membership === undefined || workspace === undefined) throw new Refusal('not_found')
    return { kind: 'member', workspace, role: membership.role, by: account.account_id, email: account.email }
  }
}

const unauthorized = (): Refusal =>
  new Refusal('unauthorized', 'Sign in, or send an API key as Authorization: Bearer <key>.', {}, { 'www-authenticate': 'Bearer' })
