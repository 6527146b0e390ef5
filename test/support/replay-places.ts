import type { ReplayWith } from './replay.ts'

type Made = { readonly id: string; readonly key: string; readonly click_key: string }

/** A workspace of its own with one of everything that the examples of the documents name. */
export async function placesFor(
  consoleUrl: string,
  operatorKey: string,
): Promise<Omit<ReplayWith, 'url'> & { readonly workspaceKey: string }> {
  const call = async <T>(path: string, key: string | null, body: unknown): Promise<[T, Response]> => {
    const response = await fetch(`${consoleUrl}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return [(await response.json()) as T, response]
  }
  const [workspace] = await call<{ id: string; api_key: string; admin_email: string; admin_password: string }>('workspaces', operatorKey, {
    name: 'Examples',
    rate_limit_per_min: 600_000,
    redirect_hosts: ['example.com'],
  })
  const key = workspace.api_key
  const make = async (path: string, body: unknown): Promise<Made> => (await call<Made>(path, key, body))[0]
  const tracker = await make('sources', { kind: 'tracker', tracker: 'generic', name: 'Tracker' })
  const backend = await make('sources', { kind: 'backend', tracker: 'generic', name: 'Backend' })
  const source = await make('sources', { kind: 'tracker', tracker: 'generic', name: 'To be changed' })
  const pixel = {
    platform: 'meta',
    name: 'Pixel',
    settings: { pixel_id: '1234567890123456' },
    credentials: { access_token: 'EAAB' },
    sandbox: true,
  }
  const destination = await make('destinations', pixel)
  const rule = await make('rules', { name: 'Leads', when: { event: ['Lead'] }, destination_ids: [] })
  const apiKey = await make('api-keys', { name: 'Short-lived', role: 'viewer' })
  const { admin_email, admin_password } = workspace
  const [, signedIn] = await call('session', null, { email: admin_email, password: admin_password })
  return {
    workspaceKey: key,
    places: {
      ...{
        key: tracker.key,
        click_key: tracker.click_key,
        backend_key: backend.key,
        workspace_id: workspace.id,
        admin_email,
        admin_password,
      },
      ...{ source_id: source.id, destination_id: destination.id, rule_id: rule.id, api_key_id: apiKey.id },
    },
    auth: {
      api_key: { authorization: `Bearer ${key}` },
      operator_key: { authorization: `Bearer ${operatorKey}` },
      session: { cookie: signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '' },
    },
  }
}
