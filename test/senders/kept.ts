import type { Outcome } from '../../src/events/outcome.ts'
import type { Postback } from '../../src/events/postback.ts'
import { createCodec, PoisonRecord, UnknownSchema } from '../../src/kafka/codec.ts'
import type { KafkaSettings } from '../../src/kafka/connect.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { readSchema } from '../../src/roles/context.ts'
import { readTopic } from '../chaos/read-topic.ts'
import type { Kept } from './judge.ts'

/** What topics `postbacks` and `outcomes` hold of the stack's workspace, read committed, by postback id. */
export async function keptOf(stack: Stack): Promise<Map<string, Kept>> {
  const client: KafkaSettings = { brokers: stack.kafka_brokers.split(','), clientId: 'audit', report: () => undefined }
  const codec = await createCodec({
    registryUrl: stack.schema_registry_url,
    schemas: { 'postbacks-value': readSchema('postback'), 'outcomes-value': readSchema('outcome') },
  })
  /** null: of others. `Value` is what the topic's schema says. */
  const read = <Value extends { workspace_id: string }>(bytes: Buffer): Value | null => {
    try {
      const value = codec.decode(bytes) as Value
      return value.workspace_id === stack.workspace.id ? value : null
    } catch (error) {
      if (error instanceof PoisonRecord || error instanceof UnknownSchema) return null
      throw error
    }
  }
  const kept = new Map<string, Kept & { readonly stages: string[] }>()
  await readTopic(client, 'postbacks', (bytes) => {
    const postback = read<Postback>(bytes)
    if (postback === null || kept.has(postback.postback_id)) return
    const { click_id, event, value, currency } = postback.reading
    kept.set(postback.postback_id, { clickId: click_id ?? '', event, value, currency, stages: [] })
  })
  await readTopic(client, 'outcomes', (bytes) => {
    const outcome = read<Outcome>(bytes)
    if (outcome !== null && outcome.stage !== null) kept.get(outcome.postback_id)?.stages.push(outcome.stage)
  })
  return kept
}
