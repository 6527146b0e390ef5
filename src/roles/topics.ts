import { topics } from '../../topics/index.ts'
import { required } from '../config.ts'
import { waitForBroker } from '../kafka/admin.ts'
import { applyTopics } from '../kafka/apply-topics.ts'
import { kafkaSettings, type RunRole, readSchema } from './context.ts'

/** `node src/main.ts topics`: creates what is missing, verifies what exists, refuses what differs, registers the schemas. */
export const topicsCommand: RunRole = async (config) => {
  const client = kafkaSettings(config, 'topics', () => undefined)
  await waitForBroker(client, { timeoutMs: 30_000 })
  const applied = await applyTopics({
    client,
    registryUrl: required(config, 'SCHEMA_REGISTRY_URL'),
    topics: topics(config.PARTITIONS),
    schema: readSchema,
    replicationFactor: config.REPLICATION_FACTOR,
  })
  console.log(`topics: ${applied.created.length} created, ${applied.verified.length} verified, schemas registered`)
}
