import type { Producer } from 'kafkajs'
import type { Outputs } from './outputs.ts'
import type { Compression } from './patches/codecs.ts'
import { HEAD_BYTES_MAX, ReadyRecords, type Records, writeHead } from './patches/record-batch.ts'
import { toRequest, unwritten } from './produce.ts'

const BROKER_TIMEOUT_MS = 5_000

/** What one request takes: of each partition one record batch, which must stay under `message.max.bytes` (1 MiB by default) and which
 *  a stock reader cannot decode past 125,000 records. */
export type RequestBounds = { readonly batchBytes: number; readonly batchRecords: number; readonly requestBytes: number }
const BOUNDS: RequestBounds = { batchBytes: 900_000, batchRecords: 20_000, requestBytes: 8_000_000 }

export type TopicRecords = { readonly topic: string; readonly messages: readonly ReadyRecords[] }

/** Records of a partition that follow one another, the first of them `at`. */
type Stretch = { readonly outputs: Outputs; at: number; count: number; bytes: number }
type Left = { readonly topic: string; readonly partition: number; readonly stretches: Stretch[] }

/** Cuts outputs into requests; the order within a partition holds. A record alone is taken whatever its size. */
export function* inRequests(all: readonly Outputs[], bounds = BOUNDS): Generator<readonly TopicRecords[]> {
  let left = partitionsOf(all)
  while (left.length > 0) {
    const topics = new Map<string, ReadyRecords[]>()
    let bytes = 0
    for (const { topic, partition, stretches } of left) {
      if (bytes >= bounds.requestBytes) break
      const records = new Joined(take(stretches, bounds))
      bytes += records.bytesMax
      topics.getOrInsertComputed(topic, () => []).push(new ReadyRecords(partition, records))
    }
    yield [...topics].map(([topic, messages]) => ({ topic, messages }))
    left = left.filter(({ stretches }) => stretches.length > 0)
  }
}

/** Request after request, each acknowledged whole. */
export async function writeOutputs(
  sender: Pick<Producer, 'sendBatch'>,
  outputs: readonly Outputs[],
  compression?: Compression,
): Promise<void> {
  for (const topics of inRequests(outputs)) {
    const missing = unwritten(topics, await sender.sendBatch(toRequest(topics, BROKER_TIMEOUT_MS, compression)))
    if (missing !== undefined) throw new Error(`the broker has not acknowledged what is for ${missing}`)
  }
}

class Joined implements Records {
  readonly #stretches: readonly Stretch[]
  readonly count: number
  readonly bytesMax: number

  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches
    this.count = stretches.reduce((sum, { count }) => sum + count, 0)
    this.bytesMax = stretches.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  write(into: Buffer, start: number): number {
    let end = start
    let offsetDelta = 0
    for (const { outputs, at, count } of this.#stretches) {
      for (let left = count, record = at; left > 0; left--, record = outputs.after(record)) {
        const bytes = outputs.bodyBytes(record)
        end = writeHead(into, end, offsetDelta++, bytes)
        outputs.copyBody(record, into, end)
        end += bytes
      }
    }
    return end
  }
}

function partitionsOf(all: readonly Outputs[]): Left[] {
  const topics = new Map<string, (Left | undefined)[]>()
  for (const outputs of all) {
    for (const [topic, chains] of outputs.chains) {
      const partitions = topics.getOrInsertComputed(topic, () => [])
      for (const [partition, chain] of chains.entries()) {
        if (chain === undefined) continue
        const stretch = { outputs, at: chain.first, count: chain.count, bytes: chain.bytes }
        const place = partitions[partition]
        if (place === undefined) partitions[partition] = { topic, partition, stretches: [stretch] }
        else place.stretches.push(stretch)
      }
    }
  }
  return [...topics.values()].flatMap((partitions) => partitions.filter((one) => one !== undefined))
}

/** Takes from the front what fits one record batch. */
function take(stretches: Stretch[], { batchBytes, batchRecords }: RequestBounds): Stretch[] {
  const taken: Stretch[] = []
  let bytes = 0
  let count = 0
  for (let stretch = stretches[0]; stretch !== undefined; stretch = stretches[0]) {
    if (bytes + stretch.bytes > batchBytes || count + stretch.count > batchRecords) {
      const part = split(stretch, batchBytes - bytes, batchRecords - count, count === 0)
      if (part !== null) taken.push(part)
      if (stretch.count > 0) return taken
    } else taken.push(stretch)
    stretches.shift()
    bytes += taken.at(-1)?.bytes ?? 0
    count += taken.at(-1)?.count ?? 0
  }
  return taken
}

/** The first records of a stretch, which then begins behind them; null when not even one fits, and none must. */
function split(stretch: Stretch, bytesLeft: number, recordsLeft: number, atLeastOne: boolean): Stretch | null {
  const part = { ...stretch, count: 0, bytes: 0 }
  while (stretch.count > 0 && part.count < recordsLeft) {
    const bytes = stretch.outputs.bodyBytes(stretch.at) + HEAD_BYTES_MAX
    if (part.bytes + bytes > bytesLeft && !(atLeastOne && part.count === 0)) break
    part.bytes += bytes
    part.count++
    stretch.at = stretch.outputs.after(stretch.at)
    stretch.bytes -= bytes
    stretch.count--
  }
  return part.count === 0 ? null : part
}
