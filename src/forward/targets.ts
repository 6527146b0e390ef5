import type { PlatformDefinition, Target, Verdict } from '../platforms/definition.ts'
import { openTarget } from '../platforms/open-target.ts'
import type { Destination, Sealed } from '../workspaces/schema.ts'
import type { Http } from './http.ts'

export type OpenTarget =
  | { readonly kind: 'target'; readonly target: Target }
  /** The platform did not give an access token: the verdict counts for everything that was to be sent. */
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly detail: string }

export type Targets = {
  open(workspaceId: string, destination: Destination): Promise<OpenTarget>
  /** The access token was refused: the next `open` fetches another. */
  forget(destination: Destination): void
}

/** A token is fetched anew this long before it ends. */
const TOKEN_MARGIN_MS = 60_000

/** Makes targets out of destinations: opens the credentials, chooses platform or twin, fetches and keeps access tokens. */
export function createTargets(deps: {
  readonly platform: PlatformDefinition
  /** Opens sealed credentials; throws when no key fits. */
  readonly unseal: (sealed: Sealed, workspaceId: string, destinationId: string) => unknown
  /** Base URL of the twin; sandbox destinations cannot be used without it. */
  readonly twinUrl: string | undefined
  readonly http: Http
  readonly nowMs: () => number
}): Targets {
  const { platform, http, nowMs } = deps
  const tokens = new Map<string, { readonly token: string; readonly endsAtMs: number }>()

  function base(workspaceId: string, destination: Destination): OpenTarget {
    const target = openTarget(platform, destination, openSealed(workspaceId, destination), deps.twinUrl)
    return typeof target === 'string' ? blocked(target) : { kind: 'target', target }
  }

  function openSealed(workspaceId: string, destination: Destination): unknown {
    try {
      return deps.unseal(destination.credentials, workspaceId, destination.id)
    } catch {
      return undefined
    }
  }

  return {
    async open(workspaceId, destination) {
      const opened = base(workspaceId, destination)
      if (opened.kind === 'verdict' || platform.authorize === undefined) return opened
      const place = placeOf(destination)
      const known = tokens.get(place)
      if (known !== undefined && known.endsAtMs > nowMs()) return withToken(opened.target, known.token)
      const called = await http.call(platform.authorize.request(opened.target), platform.limits.timeoutMs)
      if (called.kind !== 'reply') {
        return { kind: 'verdict', verdict: { kind: 'retry', why: called.kind, traceId: null }, detail: `token: ${called.detail}` }
      }
      const answer = platform.authorize.read(called.reply)
      if (answer.kind !== 'token') return { kind: 'verdict', verdict: answer, detail: 'no access token was given' }
      tokens.set(place, { token: answer.accessToken, endsAtMs: nowMs() + answer.expiresInMs - TOKEN_MARGIN_MS })
      return withToken(opened.target, answer.accessToken)
    },
    forget(destination) {
      tokens.delete(placeOf(destination))
    },
  }
}

/** New credentials have a token of their own. */
const placeOf = (destination: Destination): string => `${destination.id} ${destination.credentials.data}`

const withToken = (target: Target, accessToken: string): OpenTarget => ({ kind: 'target', target: { ...target, accessToken } })
const blocked = (detail: string): OpenTarget => ({ kind: 'verdict', verdict: { kind: 'blocked', why: 'token', traceId: null }, detail })
