import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../src/local/stack-file.ts'
import { chance } from '../chaos/scenario.ts'
import type { Conversion } from './definition.ts'

const BLOCK = 100
const AGAIN_AFTER_MS = 300
const TRY_WITHIN_MS = 5_000

/** The conversions of one sender, numbered. The clicks they come of are told to the edge a block ahead, also while the broker is away. */
export function conversionsOf(
  edgeUrl: string,
  stack: Stack,
  { mark, seed }: { readonly mark: string; readonly seed: number },
): (n: number) => Promise<Conversion> {
  const clickIdOf = (n: number): string => `${mark}c${n}`
  const blocks = new Map<number, Promise<void>>()
  const block = (index: number): Promise<void> => {
    const there = blocks.get(index)
    if (there !== undefined) return there
    const ids = Array.from({ length: BLOCK }, (_, at) => clickIdOf(index * BLOCK + at))
    const telling = tell(edgeUrl, stack.workspace.api_key, ids)
    blocks.set(index, telling)
    return telling
  }
  return async (n) => {
    const index = Math.floor(n / BLOCK)
    await Promise.all([block(index), ...(n % BLOCK > BLOCK / 2 ? [block(index + 1)] : [])])
    return {
      n,
      clickId: clickIdOf(n),
      transactionId: `${mark}t${n}`,
      value: (1 + Math.floor(chance(seed, n, 32) * 9_900) / 100).toFixed(2),
      atMs: Date.now(),
    }
  }
}

async function tell(edgeUrl: string, apiKey: string, ids: readonly string[]): Promise<void> {
  const clicks = ids.map((click_id) => ({
    click_id,
    clicked_at: Date.now() - 60_000,
    client_ip: '203.0.113.9',
    client_user_agent: 'Mozilla/5.0',
    fbclid: `IwAR${click_id}`,
  }))
  for (;;) {
    const response = await fetch(`${edgeUrl}/api/v1/clicks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(clicks),
      signal: AbortSignal.timeout(TRY_WITHIN_MS),
    }).catch(() => null)
    if (response?.ok) return
    if (response !== null && response.status >= 400 && response.status < 500)
      throw new Error(`clicks: ${response.status} ${await response.text()}`)
    await sleep(AGAIN_AFTER_MS)
  }
}
