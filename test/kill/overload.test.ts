import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { ownEdge } from '../support/own-edge.ts'
import { countInApi, settled } from '../support/run-through.ts'
import { postbacksOf } from '../support/singles.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const CONNECTIONS = 500
const FOR_MS = 15_000
const ITEMS = 400

test('L2: far more batches than it can read: it refuses with 503 what it has no room for, holds its memory, loses nothing of what it took, and comes back', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const edge = await ownEdge(stack, inject('stackFile'))
  try {
    await edge.start()
    const key = new URL(sourceOf(stack, 'generic').postback_url)
    const url = new URL(`${edge.url}${key.pathname}/batch${key.search}`)
    const body = JSON.stringify(
      Array.from({ length: ITEMS }, (_, n) => ({ event: 'Lead', click_id: `c${n}`, transaction_id: `t${n}`, note: 'x'.repeat(200) })),
    )
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    const ids: string[] = []
    const statuses: Record<string, number> = {}
    let retryAfters = 0
    const until = performance.now() + FOR_MS
    const post = () =>
      new Promise<void>((resolve) => {
        const sent = request(url, { method: 'POST', agent }, (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () => {
            statuses[response.statusCode ?? 0] = (statuses[response.statusCode ?? 0] ?? 0) + 1
            if (response.headers['retry-after'] !== undefined) retryAfters++
            if (response.statusCode === 200)
              for (const item of (JSON.parse(text) as { items: { postback_id: string }[] }).items) ids.push(item.postback_id)
            resolve()
          })
          response.on('close', () => resolve())
        })
        sent.on('error', (error: NodeJS.ErrnoException) => {
          statuses[error.code ?? 'error'] = (statuses[error.code ?? 'error'] ?? 0) + 1
          resolve()
        })
        sent.setTimeout(20_000, () => sent.destroy())
        sent.end(body)
      })
    let peakMb = 0
    const watching = setInterval(() => {
      const kB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${edge.pid()}/status`, 'utf8'))?.[1])
      peakMb = Math.max(peakMb, kB / 1_024)
    }, 200)
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (performance.now() < until) await post()
      }),
    )
    clearInterval(watching)
    agent.destroy()
    console.log(JSON.stringify({ statuses, events: ids.length, peak_mb: Math.round(peakMb) }))
    expect(statuses[503]).toBeGreaterThan(0)
    expect(retryAfters).toBe(statuses[503])
    expect(Object.keys(statuses).filter((status) => !['200', '503', '408', 'ECONNRESET', 'EPIPE'].includes(status))).toEqual([])
    expect(peakMb).toBeLessThan(512)
    const calm = await settled(
      async () =>
        Promise.all(
          Array.from({ length: 20 }, () =>
            fetch(`${edge.url}${key.pathname}${key.search}&event=Lead&click_id=after`).then(({ status }) => status),
          ),
        ),
      (all) => all.every((status) => status === 200),
      20_000,
    )
    expect(calm).toEqual(new Array(20).fill(200))
    await settled(
      () => edge.metric('postback_spool_records'),
      (left) => left === 0,
      60_000,
    )
    const { counts } = await postbacksOf(stack, stack.workspace.id)
    expect(ids.filter((id) => !counts.has(id))).toEqual([])
    // The next test must not wait behind them.
    await settled(
      () => countInApi(stack),
      ({ matched, held, duplicate }) => matched + held + duplicate >= counts.size,
      300_000,
    )
  } finally {
    await edge.end('SIGKILL')
  }
}, 600_000)
