import { expect, test } from 'vitest'
import { DIALECTS } from '../dialects/index.ts'
import { DEFAULT_SETTINGS, Source, type Workspace } from '../workspaces/schema.ts'
import { verifyKey } from '../workspaces/source-key.ts'
import { postbackConfig } from './config.ts'

const rings = [{ id: 'r1', secret: Buffer.alloc(32, 1) }]
const version = (n: number, ended: { retires_at?: number; revoked_at?: number } = {}) => ({
  version: n,
  ring: 'r1',
  created_at: 0,
  retires_at: null,
  revoked_at: null,
  ...ended,
})
const source = (id: string, versions: ReturnType<typeof version>[]): Source =>
  Source.parse({
    id,
    kind: 'tracker',
    tracker: 'voluum',
    name: id,
    default_currency: null,
    default_country: null,
    timezone: 'UTC',
    status_map: {},
    dedupe: {},
    reply: 'json',
    key_versions: versions,
  })
const workspace: Workspace = {
  id: 'acme',
  settings: { ...DEFAULT_SETTINGS, name: 'Acme' },
  sources: [
    source('s1', [version(1, { retires_at: 500 }), version(2), version(3, { revoked_at: 1 })]),
    source('s2', [version(1, { revoked_at: 1 })]),
  ],
  destinations: [],
  rules: [],
  api_keys: [],
}
const config = postbackConfig(workspace, { rings, publicUrl: 'https://edge.test', nowMs: () => Date.UTC(2026, 10, 1) })

test('a source is shown under its newest version in force, one without such a version not at all', () => {
  expect(config.sources.map((one) => one.source_id)).toEqual(['s1'])
  const [shown] = config.sources
  const key = new URL(shown?.url ?? '').searchParams.get('key') ?? ''
  expect(verifyKey(key, 'pbk1', rings)).toMatchObject({ workspaceId: 'acme', sourceId: 's1', version: 2 })
  expect(shown?.path_url).toBe(`https://edge.test/api/v1/postback/conversions/${key}`)
  expect(verifyKey(shown?.click_url.split('/c/')[1] ?? '', 'clk1', rings)).toMatchObject({ version: 2 })
})

test('templates: the tracker of the source first, then the generic one exactly as the contract has it', () => {
  const templates = config.sources[0]?.templates ?? []
  expect(templates.map((one) => one.tracker).slice(0, 2)).toEqual(['voluum', 'generic'])
  expect(templates[1]?.url).toBe(
    `${config.sources[0]?.url}&event={event_name}&value={value}&currency={currency}&click_id={click_id}&user_email={user_email}&custom_data={custom_data}`,
  )
  expect(templates.find((one) => one.tracker === 'keitaro')).toMatchObject({ verified: '2026-11-24' })
  expect(templates.find((one) => one.tracker === 'redtrack')).toMatchObject({ verified: null })
})

test.each(DIALECTS.map(({ id }) => id))('what is told to be pasted is read as it says: %s', (tracker) => {
  const template = config.sources[0]?.templates.find((one) => one.tracker === tracker)
  if (template?.params.length === 0) return expect(template).toMatchObject({ url: config.sources[0]?.url, expect: null })
  const fields = new Set(template?.params.map(({ reads_as }) => reads_as))
  expect(template?.expect).toMatchObject({
    status: 'received',
    reading: { event: expect.any(String), click_id: 'w2PZ7kAb3FqYcR9dLm1e', ...(fields.has('value') ? { value: '12.34' } : {}) },
  })
  // A tracker that names no currency leaves it to the source; the expectation says so.
  const isOpen = fields.has('value') && !fields.has('currency')
  expect(template?.expect?.warnings.map(({ code }) => code)).toEqual(isOpen ? ['currency_missing'] : [])
  expect(template?.path_url).toBe(template?.url.replace('?key=', '/').replace('&', '?'))
})

test('each parameter of a template says its macro and what it is read as', () => {
  const keitaro = config.sources[0]?.templates.find((one) => one.tracker === 'keitaro')
  expect(keitaro?.params).toContainEqual({ param: 'value', macro: '{revenue}', reads_as: 'value' })
  expect(keitaro?.expect?.reading).toMatchObject({ event: 'Purchase', conversion_status: 'approved', transaction_id: 'order-1001' })
})
