import type { Topic } from '../../topics/index.ts'
import { Fault } from '../events/fault.ts'
import { partitionCounts } from './admin.ts'
import { differentKeys } from './apply-topics.ts'
import type { KafkaSettings } from './connect.ts'

/** Throws `topic_missing`, or `topic_mismatch` naming what is and what should be, unless the topics have the partitions and the form of
 *  key that they are declared with. Every partition of a key is computed by our own code from that form (`partitionOf`), so with
 *  equal counts and equal forms, records that belong together lie together. */
export async function requireTopics(deps: {
  readonly client: KafkaSettings
  readonly registryUrl: string
  readonly topics: readonly Topic[]
}): Promise<void> {
  const counts = await partitionCounts(
    deps.client,
    deps.topics.map(({ name }) => name),
  )
  const sizes = deps.topics.flatMap(({ name, partitions }) => {
    const is = counts.get(name)
    return is === partitions ? [] : [`${name} has ${is} partitions, not ${partitions}`]
  })
  const keys = await differentKeys(deps.registryUrl, deps.topics)
  if (sizes.length + keys.length === 0) return
  const remedy =
    sizes.length > 0 ? 'Set PARTITIONS to what exists' : 'Run the release that made them, or give this one a cluster of its own'
  throw new Fault('topic_mismatch', `Topics differ from what this process counts on: ${[...sizes, ...keys].join('; ')}. ${remedy}.`)
}
