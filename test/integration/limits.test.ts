import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { api, settled } from '../support/run-through.ts'
import { postbacksOf, spoolRecords } from '../support/singles.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

type Told = { status: string; postback_id: string }

test('R2, R4 through the whole path: over the limit nothing is refused, what is deferred is decided later, each once and in its order, and a neighbour waits for none of it (L3)', {
  timeout: 300_000,
}, async () => {
  const limit = 120
  const stack = await ownWorkspace(inject('stack') as Stack, { rate_limit_per_min: limit })
  const mark = `lim${Date.now().toString(36)}`
  const neighbour = await ownWorkspace(inject('stack') as Stack, { rate_limit_per_min: limit })
  const clicks = Array.from({ length: 30 }, (_, n) => ({
    click_id: `${mark}c${n}`,
    fbclid: `IwAR${mark}${n}`,
    client_ip: '203.0.113.5',
    client_user_agent: 'UA',
  }))
  for (const { edge_url, workspace } of [stack, neighbour]) {
    const headers = { authorization: `Bearer ${workspace.api_key}`, 'content-type': 'application/json' }
    expect((await fetch(`${edge_url}/api/v1/clicks`, { method: 'POST', headers, body: JSON.stringify(clicks) })).status).toBe(200)
  }
  const { postback_url } = sourceOf(stack, 'generic')
  const neighbours: Told[] = []
  // Each transaction once as pending and once as approved: the second must not overtake.
  const told: Told[] = []
  for (const status of ['pending', 'approved'])
    for (let n = 0; n < 90; n++) {
      const response = await fetch(
        `${postback_url}&event=Purchase&value=1&currency=USD&click_id=${mark}c${n % 30}&transaction_id=${mark}t${n}&status=${status}`,
      )
      expect(response.status).toBe(200)
      told.push((await response.json()) as Told)
      if (n % 6 > 0) continue
      const other = await fetch(
        `${sourceOf(neighbour, 'generic').postback_url}&event=Lead&click_id=${mark}c${n % 30}&transaction_id=${mark}t${n}&status=${status}`,
      )
      neighbours.push((await other.json()) as Told)
    }
  const live = told.filter(({ status }) => status === 'received').length
  expect(live).toBeGreaterThanOrEqual(limit)
  expect(told.filter(({ status }) => status === 'deferred')).toHaveLength(180 - live)
  await settled(
    () => spoolRecords(stack),
    (left) => left === 0,
    60_000,
  )
  const { counts, lanes } = await postbacksOf(stack, stack.workspace.id)
  expect([...lanes.values()].filter((lane) => lane === 'deferred')).toHaveLength(180 - live)
  expect([...counts.values()].every((count) => count === 1)).toBe(true)

  expect(new Set(neighbours.map(({ status }) => status))).toEqual(new Set(['received']))
  const stats = (of: Stack) => api<{ matched: number; deferred: number }>(of, '/api/v1/postback/stats')
  await settled(
    () => stats(neighbour),
    ({ matched }) => matched === neighbours.length,
    20_000,
  )
  const [theirs, ours] = [await stats(neighbour), await stats(stack)]
  expect(theirs).toMatchObject({ matched: neighbours.length, deferred: 0 })
  expect(ours.deferred).toBeGreaterThan(0)

  const decided = await settled(
    () => api<{ matched: number; deferred: number; held: number; unmatched: number }>(stack, '/api/v1/postback/stats'),
    ({ matched }) => matched === 180,
    200_000,
  )
  expect(decided).toMatchObject({ matched: 180, unmatched: 0 })
})
