import { topics } from '../../topics/index.ts'
import { required } from '../config.ts'
import { applyTopics } from '../kafka/apply-topics.ts'
import { type Waiting, waitForBroker, waitForRegistry } from '../kafka/wait.ts'
import { kafkaSettings, type RunRole, readSchema } from './context.ts'

/** A command is waited for by somebody. */
const WAIT_MS = 60_000

/** `node src/main.ts topics`: creates what is missing, verifies what exists, refuses what differs, registers the schemas. */
export const topicsCommand: RunRole = async (config) => {
  const client = kafkaSettings(config, 'topics', () => undefined)
  const registryUrl = required(config, 'SCHEMA_REGISTRY_URL')
  const patience = { timeoutMs: WAIT_MS, onWait: ({ forWhat, error }: Waiting) => console.error(`topics: waits for ${forWhat}: ${error}`) }
  await waitForBroker(client, patience)
  await waitForRegistry(registryUrl, patience)
  const applied = await applyTopics({
    client,
    registryUrl,
    topics: topics(config.PARTITIONS),
    schema: readSchema,
    replicationFactor: config.REPLICATION_FACTOR,
  })
  console.log(`topics: ${applied.created.length} created, ${applied.verified.length} verified, schemas registered`)
}
