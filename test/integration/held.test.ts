import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { api, settled } from '../support/run-through.ts'
import { call, ownWorkspace, sourceOf } from '../support/workspace.ts'

type Detail = { status: string; deliveries: { destination_id: string; status: string; why?: string }[] }

test('what a broken destination holds goes out once, when its token is mended and it is resumed; others are not kept waiting', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const { api_key: key } = stack.workspace
  const broken = await call<{ id: string }>(stack, 'POST', '/api/v1/destinations', key, {
    platform: 'meta',
    name: 'expired',
    settings: { pixel_id: '5555555555' },
    credentials: { access_token: 'expired-token' },
    sandbox: true,
  })
  const clickId = `held${Date.now().toString(36)}`
  const click = await fetch(`${stack.edge_url}/api/v1/clicks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ click_id: clickId, fbclid: 'IwARheld', client_ip: '203.0.113.5', client_user_agent: 'UA' }),
  })
  expect(click.status).toBe(200)
  const sent = await fetch(`${sourceOf(stack, 'generic').postback_url}&click_id=${clickId}&event=Purchase&value=8&currency=USD`)
  const { postback_id, event_id } = (await sent.json()) as { postback_id: string; event_id: string }
  const detail = () => api<Detail>(stack, `/api/v1/postback/events/${postback_id}`)
  const stateOf = ({ deliveries }: Detail, id: string) => deliveries.find((delivery) => delivery.destination_id === id)?.status
  const believed = async () =>
    (
      (await (await fetch(`${stack.twins.meta}/_twin/conversions`)).json()) as {
        items: { destination: string; event_id: string; count_raw: number }[]
      }
    ).items.filter((item) => item.event_id === event_id && item.destination.includes('5555555555'))

  const blocked = await settled(detail, (event) => stateOf(event, broken.id) === 'blocked' && event.status === 'forwarded', 30_000)
  expect(blocked).toMatchObject({ status: 'forwarded' }) // the other pixel has it
  expect(stateOf(blocked, broken.id)).toBe('blocked')
  expect(await believed()).toEqual([])

  await call(stack, 'PATCH', `/api/v1/destinations/${broken.id}`, key, { credentials: { access_token: 'mended-token' } })
  await call(stack, 'POST', `/api/v1/destinations/${broken.id}/resume`, key, {})
  const resumed = await settled(detail, (event) => stateOf(event, broken.id) === 'forwarded', 60_000)
  expect(stateOf(resumed, broken.id)).toBe('forwarded')
  expect(await believed()).toMatchObject([{ count_raw: 1 }])
})
