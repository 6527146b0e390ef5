import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../src/local/stack-file.ts'

type Made = { id: string; api_key: string; admin_email: string; admin_password: string }
type Source = Stack['workspace']['sources'][number]

/** A workspace of its own for a test, with one source per dialect and kind, and a sandbox destination per platform: the stack
 *  as that workspace sees it. */
export async function ownWorkspace(stack: Stack, settings: Readonly<Record<string, unknown>> = {}): Promise<Stack> {
  const made = await call<Made>(stack, 'POST', '/api/v1/workspaces', stack.operator_api_key, {
    name: 'test',
    rate_limit_per_min: 600_000,
    redirect_hosts: ['example.com'],
    ...settings,
  })
  const sources: Source[] = []
  for (const [kind, tracker] of [
    ['tracker', 'keitaro'],
    ['tracker', 'voluum'],
    ['tracker', 'redtrack'],
    ['tracker', 'generic'],
    ['backend', 'generic'],
  ]) {
    sources.push(await call<Source>(stack, 'POST', '/api/v1/sources', made.api_key, { kind, tracker, name: `${kind} ${tracker}` }))
  }
  // Pixels and accounts of its own, so that what a twin believes of it is nobody else's.
  const digits = String(randomInt(10 ** 9, 10 ** 10))
  const actions = { Purchase: '1001', Lead: '1002', SignUp: '1003', Subscribe: '1004' }
  for (const destination of [
    { platform: 'meta', settings: { pixel_id: `987654${digits}` }, credentials: { access_token: 'test-meta-token' } },
    {
      platform: 'google',
      settings: { operating_account_id: digits, conversion_actions: actions },
      credentials: { client_id: 'c', client_secret: 'test-client-secret', refresh_token: 'test-refresh-token' },
    },
    { platform: 'tiktok', settings: { pixel_code: `C0TESTPIX${digits}` }, credentials: { access_token: 'test-tiktok-token' } },
  ]) {
    await call(stack, 'POST', '/api/v1/destinations', made.api_key, { ...destination, name: destination.platform, sandbox: true })
  }
  await untilKnown(stack, made.api_key)
  return { ...stack, workspace: { ...made, sources } }
}

/** Who calls with an API key is known to the edge once its copy has it; a source's key is good before. */
export async function untilKnown(stack: Stack, apiKey: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { ok } = await fetch(`${stack.edge_url}/api/v1/postback/config`, { headers: { authorization: `Bearer ${apiKey}` } })
    if (ok) return
    await sleep(100)
  }
  throw new Error('the edge does not hear of a workspace')
}

export async function call<Answer>(stack: Stack, method: string, path: string, token: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${stack.console_url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return JSON.parse(text) as Answer
}

export function sourceOf(stack: Stack, tracker: string, kind = 'tracker'): Source {
  const source = stack.workspace.sources.find((one) => one.tracker === tracker && one.kind === kind)
  if (source === undefined) throw new Error(`the workspace has no ${kind} source of ${tracker}`)
  return source
}
