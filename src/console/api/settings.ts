import { isIP } from 'node:net'
import { z } from 'zod'
import { DEFAULT_SETTINGS, Settings, type Workspace } from '../../workspaces/schema.ts'
import { may } from '../access/operations.ts'
import { readJson } from '../body.ts'
import type { Access, ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { defined } from './values.ts'
import { change, setVersion } from './versions.ts'

function isRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}
const HOST = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}$/

const shape = Settings.shape
const Cidr = z.string().refine(isRange, 'an address or CIDR range, v4 or v6')
export const SettingsFields = Settings.extend({
  allowlist: shape.allowlist.extend({ cidrs: z.array(Cidr).max(1_000) }),
  redirect_hosts: z.array(z.string().regex(HOST, 'a host name in lower case, such as shop.example.com')).max(200),
})
export const SettingsPatch = SettingsFields.partial()
/** The body of `POST /workspaces`. */
export const NewSettings = SettingsPatch.extend({ name: SettingsFields.shape.name })
export const settingsFrom = (body: z.infer<typeof NewSettings>): Settings => ({ ...DEFAULT_SETTINGS, ...defined(body) })

export function serveSettings(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  router.get('/settings', (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'settings.read')
    setVersion(ctx, deps.workspaces.version(workspace.id))
    ctx.body = show(workspace)
  })
  router.patch('/settings', async (ctx: Ctx) => {
    const asker = access.workspace(ctx, 'settings.write')
    const fields = defined(parse(SettingsPatch, await readJson(ctx)))
    if ('rate_limit_per_min' in fields && !may(asker.role, 'settings.limit')) {
      throw new Refusal('forbidden', 'The rate limit is changed by the operator.')
    }
    ctx.body = show(await change(deps, ctx, asker, (workspace) => ({ ...workspace, settings: { ...workspace.settings, ...fields } })))
  })
}

const show = (workspace: Workspace) => ({ workspace_id: workspace.id, ...workspace.settings })
