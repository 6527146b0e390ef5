import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '../../../test/support/console-in-memory.ts'
import { samplePostback } from '../../events/samples.ts'

let at: Awaited<ReturnType<typeof openConsole>>
let ws: Awaited<ReturnType<typeof at.createWorkspace>>
let id: string
const call = (method: string, path: string, body?: unknown, key = ws.api_key) =>
  at.call(method, `/api/v1/${path}`, { key, ...(body !== undefined && { body }) })
beforeEach(async () => {
  at = await openConsole()
  ws = await at.createWorkspace()
  id = (await call('POST', 'sources', { kind: 'tracker', tracker: 'generic', name: 'Main' })).body.id
})
afterEach(() => at.end())

const uuid = (n: number): string => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`
function keep(n: number, word: string, given: Parameters<typeof samplePostback>[0] = {}): void {
  const postback = samplePostback({
    postback_id: uuid(n),
    workspace_id: ws.id,
    source_id: id,
    received_at: Date.now() - 3_600_000 + Math.floor(n / 2),
    dialect: 'generic',
    raw: { click_id: `c${n}`, event: word },
    problems: [{ code: 'event_unknown', param: 'event', message: '', fix: '' }],
    quarantined: 'status_unmapped',
    ...given,
    reading: { event: null, raw_event: word, conversion_status: null, click_id: `c${n}` },
  })
  at.told.kept.push({ postback, partition: n % 3 })
}
const MAP = { dep2: { event: 'Deposit', conversion_status: 'approved' } }

test('words without a meaning are shown on the source', async () => {
  const words = { event: 'dep2', status: null, count: 7, first_at: '', last_at: '', postback_id: uuid(1) }
  at.told.words.push(words)
  expect((await call('GET', `sources/${id}/words`)).body).toEqual({ items: [words], next_cursor: null })
  expect(at.told.asked.at(-1)).toMatchObject({ what: 'words', workspaceId: ws.id, with: { sourceId: id } })
  expect((await call('GET', 'sources/nobody/words')).status).toBe(404)
})

test('once a word is mapped, what is kept for it goes onto its own partition again, under its own id', async () => {
  for (let n = 0; n < 4; n++) keep(n, n === 2 ? 'other' : 'dep2')
  expect((await call('POST', `sources/${id}/reread`, {})).body).toEqual({ read_again: 0, still_unmapped: 4, next_cursor: null })
  await call('PATCH', `sources/${id}`, { status_map: MAP })
  expect((await call('POST', `sources/${id}/reread`, {})).body).toEqual({ read_again: 3, still_unmapped: 1, next_cursor: null })
  expect(at.told.published.map(({ partition, key, postback: one }) => [partition, key, one.postback_id])).toEqual(
    [0, 1, 3].map((n) => [n % 3, `${ws.id}:c:c${n}`, uuid(n)]),
  )
  const [first] = at.told.published
  expect(first?.postback).toMatchObject({ quarantined: null, reading: { event: 'Deposit', conversion_status: 'approved' }, problems: [] })
  expect(first?.postback.workspaces_offset).toBe(at.records.length - 1)
  expect(first?.postback.received_at).toBe(at.told.kept[0]?.postback.received_at)
})

test('more than one call holds is gone on with, each postback once', async () => {
  for (let n = 0; n < 5_700; n++) keep(n, 'dep2')
  await call('PATCH', `sources/${id}`, { status_map: MAP })
  const { body } = await call('POST', `sources/${id}/reread`, {})
  expect(body).toMatchObject({ read_again: 5_000, next_cursor: expect.any(String) })
  const rest = (await call('POST', `sources/${id}/reread`, { cursor: body.next_cursor })).body
  expect(rest).toEqual({ read_again: 700, still_unmapped: 0, next_cursor: null })
  expect(new Set(at.told.published.map(({ postback: one }) => one.postback_id)).size).toBe(5_700)
})

test('what is older than first sights are remembered is left as it is', async () => {
  keep(1, 'dep2', { received_at: Date.now() - 13 * 86_400_000 })
  await call('PATCH', `sources/${id}`, { status_map: MAP })
  expect((await call('POST', `sources/${id}/reread`, {})).body).toEqual({ read_again: 0, still_unmapped: 0, next_cursor: null })
})

test('a map may name one side of a word, and what a postback without words means', async () => {
  const map = {
    'event:1': MAP.dep2,
    'status:1': { event: null, conversion_status: 'hold' },
    '': { event: 'Lead', conversion_status: null },
  }
  expect((await call('PATCH', `sources/${id}`, { status_map: map, decimal: ',' })).body).toMatchObject({ status_map: map, decimal: ',' })
  expect(await call('PATCH', `sources/${id}`, { decimal: ';' })).toMatchObject({ status: 422, body: { errors: [{ param: 'decimal' }] } })
})

test.each([
  [{ cursor: 'nonsense' }, 422],
  [{ words: ['x'] }, 422],
])('%j is refused', async (body, status) => {
  expect((await call('POST', `sources/${id}/reread`, body)).status).toBe(status)
})

test('a backend has nothing to read again, and a viewer may not', async () => {
  const backend = (await call('POST', 'sources', { kind: 'backend', tracker: 'generic', name: 'Shop' })).body.id
  expect(await call('POST', `sources/${backend}/reread`, {})).toMatchObject({ status: 409, body: { code: 'conflict' } })
  const { api_key: key } = (await call('POST', 'api-keys', { name: 'v', role: 'viewer' })).body
  expect((await call('POST', `sources/${id}/reread`, {}, key)).status).toBe(403)
  expect((await call('GET', `sources/${id}/words`, undefined, key)).status).toBe(200)
})
