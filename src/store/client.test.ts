import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createStoreClient } from './client.ts'

test.each([
  { name: 'one that takes longer than it may is given up', timeoutMs: 50, outcome: 'rejected' },
  { name: 'one that may take hours is waited for', timeoutMs: 6 * 3_600_000, outcome: 'fulfilled' },
])('a-statement-has-its-time: $name', async ({ timeoutMs, outcome }) => {
  const server = createServer(async (request, response) => {
    request.resume()
    await sleep(400)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createStoreClient({ url, username: 'u', password: 'p' }, timeoutMs)
  const [{ status }] = await Promise.allSettled([client.command({ query: 'INSERT INTO key_use SELECT * FROM events_log' })])
  await client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(status).toBe(outcome)
})
