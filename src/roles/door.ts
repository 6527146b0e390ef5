import { tryRequest } from '../api/try-request.ts'
import type { Config } from '../config.ts'
import { required } from '../config.ts'
import type { Click } from '../events/click.ts'
import { PLATFORMS } from '../platforms/index.ts'
import { openTarget } from '../platforms/open-target.ts'
import { hashUser } from '../platforms/user-forms.ts'
import { route } from '../routing/route.ts'
import type { Destination, Workspace } from '../workspaces/schema.ts'
import { createSeal } from '../workspaces/seal.ts'
import { twinUrl } from './context.ts'

type LookupClick = (workspaceId: string, clickId: string) => Promise<Click | undefined>

/** `POST /postback/test` as edge and console both serve it. */
export function openTryRequest(config: Config, newId: () => string, lookupClick: LookupClick) {
  const { unseal } = createSeal(required(config, 'CREDENTIALS_KEYS'))
  const credentialsOf = (workspaceId: string, destination: Destination): unknown => {
    try {
      return unseal(destination.credentials, workspaceId, destination.id)
    } catch {
      return undefined
    }
  }
  const deps = {
    rings: required(config, 'KEY_RINGS'),
    hashUser,
    nowMs: Date.now,
    newId,
    lookupClick,
    route,
    openTarget(workspaceId: string, destination: Destination) {
      const platform = PLATFORMS[destination.platform]
      const target = openTarget(platform, destination, credentialsOf(workspaceId, destination), twinUrl(config, destination.platform))
      return typeof target === 'string' ? undefined : { platform, target }
    },
  }
  return (workspace: Workspace, input: unknown) => tryRequest(workspace, input, deps)
}
