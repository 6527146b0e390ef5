import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AvroSchema } from '../kafka/registry.ts'
import { createWorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import { switchedCopy } from '../workspaces/switched.ts'
import { createMemory, recall } from './edge-known.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'known-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const schema: AvroSchema = { type: 'record', name: 'Postback', fields: [] }
const schemas = { 'postbacks-value': schema }
const ids = new Map([['postbacks-value', 7]])
const record = (id: string, version: number) => ({
  workspace_id: id,
  base_version: version - 1,
  version,
  at: 0,
  by: 'operator',
  doc: JSON.stringify({
    id,
    settings: { ...DEFAULT_SETTINGS, name: `${id} ${version}` },
    sources: [],
    destinations: [],
    rules: [],
    api_keys: [],
  }),
})
const isWritten = () => expect.poll(() => readdirSync(dir), { timeout: 5_000 }).toEqual(['known.json'])

test('what an edge knew is recalled by the next one, readable by its user alone', async () => {
  const memory = createMemory(dir, () => undefined)
  memory.observe({ key: 'acme', inForce: record('acme', 1), offset: 3 })
  memory.observe({ key: 'acme', inForce: record('acme', 2), offset: 5 })
  memory.begin(schemas, ids)
  await isWritten()
  const known = recall(dir, schemas)
  expect(known?.ids).toEqual(ids)
  expect(known?.workspaces.get('acme')?.settings.name).toBe('acme 2')
  expect(known?.workspaces.appliedOffset()).toBe(5)
  expect(statSync(join(dir, 'known.json')).mode & 0o077).toBe(0)
})

test('half a configuration is not remembered, other schemas and garbage are not recalled', async () => {
  const memory = createMemory(dir, () => undefined)
  memory.observe({ key: 'acme', inForce: record('acme', 1), offset: 3 })
  expect(recall(dir, schemas)).toBeNull()
  memory.begin(schemas, ids)
  await isWritten()
  expect(recall(dir, { 'postbacks-value': { ...schema, doc: 'newer' } })).toBeNull()
  expect(recall(dir, { ...schemas, 'clicks-value': schema })).toBeNull()
  writeFileSync(join(dir, 'known.json'), '{"offset":')
  expect(recall(dir, schemas)).toBeNull()
})

test('a copy whose place another takes answers as the other', () => {
  const [old, live] = [createWorkspaceCopy(), createWorkspaceCopy()]
  old.apply(record('acme', 1), 'acme', 1)
  live.apply(record('acme', 9), 'acme', 12)
  const { copy, become } = switchedCopy(old)
  expect(copy.get('acme')?.settings.name).toBe('acme 1')
  become(live)
  expect([copy.get('acme')?.settings.name, copy.version('acme'), copy.appliedOffset()]).toEqual(['acme 9', 9, 12])
})
