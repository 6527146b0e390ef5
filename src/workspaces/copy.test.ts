import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createWorkspaceCopy } from './copy.ts'
import { DEFAULT_SETTINGS, type Workspace, type WorkspaceRecord } from './schema.ts'

const workspace = (name: string): Workspace => ({
  id: 'w1',
  settings: { ...DEFAULT_SETTINGS, name },
  sources: [],
  destinations: [],
  rules: [],
  api_keys: [
    { id: 'k1', name: 'k', role: 'owner', hash: hash('sha256', `key-${name}`, 'hex'), last4: 'abcd', created_at: 1, revoked_at: null },
  ],
})
const record = (base: number, name: string): WorkspaceRecord => ({
  workspace_id: 'w1',
  base_version: base,
  version: base + 1,
  at: 1,
  by: 'operator',
  doc: JSON.stringify(workspace(name)),
})

test('of two writes on one version the first in the log wins, and the loser changes nothing', () => {
  const copy = createWorkspaceCopy()
  copy.apply(record(0, 'a'), 'w1', 0)
  expect(copy.apply(record(1, 'b'), 'w1', 1).won).toBe(true)
  expect(copy.apply(record(1, 'c'), 'w1', 2).won).toBe(false)
  expect(copy.get('w1')?.settings.name).toBe('b')
  expect(copy.version('w1')).toBe(2)
})

test('a reader that starts after compaction takes the first record it sees', () => {
  const copy = createWorkspaceCopy()
  expect(copy.apply(record(7, 'h'), 'w1', 9).won).toBe(true)
  expect(copy.version('w1')).toBe(8)
})

test('a configuration of another version of the software is read as far as it goes, and never stops a role', () => {
  const unreadable: number[] = []
  const copy = createWorkspaceCopy(({ version }) => unreadable.push(version))
  const other = { ...workspace('a'), plan: 'enterprise', settings: { ...workspace('a').settings, colour: 'blue' } }
  copy.apply({ ...record(0, 'a'), doc: JSON.stringify(other) }, 'w1', 0)
  expect(copy.get('w1')?.settings.name).toBe('a')
  const broken = { ...workspace('b'), settings: { ...workspace('b').settings, hold_hours: 'many' } }
  expect(copy.apply({ ...record(1, 'b'), doc: JSON.stringify(broken) }, 'w1', 1).won).toBe(true)
  expect(copy.get('w1')?.settings.name).toBe('a')
  expect(unreadable).toEqual([2])
  expect(copy.apply(record(2, 'c'), 'w1', 2).won).toBe(true)
  expect(copy.get('w1')?.settings.name).toBe('c')
})

test('a destination stored before it could be resumed has not been', () => {
  const old = {
    id: 'd1',
    platform: 'meta',
    name: 'd',
    settings: {},
    credentials: { key: 'k', nonce: 'n', data: 'd' },
    sandbox: true,
    active: true,
    send_unmatched: false,
    event_map: {},
    min_click_age: null,
    test_code: null,
    blocked: null,
  }
  const copy = createWorkspaceCopy()
  copy.apply({ ...record(0, 'a'), doc: JSON.stringify({ ...workspace('a'), destinations: [old] }) }, 'w1', 0)
  expect(copy.get('w1')?.destinations[0]?.resumed_at).toBeNull()
})

test('an API key is found by its hash, and no longer once a write drops it', () => {
  const copy = createWorkspaceCopy()
  copy.apply(record(0, 'a'), 'w1', 0)
  expect(copy.apiKey('key-a')?.workspace.id).toBe('w1')
  copy.apply(record(1, 'b'), 'w1', 1)
  expect(copy.apiKey('key-a')).toBeUndefined()
  expect(copy.apiKey('key-b')?.key.role).toBe('owner')
})

test('who waits for an offset is told when it was read, or that it was not', async () => {
  const copy = createWorkspaceCopy()
  const waited = copy.waitFor(3, 5_000)
  copy.apply(record(0, 'a'), 'w1', 3)
  expect(await waited).toBe(true)
  expect(await copy.waitFor(4, 1)).toBe(false)
})
