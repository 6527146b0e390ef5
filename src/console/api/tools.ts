import { postbackConfig } from '../../api/config.ts'
import { readJson } from '../body.ts'
import type { Access, ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'

/** The handlers that edge and console share. */
export function serveTools(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  router.get('/postback/config', (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'sources.keys')
    ctx.body = postbackConfig(workspace, deps.config)
  })
  router.post('/postback/test', async (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'requests.test')
    const { status, body } = await deps.tryRequest(workspace, await readJson(ctx))
    ctx.status = status
    if (status >= 400) ctx.type = 'application/problem+json'
    ctx.body = JSON.stringify(body)
    if (status < 400) ctx.type = 'application/json'
  })
}
