import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { EDGE_LINGER_MS } from '../../src/edge/linger.ts'
import type { Click } from '../../src/events/click.ts'
import { clickKey, foldClickId, postbackKey } from '../../src/events/keys.ts'
import type { Postback } from '../../src/events/postback.ts'
import { sampleClick, samplePostback } from '../../src/events/samples.ts'
import { PLATFORM_IDS } from '../../src/events/words.ts'
import { logOffsets } from '../../src/kafka/admin.ts'
import { joinPartitionOf } from '../../src/kafka/partition.ts'
import { createProducer, type OutRecord, type Producer } from '../../src/kafka/producer.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { sourceOf } from '../support/workspace.ts'
import type { Ground } from './ground.ts'
import { zipf } from './zipf.ts'

export type Burst = {
  /** Clicks of its own, the same number for each platform. */
  clicks(count: number): Promise<void>
  /** One postback for each of the clicks in turn, none a duplicate; each ends as matched and queued for one destination. */
  postbacks(count: number): Promise<void>
  /** Such postbacks with duplicates in between and, where `early`, with some that come before their clicks. Answers those
   *  clicks, by partition, each with the number that its postback has among those of its partition. */
  mixed(count: number, early: boolean): Promise<Mixed>
  send(records: readonly OutRecord[]): Promise<void>
  /** As one of `postbacks`. */
  one(postbackId: string): Promise<void>
  close(): Promise<void>
}

export type Mixed = { readonly duplicates: number; readonly late: readonly LateClick[] }
export type LateClick = { readonly partition: number; readonly after: number; readonly record: OutRecord }
/** Somebody who has clicks and postbacks. */
export type Tenant = { readonly workspaceId: string; readonly sourceId: string }

const CHUNK = 5_000
/** A busy machine slows the bench; it does not end it. */
const ACK_WITHIN_MS = 60_000
/** One of so many postbacks is early, 5 %, and one of so many a duplicate, 2 %: never of an early one, as the remainders tell. */
const EARLY = { every: 20, at: 7 }
const DUPLICATE = { every: 50, at: 23 }
/** A prime: postbacks come in another order than their clicks did. */
const STRIDE = 48_271
/** Google wants clicks to be six hours old. */
const CLICK_AGE_MS = 7 * 3_600_000
const PLATFORM_CLICK_ID = { meta: 'fbclid', google: 'gclid', tiktok: 'ttclid' } as const

