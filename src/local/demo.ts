import { join } from 'node:path'
import { CallRefused, call } from './api.ts'
import { waitUntil } from './child.ts'
import { readPrivate, type Stack, type StackSource, writePrivate } from './stack-file.ts'

type DemoWorkspace = Stack['workspace']

const KNOWN_WITHIN_MS = 20_000

const SOURCES = [
  { kind: 'tracker', tracker: 'keitaro', name: 'Keitaro' },
  { kind: 'tracker', tracker: 'voluum', name: 'Voluum' },
  { kind: 'tracker', tracker: 'redtrack', name: 'RedTrack' },
  { kind: 'tracker', tracker: 'generic', name: 'Any other tracker' },
  { kind: 'backend', tracker: 'generic', name: 'Our own shop' },
] as const

const ACTIONS = { Purchase: '1001', Lead: '1002', SignUp: '1003', Subscribe: '1004' }

/** Sandbox destinations: their credentials open nothing but the twins. */
const DESTINATIONS = [
  { platform: 'meta', name: 'Demo pixel', settings: { pixel_id: '1234567890123456' }, credentials: { access_token: 'demo-meta-token' } },
  {
    platform: 'google',
    name: 'Demo Google Ads account',
    settings: { operating_account_id: '1234567890', conversion_actions: ACTIONS },
    credentials: { client_id: 'demo-client', client_secret: 'demo-client-secret', refresh_token: 'demo-refresh-token' },
  },
  {
    platform: 'tiktok',
    name: 'Demo TikTok pixel',
    settings: { pixel_code: 'C0DEMOPIXELCODE00000' },
    credentials: { access_token: 'demo-tiktok-token' },
  },
] as const

/** The demo workspace, made over the console's own API at the first start and remembered for the next. */
export async function openDemo(options: {
  readonly dataDir: string
  readonly consoleUrl: string
  readonly edgeUrl: string
  readonly operatorKey: string
}): Promise<DemoWorkspace> {
  const { dataDir, consoleUrl, edgeUrl, operatorKey } = options
  const known = readPrivate<DemoWorkspace>(dataDir, 'demo.json')
  if (known !== null && (await isThere(consoleUrl, known))) return { ...known, sources: known.sources.map((source) => at(edgeUrl, source)) }
  const made = await call<DemoWorkspace>('POST', `${consoleUrl}/api/v1/workspaces`, operatorKey, {
    name: 'Demo',
    rate_limit_per_min: 600_000,
    redirect_hosts: ['example.com'],
  })
  const sources: StackSource[] = []
  for (const source of SOURCES) {
    const { id, kind, tracker, key, click_key, postback_url, click_url } = await call<StackSource>(
      'POST',
      `${consoleUrl}/api/v1/sources`,
      made.api_key,
      source,
    )
    sources.push({ id, kind, tracker, key, click_key, postback_url, click_url })
  }
  for (const destination of DESTINATIONS)
    await call('POST', `${consoleUrl}/api/v1/destinations`, made.api_key, { ...destination, sandbox: true })
  const { id, api_key, admin_email, admin_password } = made
  const workspace = { id, api_key, admin_email, admin_password, sources }
  writePrivate(join(dataDir, 'demo.json'), workspace)
  await edgeKnows(edgeUrl, workspace)
  return workspace
}

/** The data folder may remember a workspace of another broker. */
const isThere = (consoleUrl: string, workspace: DemoWorkspace): Promise<boolean> =>
  call('GET', `${consoleUrl}/api/v1/settings`, workspace.api_key).then(
    () => true,
    (error: unknown) => {
      if (error instanceof CallRefused && error.status === 401) return false
      throw error
    },
  )

/** The edge reads its configuration from the log: a moment after the console wrote it, it knows every source. */
async function edgeKnows(edgeUrl: string, workspace: DemoWorkspace): Promise<void> {
  await waitUntil(
    'edge with the demo workspace',
    null,
    async () => {
      const { sources } = await call<{ sources: unknown[] }>('GET', `${edgeUrl}/api/v1/postback/config`, workspace.api_key)
      return sources.length === workspace.sources.length
    },
    KNOWN_WITHIN_MS,
  )
}

/** The edge may listen elsewhere than at the last start. */
const at = (edgeUrl: string, source: StackSource): StackSource => ({
  ...source,
  postback_url: `${edgeUrl}${pathOf(source.postback_url)}`,
  click_url: `${edgeUrl}${pathOf(source.click_url)}`,
})
const pathOf = (url: string): string => url.slice(new URL(url).origin.length)
