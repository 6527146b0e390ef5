import type { Stack } from '../../src/local/stack-file.ts'
import { call, untilKnown } from '../support/workspace.ts'

/** A workspace of the run: what its senders need, and its destination per platform. */
export type Tenant = {
  readonly id: string
  readonly apiKey: string
  readonly batchUrl: string
  readonly destinations: Readonly<Record<string, string>>
}

const AT_ONCE = 4
const NO_LIMIT = { rate_limit_per_min: Number.MAX_SAFE_INTEGER }
const ACTIONS = { Purchase: '1001', Lead: '1002', SignUp: '1003', Subscribe: '1004' }

/** So many workspaces without a limit, each with one source and a sandbox destination per platform. */
export async function openTenants(stack: Stack, count: number): Promise<Tenant[]> {
  const tenants: Tenant[] = []
  for (let from = 0; from < count; from += AT_ONCE)
    tenants.push(
      ...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => openTenant(stack, from + index)))),
    )
  await Promise.all(tenants.map((tenant) => untilKnown(stack, tenant.apiKey)))
  return tenants
}

async function openTenant(stack: Stack, index: number): Promise<Tenant> {
  const made = await call<{ id: string; api_key: string }>(stack, 'POST', '/api/v1/workspaces', stack.operator_api_key, {
    name: `tenant ${index}`,
    redirect_hosts: ['example.com'],
    ...NO_LIMIT,
  })
  const source = await call<{ key: string }>(stack, 'POST', '/api/v1/sources', made.api_key, {
    kind: 'tracker',
    tracker: 'generic',
    name: 'sender',
  })
  const destinations: Record<string, string> = {}
  for (const { platform, settings, credentials } of [
    { platform: 'meta', settings: { pixel_id: String(1_000_000_000 + index) }, credentials: { access_token: 'chaos-meta-token' } },
    {
      platform: 'google',
      settings: { operating_account_id: String(2_000_000_000 + index), conversion_actions: ACTIONS },
      credentials: { client_id: 'c', client_secret: 'chaos-client-secret', refresh_token: 'chaos-refresh-token' },
    },
    {
      platform: 'tiktok',
      settings: { pixel_code: `C0CHAOS${String(index).padStart(13, '0')}` },
      credentials: { access_token: 'chaos-tiktok-token' },
    },
  ]) {
    const one = await call<{ id: string }>(stack, 'POST', '/api/v1/destinations', made.api_key, {
      platform,
      settings,
      credentials,
      name: platform,
      sandbox: true,
    })
    destinations[platform] = one.id
  }
  return {
    id: made.id,
    apiKey: made.api_key,
    batchUrl: `${stack.edge_url}/api/v1/postback/conversions/batch?key=${encodeURIComponent(source.key)}`,
    destinations,
  }
}
