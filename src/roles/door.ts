import { createOpenTarget } from '../api/open-target.ts'
import { type FoundClick, tryRequest } from '../api/try-request.ts'
import { attribute, policyOf } from '../attribution/attribute.ts'
import type { Config } from '../config.ts'
import { required } from '../config.ts'
import type { Postback } from '../events/postback.ts'
import { hashUser } from '../platforms/user-forms.ts'
import { route } from '../routing/route.ts'
import type { Workspace } from '../workspaces/schema.ts'
import { createSeal } from '../workspaces/seal.ts'
import { twinUrl } from './context.ts'

type LookupClick = (workspaceId: string, clickId: string) => Promise<FoundClick>

/** Attribution's own decision, so that the answer is what would happen. */
export function decide(postback: Postback, { click, nearest_click_id }: FoundClick, workspace: Workspace) {
  const decision = attribute(
    postback,
    { click: click ?? undefined, otherSpelling: nearest_click_id ?? undefined },
    policyOf(workspace.settings),
    postback.received_at,
  )
  // What is quarantined never comes here.
  return {
    stage: decision.stage === 'quarantined' ? 'unmatched' : decision.stage,
    ...('why' in decision ? { why: decision.why } : {}),
  } as const
}

/** `POST /postback/test` as edge and console both serve it. */
export function openTryRequest(config: Config, newId: () => string, lookupClick: LookupClick) {
  const deps = {
    rings: required(config, 'KEY_RINGS'),
    hashUser,
    nowMs: Date.now,
    newId,
    allowHttp: config.ALLOW_HTTP,
    lookupClick,
    decide,
    route,
    openTarget: createOpenTarget({
      unseal: createSeal(required(config, 'CREDENTIALS_KEYS')).unseal,
      twinUrl: (platform) => twinUrl(config, platform),
    }),
  }
  return (workspace: Workspace, input: unknown) => tryRequest(workspace, input, deps)
}
