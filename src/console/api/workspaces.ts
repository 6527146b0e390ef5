import { mintApiKey } from '../../workspaces/api-key.ts'
import { newId } from '../../workspaces/ids.ts'
import type { Workspace } from '../../workspaces/schema.ts'
import { randomPassword } from '../accounts/password.ts'
import { readJson } from '../body.ts'
import type { Access, ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { NewSettings, settingsFrom } from './settings.ts'
import { accepted } from './versions.ts'

export function serveWorkspaces(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  /** Key and password are shown in this answer and never again. */
  router.post('/workspaces', async (ctx: Ctx) => {
    const asker = access.operator(ctx, 'workspaces.create')
    const settings = settingsFrom(parse(NewSettings, await readJson(ctx)))
    const id = newId('w')
    const { token, stored } = mintApiKey({ id: newId('k'), name: 'First key', role: 'owner', nowMs: deps.nowMs() })
    const workspace: Workspace = { id, settings, sources: [], destinations: [], rules: [], api_keys: [stored] }
    const email = `admin@${id}.postback.local`
    const password = randomPassword()
    // The account first: without its workspace it opens nothing, while a workspace without an account would have no way in.
    const isCreated = await deps.sessions.createAccount({ email, password, memberships: [{ workspace_id: id, role: 'owner' }] })
    if (!isCreated) throw new Refusal('overloaded', undefined, {}, { 'retry-after': '1' })
    accepted(ctx, await deps.writer.create(workspace, asker.by))
    deps.log.info({ workspace_id: id }, 'workspace created')
    ctx.status = 201
    ctx.body = { id, api_key: token, admin_email: email, admin_password: password, sources: [] }
  })
}
