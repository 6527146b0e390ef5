import type { PlatformDefinition, Target } from './definition.ts'

/** What of a destination a target is made from. */
export type TargetSource = {
  readonly settings: Readonly<Record<string, unknown>>
  readonly sandbox: boolean
  readonly event_map: Readonly<Record<string, string | null>>
  readonly test_code: string | null
}

/** A target by the platform's own rules, its hosts replaced by the twin for a sandbox destination; or one sentence that says
 *  what is missing. `credentials` are opened, or undefined where they cannot be. */
export function openTarget(
  platform: PlatformDefinition,
  from: TargetSource,
  credentials: unknown,
  twinUrl: string | undefined,
): Target | string {
  const settings = platform.settings.safeParse(from.settings)
  if (!settings.success) return 'the settings of the destination cannot be read'
  const opened = platform.credentials.safeParse(credentials)
  if (!opened.success) return 'the credentials of the destination cannot be opened'
  if (from.sandbox && twinUrl === undefined) return 'a sandbox destination needs the URL of the twin'
  const twin = twinUrl?.replace(/\/$/, '') ?? ''
  const hosts = from.sandbox ? Object.fromEntries(Object.keys(platform.hosts).map((name) => [name, twin])) : platform.hosts
  return { settings: settings.data, credentials: opened.data, eventMap: from.event_map, testCode: from.test_code, hosts }
}
