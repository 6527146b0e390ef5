import { expect, onTestFinished, test } from 'vitest'
import { openConsole } from '../../../test/support/console-in-memory.ts'

test('the versions of a key say when each was used; who sees sources sees it, and another workspace does not', async () => {
  const at = await openConsole()
  onTestFinished(() => at.end())
  const { id: workspaceId, api_key: key } = await at.createWorkspace()
  const { api_key: other } = await at.createWorkspace()
  const { id } = (await at.call('POST', '/api/v1/sources', { key, body: { kind: 'tracker', tracker: 'keitaro', name: 'Main' } })).body
  await at.call('POST', `/api/v1/sources/${id}/rotate`, { key, body: { overlap_days: 7 } })
  at.told.keyUse.push({ version: 1, first_at: '2026-11-01T00:00:00.000Z', last_at: '2026-11-26T11:00:00.000Z' })
  expect(await at.call('GET', `/api/v1/sources/${id}/keys`, { key })).toMatchObject({
    status: 200,
    body: {
      items: [
        { version: 1, state: 'retiring', first_used_at: '2026-11-01T00:00:00.000Z', last_used_at: '2026-11-26T11:00:00.000Z' },
        { version: 2, state: 'live', first_used_at: null, last_used_at: null },
      ],
      next_cursor: null,
    },
  })
  expect(at.told.asked.at(-1)).toEqual({ what: 'keys', workspaceId, with: { sourceId: id } })
  expect((await at.call('GET', `/api/v1/sources/${id}/keys`, { key: other })).status).toBe(404)
})
