import { z } from 'zod'
import { sessionCookie, sessionToken } from '../access/cookie.ts'
import type { Identify } from '../access/identify.ts'
import { readJson } from '../body.ts'
import { type ApiRouter, askedWith, type Ctx, requireSameOrigin } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { Refusal } from '../problem.ts'

export const SignInBody = z.strictObject({ email: z.string().min(1).max(254), password: z.string().min(1).max(1_000) })

export function serveSession(router: ApiRouter, identify: Identify, deps: ConsoleDeps): void {
  router.post('/session', async (ctx: Ctx) => {
    requireSameOrigin(ctx)
    const { ip, isHttps } = ctx.state.client
    const { email, password } = parse(SignInBody, await readJson(ctx))
    const result = await deps.sessions.signIn(email, password, ip)
    deps.metrics.count('console_sign_ins_total', { result: result.kind })
    if (result.kind === 'refused') throw new Refusal('unauthorized', 'Address and password do not belong together.')
    if (result.kind === 'unavailable')
      throw new Refusal('overloaded', 'Signing in did not work just now. Try again.', {}, { 'retry-after': '1' })
    if (result.kind === 'wait') {
      const seconds = Math.ceil(result.waitMs / 1_000)
      throw new Refusal('rate_limited', `Too many tries. Wait ${seconds} s.`, {}, { 'retry-after': String(seconds) })
    }
    ctx.set('set-cookie', sessionCookie(result.token, isHttps))
    ctx.body = { email: result.account.email, memberships: result.account.memberships }
  })
  router.get('/session', (ctx: Ctx) => {
    const identity = identify(askedWith(ctx))
    const { workspace, role } = identity
    ctx.body = {
      email: identity.kind === 'member' ? identity.email : null,
      role,
      workspace: workspace === undefined ? null : { id: workspace.id, name: workspace.settings.name },
    }
  })
  router.delete('/session', async (ctx: Ctx) => {
    requireSameOrigin(ctx)
    const { isHttps } = ctx.state.client
    const token = sessionToken(ctx.req.headers.cookie, isHttps)
    if (token !== undefined) await deps.sessions.signOut(token)
    ctx.set('set-cookie', sessionCookie(null, isHttps))
    ctx.status = 204
  })
}
