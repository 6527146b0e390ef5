import { randomUUID, randomUUIDv7 } from 'node:crypto'
import type { Click } from '../../src/events/click.ts'
import { clickKey, foldClickId, postbackKey } from '../../src/events/keys.ts'
import type { Postback } from '../../src/events/postback.ts'
import { sampleClick, samplePostback } from '../../src/events/samples.ts'
import { PLATFORM_IDS } from '../../src/events/words.ts'
import { logOffsets } from '../../src/kafka/admin.ts'
import { joinPartitionOf } from '../../src/kafka/partition.ts'
import { createProducer, type OutRecord, type Producer } from '../../src/kafka/producer.ts'
import { sourceOf } from '../support/workspace.ts'
import type { Ground } from './ground.ts'

export type Burst = {
  /** Clicks of its own, the same number for each platform. */
  clicks(count: number): Promise<void>
  /** One postback for each of the clicks in turn, none a duplicate; each ends as matched and queued for one destination. */
  postbacks(count: number): Promise<void>
  /** As one of `postbacks`. */
  one(postbackId: string): Promise<void>
  close(): Promise<void>
}

const CHUNK = 5_000
/** Google wants clicks to be six hours old. */
const CLICK_AGE_MS = 7 * 3_600_000
const PLATFORM_CLICK_ID = { meta: 'fbclid', google: 'gclid', tiktok: 'ttclid' } as const

/** Writes straight into the topics, as the edge would, faster than anyone can join. */
export async function openBurst(ground: Ground): Promise<Burst> {
  const producer = await createProducer({ client: ground.client, report: () => undefined })
  const mark = `b${randomUUID().slice(0, 8)}`
  // The newest configuration there is: whoever decides waits until it has it.
  const configuredAt = ((await logOffsets(ground.client, 'workspaces')).get(0)?.end ?? 0) - 1
  let clicks = 0
  let postbacks = 0
  const next = (postbackId: string): OutRecord => postbackRecord(ground, postback(postbackId, postbacks++))

  function postback(postbackId: string, n: number): Postback {
    return samplePostback({
      postback_id: postbackId,
      workspace_id: ground.stack.workspace.id,
      source_id: sourceOf(ground.stack, 'keitaro').id,
      received_at: Date.now(),
      workspaces_offset: configuredAt,
      raw: { subid: `${mark}c${n % clicks}`, tid: `${mark}t${n}`, payout: '12.34', currency: 'USD', status: 'sale' },
      sender_ip: '203.0.113.9',
      sender_user_agent: 'Go-http-client/1.1',
      reading: { event_id: `${mark}e${n}`, click_id: `${mark}c${n % clicks}`, transaction_id: `${mark}t${n}`, raw_status: 'sale' },
    })
  }
  function click(n: number): Click {
    const platform = PLATFORM_IDS[n % PLATFORM_IDS.length] ?? 'meta'
    const id = `${mark}c${n}`
    const at = Date.now()
    return sampleClick({
      workspace_id: ground.stack.workspace.id,
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
      await inChunks(producer, count, (n) => clickRecord(ground, click(from + n)))
    },
    postbacks: (count) => inChunks(producer, count, () => next(randomUUIDv7())),
    async one(postbackId) {
      await producer.send(next(postbackId))
    },
    close: () => producer.close(),
  }
}

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
