import { randomUUIDv7 } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Click } from '../events/click.ts'
import { Postback } from '../events/postback.ts'
import { toType } from '../kafka/avro-types.ts'
import { createEncoder } from '../kafka/codec.ts'
import type { AvroSchema } from '../kafka/registry.ts'
import { createMetrics } from '../observe/metrics.ts'
import { hashUser } from '../platforms/user-forms.ts'
import { createWorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS, type Settings, Source, type Workspace } from '../workspaces/schema.ts'
import { mintKey } from '../workspaces/source-key.ts'
import { createEdge } from './app.ts'
import type { EdgeDeps, Outgoing } from './deps.ts'
import { createAddressLimit } from './limits/address-limit.ts'
import { createAllowlist } from './limits/allowlist.ts'
import { createLimiter } from './limits/limiter.ts'
import { openSpool } from './spool/spool.ts'
import { createStencils } from './stencils/stencils.ts'
import { createStorage } from './storage.ts'

export const RING = { id: 'r1', secret: Buffer.alloc(32, 1) }
export const API_KEYS = { editor: 'pb_live_editor_key', viewer: 'pb_live_viewer_key' }
const hashed = async (text: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex')

const source = (id: string, more: Partial<Source> = {}): Source =>
  Source.parse({
    id,
    kind: 'tracker',
    tracker: 'generic',
    name: id,
    default_currency: null,
    default_country: null,
    timezone: 'UTC',
    status_map: {},
    dedupe: {},
    reply: 'json',
    key_versions: [
      { version: 1, ring: 'r1', created_at: 0, retires_at: null, revoked_at: null },
      { version: 2, ring: 'r1', created_at: 0, retires_at: null, revoked_at: 1 },
      { version: 3, ring: 'r1', created_at: 0, retires_at: 1, revoked_at: null },
    ],
    ...more,
  })

export const NOW = Date.UTC(2026, 10, 1)
export const key = (sourceId: string, version = 1): string => mintKey('acme', sourceId, version, RING, 'pbk1')
export const clickKey = (sourceId: string): string => mintKey('acme', sourceId, 1, RING, 'clk1')

/** As Avro, as it is in the log: a stencil knows places in bytes. */
const schema = JSON.parse(readFileSync(new URL('../../schemas/postback.avsc', import.meta.url), 'utf8')) as AvroSchema
const encoder = createEncoder({ 'postbacks-value': schema }, new Map([['postbacks-value', 1]]))
const type = toType(schema)
export const postbacks = {
  encode: (value: Postback): Buffer => encoder('postbacks-value', Postback.parse(value)),
  decode: (bytes: Buffer): Postback => JSON.parse(JSON.stringify(type.decode(bytes, 5).value)) as Postback,
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** A real server on a free port and a real spool, with a producer that keeps what it is given; `broker.answer` decides about the ack. */
export async function startEdge(more: Partial<EdgeDeps> = {}, { spoolMaxBytes = 10_000_000, settings = {} as Partial<Settings> } = {}) {
  const workspace: Workspace = {
    id: 'acme',
    settings: { ...DEFAULT_SETTINGS, name: 'Acme', rate_limit_per_min: 1_000_000, redirect_hosts: ['example.com'], ...settings },
    sources: [
      source('tracker'),
      source('backend', { kind: 'backend' }),
      source('gif', { reply: 'gif' }),
      source('every', { kind: 'backend', dedupe: { '*': 'every' } }),
      source('signing', {
        kind: 'backend',
        require_signature: true,
        key_versions: [4, 5].map((version) => ({
          ...{ version, ring: 'r1', created_at: 0, revoked_at: null },
          retires_at: version === 4 ? NOW + 86_400_000 : null,
        })),
      }),
    ],
    destinations: [],
    rules: [],
    api_keys: await Promise.all(
      (['editor', 'viewer'] as const).map(async (role) => ({
        id: role,
        name: role,
        role,
        hash: await hashed(API_KEYS[role]),
        last4: 'wxyz',
        created_at: 0,
        revoked_at: null,
      })),
    ),
  }
  const workspaces = createWorkspaceCopy()
  workspaces.apply({ workspace_id: 'acme', base_version: 0, version: 1, at: 0, by: 'operator', doc: JSON.stringify(workspace) }, 'acme', 7)
  const sent: Outgoing[] = []
  const broker: { answer: () => Promise<{ offset: number }> } = { answer: () => Promise.resolve({ offset: sent.length }) }
  const spoolDir = mkdtempSync(join(tmpdir(), 'edge-spool-'))
  const spool = await openSpool({ dir: spoolDir, maxBytes: spoolMaxBytes, report: () => undefined })
  const metrics = createMetrics()
  const storage = createStorage({
    producer: {
      send(record) {
        sent.push(record)
        return broker.answer()
      },
      queuedBytes: 0,
    },
    spool,
    metrics,
    report: () => undefined,
  })
  /** The settings of the workspace from now on, as the console would write them. */
  const change = (next: Partial<Settings>, offset: number): void => {
    const doc = JSON.stringify({ ...workspace, settings: { ...workspace.settings, ...next } })
    workspaces.apply({ workspace_id: 'acme', base_version: offset - 7, version: offset - 6, at: 0, by: 'operator', doc }, 'acme', offset)
  }
  const edge = createEdge({
    workspaces,
    storage,
    limiter: createLimiter({ exchange: null, shares: 1, nowMs: more.nowMs ?? (() => NOW), metrics, report: () => undefined }),
    allowlist: createAllowlist(),
    wrongKeys: createAddressLimit(1_000),
    encode: { postback: postbacks.encode, click: (value) => Buffer.from(JSON.stringify(value)) },
    stencils: createStencils(more.encode?.postback ?? postbacks.encode),
    partitionOf: (text, partitions) => text.length % partitions,
    partitions: 12,
    rings: [RING],
    publicUrl: 'https://edge.test',
    allowHttp: true,
    trustedProxies: [],
    hashUser,
    nowMs: () => NOW,
    newId: randomUUIDv7,
    metrics,
    log: quiet,
    draining: () => false,
    readiness: () => ({ ready: true, reason: '' }),
    tryRequest: (of, input) => Promise.resolve({ status: 200, body: { workspace: of.id, input } }),
    ...more,
  })
  await new Promise<void>((resolve) => {
    edge.server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = edge.server.address() as AddressInfo // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server: edge.server,
    broker,
    sent,
    postbacks: () => sent.filter((record) => record.topic === 'postbacks').map((record) => postbacks.decode(record.value)),
    clicks: () => sent.filter((record) => record.topic === 'clicks').map((record) => JSON.parse(record.value.toString()) as Click),
    spool,
    metrics,
    change,
    connections: () => promisify(edge.server.getConnections.bind(edge.server))(),
    async close() {
      await edge.close()
      await storage.close()
      rmSync(spoolDir, { recursive: true, force: true })
    },
  }
}
