import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '../../../test/support/console-in-memory.ts'
import { sampleClick, sampleReading } from '../../events/samples.ts'
import type { EventDetail } from '../../store/get-event.ts'

let at: Awaited<ReturnType<typeof openConsole>>
let ws: Awaited<ReturnType<typeof at.createWorkspace>>
beforeEach(async () => {
  at = await openConsole()
  ws = await at.createWorkspace()
})
afterEach(() => at.end())

const get = (path: string) => at.call('GET', `/api/v1/postback/${path}`, { key: ws.api_key })

test('an event shows its reading and its click by their public names, with times in ISO 8601', async () => {
  const postback_id = '01900000-0000-7000-8000-000000000001'
  const reading = sampleReading({ event_time: 1_795_478_400_000 })
  const click = sampleClick({ click_id: 'c1', ids: ['c1', 'other'], clicked_at: 1_795_478_300_001, received_at: 1_795_478_300_002 })
  at.told.events.set(ws.id, [{ postback_id, reading, click } as EventDetail])
  const { body } = await get(`events/${postback_id}`)
  expect(body.reading).toMatchObject({ event_time: '2026-11-24T00:00:00.000Z', event_id: reading.event_id })
  expect(body.click).toMatchObject({
    click_id: 'c1',
    aliases: ['other'],
    clicked_at: '2026-11-23T23:58:20.001Z',
    received_at: '2026-11-23T23:58:20.002Z',
  })
  expect(body.click).not.toHaveProperty('workspace_id')
  expect(body.click).not.toHaveProperty('ids')
})

test('an event that is not stored whole yet has neither', async () => {
  const postback_id = '01900000-0000-7000-8000-000000000002'
  at.told.events.set(ws.id, [{ postback_id, reading: null, click: null } as EventDetail])
  expect((await get(`events/${postback_id}`)).body).toEqual({ postback_id, reading: null, click: null })
})

test.each([
  'yesterday',
  'foo 1',
  '2026',
  '-5',
  '0',
  '1795564800000',
  '2026-11-24',
  '2026-11-24T00:00:00',
  '2026-02-30T00:00:00Z',
  '1969-12-31T23:00Z',
])('%j is no instant', async (text) => {
  for (const path of [`events?from=${text}`, `stats?to=${text}`]) {
    expect(await get(path), path).toMatchObject({
      status: 422,
      body: { errors: [{ sent: text, expected: expect.stringContaining('ISO 8601') }] },
    })
  }
})

test.each([
  '2026-11-24T00:00:00Z',
  '2026-11-24T00:00:00.000Z',
  '2026-11-24T01:30+01:30',
  '2026-11-24T02:00:00%2B02:00',
  '2026-11-23T19:00:00-0500',
])('%s is one', async (text) => {
  expect((await get(`events?from=${text}`)).status).toBe(200)
  expect(at.told.asked.at(-1)?.with).toEqual({ from: 1_795_478_400_000 })
})

test('sub1 to sub20 narrow the list by their whole value', async () => {
  expect((await get('events?sub3=blue%20sky&sub20=x&status=held')).status).toBe(200)
  expect(at.told.asked.at(-1)?.with).toEqual({ status: 'held', subs: { sub3: 'blue sky', sub20: 'x' } })
  expect((await get('events?status=held')).status).toBe(200)
  expect(at.told.asked.at(-1)?.with).toEqual({ status: 'held' })
  expect(await get('events?sub21=x')).toMatchObject({ status: 422, body: { errors: [{ param: 'sub21' }] } })
})
