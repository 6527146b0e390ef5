import type { PlatformId } from '../events/words.ts'
import type { PlatformDefinition, Target } from '../platforms/definition.ts'
import { PLATFORMS } from '../platforms/index.ts'
import { openTarget } from '../platforms/open-target.ts'
import type { Destination, Sealed } from '../workspaces/schema.ts'

export type OpenTarget = (
  workspaceId: string,
  destination: Destination,
) => { readonly platform: PlatformDefinition; readonly target: Target } | undefined

/** Opens destinations to show what they would be sent. No access token is fetched: a mask stands where one would be.
 *  undefined: settings or credentials cannot be read. */
export function createOpenTarget(deps: {
  /** Opens sealed credentials; throws when no key fits. */
  readonly unseal: (sealed: Sealed, workspaceId: string, destinationId: string) => unknown
  /** Base URL of a platform's twin; without it sandbox destinations cannot be read. */
  readonly twinUrl: (platform: PlatformId) => string | undefined
}): OpenTarget {
  return (workspaceId, destination) => {
    const platform = PLATFORMS[destination.platform]
    const target = openTarget(platform, destination, opened(workspaceId, destination), deps.twinUrl(destination.platform))
    if (typeof target === 'string') return undefined
    return { platform, target: platform.authorize === undefined ? target : { ...target, accessToken: '[secret]' } }
  }

  function opened(workspaceId: string, destination: Destination): unknown {
    try {
      return deps.unseal(destination.credentials, workspaceId, destination.id)
    } catch {
      return undefined
    }
  }
}
