import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Postback } from '../../src/events/postback.ts'
import { createCodec } from '../../src/kafka/codec.ts'
import type { KafkaSettings } from '../../src/kafka/connect.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { readSchema } from '../../src/roles/context.ts'
import { readTopic } from '../chaos/read-topic.ts'

export type Answered = { readonly id: string; readonly chain: number; readonly n: number; readonly durability: string; readonly ms: number }
export type Singles = {
  readonly accepted: readonly Answered[]
  /** By status, or by the error of the connection. */
  readonly refused: Readonly<Record<string, number>>
  readonly longestMs: number
  stop(): Promise<void>
}

/** Who gets no answer for so long is told apart from whoever lost his connection. */
const PATIENCE_MS = 30_000

/** Trackers that fire one postback a request over keep-alive and never try again: each of `chains` sends its next once the last was
 *  answered and its turn has come, all for one click id of its own, numbered in order. */
export function fireSingles(
  urlOf: () => string,
  { mark, chains, perSecond }: { mark: string; chains: number; perSecond: number },
): Singles {
  const agent = new Agent({ keepAlive: true })
  const accepted: Answered[] = []
  const refused: Record<string, number> = {}
  let longestMs = 0
  let over = false
  const run = async (chain: number): Promise<void> => {
    for (let n = 0; !over; n++) {
      const startedMs = performance.now()
      const { status, body } = await get(
        agent,
        `${urlOf()}&event=Purchase&value=1&currency=USD&click_id=${mark}c${chain}&transaction_id=${mark}t${n}`,
      )
      const ms = performance.now() - startedMs
      if (status === '200') {
        longestMs = Math.max(longestMs, ms)
        const { postback_id: id, durability } = JSON.parse(body) as { postback_id: string; durability: string }
        accepted.push({ id, chain, n, durability, ms })
      } else refused[status] = (refused[status] ?? 0) + 1
      await sleep(Math.max(0, (chains * 1_000) / perSecond - ms))
    }
  }
  const running = Promise.all(Array.from({ length: chains }, (_, chain) => run(chain)))
  return {
    accepted,
    refused,
    get longestMs() {
      return longestMs
    },
    async stop() {
      over = true
      await running
      agent.destroy()
    },
  }
}

const get = (agent: Agent, url: string): Promise<{ status: string; body: string }> =>
  new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? error.message, body: '' })
    const sent = request(url, { agent, timeout: PATIENCE_MS }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: String(response.statusCode), body }))
      response.on('error', failed)
    })
    sent.on('error', failed)
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.end()
  })

/** What topic `postbacks` holds of one workspace: how often each id, and for each click id the transactions in the order of their
 *  first sight. */
export async function postbacksOf(stack: Stack, workspaceId: string) {
  const client: KafkaSettings = { brokers: stack.kafka_brokers.split(','), clientId: 'audit', report: () => undefined }
  const codec = await createCodec({ registryUrl: stack.schema_registry_url, schemas: { 'postbacks-value': readSchema('postback') } })
  const counts = new Map<string, number>()
  const chains = new Map<string, string[]>()
  const lanes = new Map<string, string>()
  await readTopic(client, 'postbacks', (value) => {
    const postback = readable(codec.decode, value)
    if (postback?.workspace_id !== workspaceId) return
    const { postback_id, reading, lane } = postback
    counts.set(postback_id, (counts.get(postback_id) ?? 0) + 1)
    if (counts.get(postback_id) !== 1) return
    lanes.set(postback_id, lane)
    const clickId = reading.click_id ?? ''
    chains.set(clickId, [...(chains.get(clickId) ?? []), reading.transaction_id ?? ''])
  })
  return { counts, chains, lanes }
}

/** Others put what they like into the topic, poison too. */
function readable(decode: (value: Buffer) => unknown, value: Buffer): Postback | null {
  try {
    return decode(value) as Postback
  } catch {
    return null
  }
}

/** What is wrong: ids that were answered 2xx and are not in the topic, and click ids whose postbacks came out of order. */
export async function auditSingles(stack: Stack, workspaceId: string, { accepted }: Pick<Singles, 'accepted'>, mark: string) {
  const { counts, chains } = await postbacksOf(stack, workspaceId)
  const missing = accepted.filter(({ id }) => !counts.has(id))
  const outOfOrder: string[] = []
  for (const [chain, answers] of Map.groupBy(accepted, (one) => one.chain)) {
    const told = new Set(answers.map(({ n }) => `${mark}t${n}`))
    const found = chains.get(`${mark}c${chain}`)?.filter((id) => told.has(id)) ?? []
    if (found.join() !== [...told].filter((id) => found.includes(id)).join()) outOfOrder.push(`${mark}c${chain}`)
  }
  const written = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return { missing: missing.length, outOfOrder, repeats: written - counts.size, written }
}

/** How many records the first edge of the stack has in its spool. */
export async function spoolRecords(stack: Stack): Promise<number> {
  const text = await (await fetch(`${stack.admin_urls.edge?.[0]}/metrics`)).text()
  return Number(/^postback_spool_records (\d+)$/m.exec(text)?.[1] ?? Number.NaN)
}
