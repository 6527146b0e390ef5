import type { PlatformId } from '../events/words.ts'
import type { PlatformDefinition, Target } from '../platforms/definition.ts'
import { PLATFORMS } from '../platforms/index.ts'
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
  /** Base URL of a platform's twin, for sandbox destinations; undefined: the platform's own hosts are shown. */
  readonly twinUrl: (platform: PlatformId) => string | undefined
}): OpenTarget {
  return (workspaceId, destination) => {
    const platform = PLATFORMS[destination.platform]
    const settings = platform.settings.safeParse(destination.settings)
    const credentials = platform.credentials.safeParse(opened(workspaceId, destination))
    if (!settings.success || !credentials.success) return undefined
    const twin = destination.sandbox ? deps.twinUrl(destination.platform)?.replace(/\/$/, '') : undefined
    const hosts = twin === undefined ? platform.hosts : Object.fromEntries(Object.keys(platform.hosts).map((name) => [name, twin]))
    const target: Target = {
      settings: settings.data,
      credentials: credentials.data,
      eventMap: destination.event_map,
      testCode: destination.test_code,
      hosts,
      ...(platform.authorize === undefined ? {} : { accessToken: '[secret]' }),
    }
    return { platform, target }
  }

  function opened(workspaceId: string, destination: Destination): unknown {
    try {
      return deps.unseal(destination.credentials, workspaceId, destination.id)
    } catch {
      return undefined
    }
  }
}
