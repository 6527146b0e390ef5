import { z } from 'zod'
import { mintApiKey } from '../../workspaces/api-key.ts'
import { newId } from '../../workspaces/ids.ts'
import { ApiKey } from '../../workspaces/schema.ts'
import { mayGrant } from '../access/operations.ts'
import { readJson } from '../body.ts'
import type { Access, ApiRouter, Asker, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { invalid, Refusal } from '../problem.ts'
import { find, replaced } from './collection.ts'
import { change } from './versions.ts'

export const NewApiKey = z.strictObject({ name: ApiKey.shape.name, role: ApiKey.shape.role })
const KEYS_MAX = 200

export function serveApiKeys(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  router.get('/api-keys', (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'api_keys.read')
    ctx.body = { items: workspace.api_keys.map(show), next_cursor: null }
  })
  /** The answer is the only place where the key itself is ever seen. */
  router.post('/api-keys', async (ctx: Ctx) => {
    const asker = access.workspace(ctx, 'api_keys.write')
    const { name, role } = parse(NewApiKey, await readJson(ctx))
    requireGrant(asker, role)
    const { token, stored } = mintApiKey({ id: newId('k'), name, role, nowMs: deps.nowMs() })
    await change(deps, ctx, asker, (workspace) => {
      if (workspace.api_keys.length >= KEYS_MAX) throw invalid([{ param: 'api_keys', sent: '', expected: `at most ${KEYS_MAX}` }])
      return { ...workspace, api_keys: [...workspace.api_keys, stored] }
    })
    ctx.status = 201
    ctx.body = { ...show(stored), api_key: token }
  })
  router.delete('/api-keys/:id', async (ctx: Ctx) => {
    const asker = access.workspace(ctx, 'api_keys.write')
    await change(deps, ctx, asker, (workspace) => {
      const key = find(workspace.api_keys, ctx.params.id)
      requireGrant(asker, key.role)
      return { ...workspace, api_keys: replaced(workspace.api_keys, { ...key, revoked_at: key.revoked_at ?? deps.nowMs() }) }
    })
    ctx.status = 204
  })
}

function requireGrant(asker: Asker, role: ApiKey['role']): void {
  if (!mayGrant(asker.role, role)) throw new Refusal('forbidden', `The role ${asker.role} cannot hand out or take away the role ${role}.`)
}

function show({ id, name, role, last4, created_at, revoked_at }: ApiKey) {
  return {
    id,
    name,
    role,
    last4,
    created_at: new Date(created_at).toISOString(),
    revoked_at: revoked_at === null ? null : new Date(revoked_at).toISOString(),
  }
}
