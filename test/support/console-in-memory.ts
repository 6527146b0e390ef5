import type { AddressInfo } from 'node:net'
import { createBackOff } from '../../src/console/accounts/back-off.ts'
import { createDirectory } from '../../src/console/accounts/directory.ts'
import { createSessions } from '../../src/console/accounts/sessions.ts'
import { type ConsoleDeps, createConsole } from '../../src/console/app.ts'
import type { Reads } from '../../src/console/reads.ts'
import { createConsoleServer } from '../../src/console/server.ts'
import type { Postback } from '../../src/events/postback.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import type { EventDetail } from '../../src/store/get-event.ts'
import type { KeyUse } from '../../src/store/key-use.ts'
import type { ListedEvent } from '../../src/store/listed-event.ts'
import type { Stats } from '../../src/store/stats.ts'
import type { Kept, KeptWords } from '../../src/store/unmapped.ts'
import type { Account } from '../../src/workspaces/account.ts'
import { createWorkspaceCopy } from '../../src/workspaces/copy.ts'
import type { WorkspaceRecord } from '../../src/workspaces/schema.ts'
import { createSeal } from '../../src/workspaces/seal.ts'
import { createVersionedLog } from '../../src/workspaces/versioned.ts'
import { createWorkspaceWriter } from '../../src/workspaces/write.ts'

export const OPERATOR_KEY = 'operator-key-for-tests-only'
const none = { queued: 0, retrying: 0, forwarded: 0, confirmed: 0, failed: 0, suppressed: 0, blocked: 0, expired: 0 }
export const NO_STATS: Stats = {
  received: 0,
  duplicate: 0,
  quarantined: 0,
  deferred: 0,
  held: 0,
  matched: 0,
  unmatched: 0,
  success_rate: null,
  unmatched_by: {},
  value_by_currency: {},
  platforms: { meta: none, google: none, tiktok: none },
}

/** What ClickHouse would answer, by workspace; tests write into it. */
export type Told = {
  readonly events: Map<string, EventDetail[]>
  readonly changes: Map<string, ListedEvent[]>
  stats: Stats
  readonly words: KeptWords[]
  readonly keyUse: KeyUse[]
  /** Postbacks that are kept for their words, in the order they came. */
  readonly kept: Kept[]
  /** What went onto topic `postbacks` once more. */
  readonly published: { readonly partition: number; readonly key: string; readonly postback: Postback }[]
  readonly asked: { readonly what: string; readonly workspaceId: string; readonly with: unknown }[]
}

function readsOf(told: Told): Reads {
  return {
    async listEvents(workspaceId, filters) {
      told.asked.push({ what: 'list', workspaceId, with: filters })
      const all = told.events.get(workspaceId) ?? []
      return { items: all.filter((event) => filters.status === undefined || event.status === filters.status), next_cursor: null }
    },
    getEvent: async (workspaceId, id) => told.events.get(workspaceId)?.find((event) => event.postback_id === id) ?? null,
    async stats(workspaceId, query) {
      told.asked.push({ what: 'stats', workspaceId, with: query })
      return told.stats
    },
    async unmappedWords(workspaceId, sourceId, sinceMs) {
      told.asked.push({ what: 'words', workspaceId, with: { sourceId, sinceMs } })
      return told.words
    },
    async keyUse(workspaceId, sourceId) {
      told.asked.push({ what: 'keys', workspaceId, with: { sourceId } })
      return told.keyUse
    },
    follow: (workspaceId, sinceMs) => {
      told.asked.push({ what: 'follow', workspaceId, with: sinceMs })
      return { next: async () => told.changes.get(workspaceId)?.splice(0) ?? [] }
    },
  }
}

/** The console on a free port, its topics in memory, its reads told by the test. */
export async function openConsole(given: Partial<ConsoleDeps> & { port?: number } = {}) {
  const clock = { offsetMs: 0 }
  const nowMs = () => Date.now() + clock.offsetMs
  const told: Told = { events: new Map(), changes: new Map(), stats: NO_STATS, words: [], keyUse: [], kept: [], published: [], asked: [] }
  const records: WorkspaceRecord[] = []
  const workspaces = createWorkspaceCopy()
  const workspaceLog = createVersionedLog<WorkspaceRecord>()
  const appendWorkspace = async (record: WorkspaceRecord) => {
    const offset = records.push(record) - 1
    workspaceLog.observe({ ...workspaces.apply(record, record.workspace_id, offset), record, key: record.workspace_id, offset })
    return { offset }
  }
  const directory = createDirectory()
  const accountLog = createVersionedLog<Account>()
  let accountOffset = 0
  const appendAccount = async (record: Account) => {
    const offset = accountOffset++
    accountLog.observe({ ...directory.apply(record, record.account_id), record, key: record.account_id, offset })
    return { offset }
  }
  const keys = [{ id: 'a', secret: Buffer.alloc(32, 1) }]
  const quiet = () => undefined
  const deps: ConsoleDeps = {
    workspaces,
    writer: createWorkspaceWriter({ log: workspaceLog, append: appendWorkspace, nowMs }),
    sessions: createSessions({
      directory,
      log: accountLog,
      append: appendAccount,
      backOff: { account: createBackOff(5), address: createBackOff(20) },
      nowMs,
    }),
    seal: createSeal(keys).seal,
    config: { rings: keys, publicUrl: 'https://edge.example', nowMs },
    tryRequest: async (workspace, input) => ({ status: 200, body: { dialect: 'generic', workspace: workspace.id, input } }),
    reads: readsOf(told),
    reread: {
      kept: async (workspaceId, sourceId, [at, id], limit) =>
        told.kept
          .filter(({ postback: one }) => one.workspace_id === workspaceId && one.source_id === sourceId)
          .filter(({ postback: one }) => one.received_at > at || (one.received_at === at && one.postback_id > id))
          .slice(0, limit),
      publish: async (partition, key, postback) => told.published.push({ partition, key, postback }),
      workspacesOffset: () => workspaces.appliedOffset(),
      nowMs,
    },
    operatorKey: OPERATOR_KEY,
    clientAddress: (peer, isTls) => ({ ip: peer, isHttps: isTls }),
    allowHttp: true,
    readiness: () => ({ ready: true, reason: 'ready' }),
    nowMs,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    metrics: createMetrics(),
    ...given,
  }
  const { app, close, routes } = createConsole(deps)
  const server = createConsoleServer(app.callback())
  await new Promise<void>((done) => server.listen(given.port ?? 0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // an address of TCP

  const call = async (
    method: string,
    path: string,
    options: { key?: string; cookie?: string; body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }),
        ...(options.cookie !== undefined && { cookie: options.cookie }),
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body !== undefined && { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    // biome-ignore lint/suspicious/noExplicitAny: answers are what the tests look into
    return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as any }
  }
  const createWorkspace = async () => {
    const { body } = await call('POST', '/api/v1/workspaces', { key: OPERATOR_KEY, body: { name: 'Acme' } })
    return body as { id: string; api_key: string; admin_email: string; admin_password: string }
  }
  /** The cookie of a session of the workspace's first account. */
  const signIn = async ({ admin_email: email, admin_password: password }: Awaited<ReturnType<typeof createWorkspace>>) => {
    const { status, headers } = await call('POST', '/api/v1/session', { body: { email, password } })
    if (status !== 200) throw new Error(`signing in was answered ${status}`)
    return headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }
  const end = async () => {
    close()
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  return {
    routes,
    url,
    call,
    createWorkspace,
    signIn,
    told,
    records,
    clock,
    end,
  }
}
