import type { Access, ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { find } from './collection.ts'
import { showKeyVersion } from './sources.ts'

/** The versions of a source's key and when each was used, so that a leaked one can be ended as soon as nobody needs it any more. */
export function serveKeys(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  router.get('/sources/:id/keys', async (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'sources.read')
    const source = find(workspace.sources, ctx.params.id)
    const uses = new Map((await deps.reads.keyUse(workspace.id, source.id)).map((use) => [use.version, use]))
    const items = source.key_versions.map((one) => {
      const use = uses.get(one.version)
      return { ...showKeyVersion(one, deps.nowMs()), first_used_at: use?.first_at ?? null, last_used_at: use?.last_at ?? null }
    })
    ctx.body = { items, next_cursor: null }
  })
}
