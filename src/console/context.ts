import type Router from '@koa/router'
import type { Context, DefaultContext } from 'koa'
import type { Workspace } from '../workspaces/schema.ts'
import type { AskedWith, Identify, Identity } from './access/identify.ts'
import { may, type Operation } from './access/operations.ts'
import { isSameOrigin } from './access/same-origin.ts'
import { Refusal } from './problem.ts'

export type State = { client: { readonly ip: string; readonly isHttps: boolean } }
export type Ctx = Context & { state: State; params: Record<string, string | undefined> }
export type ApiRouter = Router<State, DefaultContext>

export type Asker = Identity & { readonly workspace: Workspace }

/** How routes learn who asks; both throw Refusals. */
export type Access = {
  /** The asker, allowed to do the operation in one workspace. */
  workspace(ctx: Ctx, operation: Operation): Asker
  /** The operator, no workspace needed. */
  operator(ctx: Ctx, operation: Operation): Identity
}

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export const askedWith = (ctx: Ctx): AskedWith => ({
  authorization: ctx.req.headers.authorization,
  cookie: ctx.req.headers.cookie,
  workspaceId: header(ctx, 'x-workspace-id'),
  isHttps: ctx.state.client.isHttps,
})

export function createAccess(identify: Identify): Access {
  function allowed(ctx: Ctx, operation: Operation): Identity {
    const identity = identify(askedWith(ctx))
    if (identity.kind === 'member' && UNSAFE.has(ctx.method)) requireSameOrigin(ctx)
    if (!may(identity.role, operation)) throw new Refusal('forbidden', `The role ${identity.role} does not allow this.`)
    return identity
  }
  return {
    operator: allowed,
    workspace(ctx, operation) {
      const identity = allowed(ctx, operation)
      if (identity.workspace === undefined) throw new Refusal('not_found', 'Name the workspace in X-Workspace-Id.')
      return { ...identity, workspace: identity.workspace }
    },
  }
}

export function requireSameOrigin(ctx: Ctx): void {
  const { origin, host } = ctx.req.headers
  if (isSameOrigin({ origin, host, fetchSite: header(ctx, 'sec-fetch-site') })) return
  throw new Refusal('forbidden', 'Changes are taken from the pages of this console only.')
}

export function header(ctx: Ctx, name: string): string | undefined {
  const value = ctx.req.headers[name]
  return typeof value === 'string' ? value : undefined
}