/** Writes straight into the topics, as the edge would, faster than anyone can join. */
export async function openBurst(ground: Ground, tenants: readonly Tenant[] = [tenantOf(ground.stack)]): Promise<Burst> {
  // It lingers as an edge does.
  const producer = await createProducer({
    client: ground.client,
    lingerMs: EDGE_LINGER_MS,
    ackTimeoutMs: ACK_WITHIN_MS,
    report: () => undefined,
  })
  const mark = `b${randomUUID().slice(0, 8)}`
  // The newest configuration there is: whoever decides waits until it has it.
  const configuredAt = ((await logOffsets(ground.client, 'workspaces')).get(0)?.end ?? 0) - 1
  const rankOf = zipf(tenants.length)
  const tenantAt = (click: number): Tenant => tenants[rankOf(click)] as Tenant // a rank is an index
  let clicks = 0
  let postbacks = 0
  let lateClicks = 0
  const next = (postbackId: string): OutRecord => postbackRecord(ground, postback(postbackId, postbacks, known(postbacks++)))
  const known = (n: number): ClickNumber => ({ late: false, n: (n * STRIDE) % clicks })
  const idOf = ({ late, n }: ClickNumber): string => `${mark}${late ? 'l' : 'c'}${scattered(n)}`

  function postback(postbackId: string, n: number, click: ClickNumber): Postback {
    const { workspaceId, sourceId } = tenantAt(click.n)
    const clickId = idOf(click)
    return samplePostback({
      postback_id: postbackId,
      workspace_id: workspaceId,
      source_id: sourceId,
      received_at: Date.now(),
      workspaces_offset: configuredAt,
      raw: { subid: clickId, tid: `${mark}t${n}`, payout: '12.34', currency: 'USD', status: 'sale' },
      sender_ip: '203.0.113.9',
      sender_user_agent: 'Go-http-client/1.1',
      reading: { event_id: `${mark}e${n}`, click_id: clickId, transaction_id: `${mark}t${n}`, raw_status: 'sale' },
    })
  }
  function click(number: ClickNumber): Click {
    const { n } = number
    const platform = PLATFORM_IDS[n % PLATFORM_IDS.length] ?? 'meta'
    const id = idOf(number)
    const at = Date.now()
    return sampleClick({
      workspace_id: tenantAt(n).workspaceId,
      click_id: id,
      ids: [id],
      clicked_at: at - CLICK_AGE_MS,
      received_at: at,
      platform,
      [PLATFORM_CLICK_ID[platform]]: `IwAR${id}`,
      campaign_id: `campaign-${n % 50}`,
      client_ip: '203.0.113.9',
      client_user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
      landing_url: 'https://example.com/offer',
    })
  }

  return {
    async clicks(count) {
      const from = clicks
      clicks += count
      await inChunks(producer, count, (n) => clickRecord(ground, click({ late: false, n: from + n })))
    },
    postbacks: (count) => inChunks(producer, count, () => next(randomUUIDv7())),
    async mixed(count, early) {
      const late: LateClick[] = []
      const written = new Map<number, number>()
      let duplicates = 0
      let last = known(0)
      await inChunks(producer, count, (n) => {
        const isEarly = early && n % EARLY.every === EARLY.at
        const isDuplicate = n % DUPLICATE.every === DUPLICATE.at
        if (isDuplicate) duplicates++
        else last = isEarly ? { late: true, n: lateClicks++ } : known(postbacks)
        const record = postbackRecord(ground, postback(randomUUIDv7(), isDuplicate ? postbacks - 1 : postbacks++, last))
        const after = written.get(record.partition) ?? 0
        written.set(record.partition, after + 1)
        if (isEarly) late.push({ partition: record.partition, after, record: clickRecord(ground, click(last)) })
        return record
      })
      return { duplicates, late }
    },
    async send(records) {
      await producer.sendAll(records)
    },
    async one(postbackId) {
      await producer.send(next(postbackId))
    },
    close: () => producer.close(),
  }
}

type ClickNumber = { readonly late: boolean; readonly n: number }

/** As trackers make them: one tells nothing of the next. No two numbers below 2^32 give the same text. */
function scattered(n: number): string {
  let mixed = Math.imul(n ^ (n >>> 16), 0x45d9f3b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
  return ((mixed ^ (mixed >>> 16)) >>> 0).toString(16).padStart(8, '0')
}

export const tenantOf = (stack: Stack): Tenant => ({ workspaceId: stack.workspace.id, sourceId: sourceOf(stack, 'keitaro').id })

async function inChunks(producer: Producer, count: number, recordAt: (n: number) => OutRecord): Promise<void> {
  for (let from = 0; from < count; from += CHUNK)
    await producer.sendAll(Array.from({ length: Math.min(CHUNK, count - from) }, (_, n) => recordAt(from + n)))
}

function postbackRecord({ codec, partitions }: Ground, postback: Postback): OutRecord {
  const { key, partitionKey } = postbackKey(postback)
  return {
    topic: 'postbacks',
    partition: joinPartitionOf(partitionKey, partitions('postbacks')),
    key,
    value: codec.encode('postbacks-value', postback),
  }
}

function clickRecord({ codec, partitions }: Ground, click: Click): OutRecord {
  const partition = joinPartitionOf(clickKey(click.workspace_id, foldClickId(click.click_id)), partitions('clicks'))
  return { topic: 'clicks', partition, key: clickKey(click.workspace_id, click.click_id), value: codec.encode('clicks-value', click) }
}
