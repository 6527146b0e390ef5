import { createOpenTarget } from '../api/open-target.ts'
import { tryRequest } from '../api/try-request.ts'
import type { Config } from '../config.ts'
import { required } from '../config.ts'
import type { Click } from '../events/click.ts'
import { hashUser } from '../platforms/user-forms.ts'
import { route } from '../routing/route.ts'
import type { Workspace } from '../workspaces/schema.ts'
import { createSeal } from '../workspaces/seal.ts'
import { twinUrl } from './context.ts'

type LookupClick = (workspaceId: string, clickId: string) => Promise<Click | undefined>

/** `POST /postback/test` as edge and console both serve it. */
export function openTryRequest(config: Config, newId: () => string, lookupClick: LookupClick) {
  const deps = {
    rings: required(config, 'KEY_RINGS'),
    hashUser,
    nowMs: Date.now,
    newId,
    lookupClick,
    route,
    openTarget: createOpenTarget({
      unseal: createSeal(required(config, 'CREDENTIALS_KEYS')).unseal,
      twinUrl: (platform) => twinUrl(config, platform),
    }),
  }
  return (workspace: Workspace, input: unknown) => tryRequest(workspace, input, deps)
}
