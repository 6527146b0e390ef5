import { randomUUID } from 'node:crypto'
import { logOffsets } from '../../src/kafka/admin.ts'
import type { KafkaSettings } from '../../src/kafka/connect.ts'
import { readTable } from '../../src/kafka/table.ts'
import { createDigest, type Seen } from './digest.ts'

export type Read = {
  readonly count: number
  readonly digest: ReadonlyMap<number, Seen>
  readonly ends: ReadonlyMap<number, { end: number }>
}

/** Reads what is committed in a topic from its beginning to where it ends now. Waits for a broker that is away; rejects with what
 *  `onRecord` throws. */
export async function readTopic(
  client: KafkaSettings,
  topic: string,
  onRecord: (value: Buffer, partition: number, offset: number) => void,
): Promise<Read> {
  const ends = await logOffsets(client, topic)
  const digest = createDigest(ends)
  const name = `audit.${randomUUID().slice(0, 8)}`
  const died = Promise.withResolvers<never>()
  died.promise.catch(() => undefined)
  let count = 0
  const table = await readTable({
    client,
    topic,
    groupId: name,
    instanceId: name,
    report: () => undefined,
    onFatal: died.reject,
    onRecord({ partition, offset, key, value }) {
      count++
      digest.add(partition, offset, key?.toString() ?? 'null')
      if (value !== null) onRecord(value, partition, offset)
    },
  })
  await Promise.race([table.caughtUp, died.promise])
  await table.stop()
  return { count, digest: digest.ofPartition(), ends }
}
