import { topics } from '../../topics/index.ts'
import { required } from '../config.ts'
import { type Codec, createCodec, PoisonRecord } from '../kafka/codec.ts'
import { createDeadRatio, type DeadRatio } from '../kafka/dead-ratio.ts'
import { requireTopics } from '../kafka/require-topics.ts'
import { readTable } from '../kafka/table.ts'
import { type Waiting, waitForBroker, waitForRegistry } from '../kafka/wait.ts'
import { createWorkspaceCopy, type WorkspaceCopy } from '../workspaces/copy.ts'
import type { WorkspaceRecord } from '../workspaces/schema.ts'
import type { Seen } from '../workspaces/versioned.ts'
import { type Context, schemasOf } from './context.ts'

/** The codec of the topics a role touches; `dead` and `workspaces` are everybody's. Waits for the broker and the registry, as long
 *  as it takes; then throws `topic_mismatch` or `topic_missing` unless the topics are as `topics/` declares them: a key written by
 *  another count of partitions, or made in another way, meets nothing. */
export async function openCodec(context: Context, names: readonly string[]): Promise<Codec> {
  const { client, config, log, readiness } = context
  const registryUrl = required(config, 'SCHEMA_REGISTRY_URL')
  const touched = [...names, 'dead', 'workspaces']
  const patience = {
    timeoutMs: Number.POSITIVE_INFINITY,
    onWait({ forWhat, waitedMs, error }: Waiting) {
      readiness.reason = `waits for ${forWhat}: ${error}`
      log.warn({ waits_for: forWhat, waited_s: Math.round(waitedMs / 1_000), error }, 'start.waits')
    },
  }
  await waitForBroker(client, patience)
  await waitForRegistry(registryUrl, patience)
  readiness.reason = 'starting'
  await requireTopics({ client, registryUrl, topics: topics(config.PARTITIONS).filter(({ name }) => touched.includes(name)) })
  return createCodec({ registryUrl, schemas: schemasOf(config, touched) })
}

/** Small buffers are cut out of slabs, and each slab of Node's 64 kB is memory to be asked for, followed and given back: 0.6 us of the 25
 *  that a postback costs attribution. For roles that soon let go of all they make, since one small buffer keeps its slab. */
export function useLargeSlabs(): void {
  Buffer.poolSize = 262_144
}

/** The live configuration, read to its end before this resolves. `observe` hears of every record and who won. */
export async function openWorkspaces(
  context: Context,
  codec: Codec,
  observe: (seen: Seen<WorkspaceRecord>) => void = () => undefined,
): Promise<WorkspaceCopy> {
  const copy = createWorkspaceCopy(({ workspace_id, version }) => {
    context.metrics.count('configuration_unreadable_total')
    context.log.error({ workspace_id, version }, 'workspaces.unreadable')
  })
  await followTopic<WorkspaceRecord>(context, codec, 'workspaces', (record, key, offset) => {
    observe({ record, key, offset, ...copy.apply(record, key, offset) })
  })
  return copy
}

/** Reads a compacted topic to its end, then goes on following it. `Value` is what the topic's schema says. */
export async function followTopic<Value>(
  context: Context,
  codec: Codec,
  topic: string,
  onRecord: (record: Value | null, key: string, offset: number) => void,
): Promise<void> {
  const name = `${topic === 'workspaces' ? 'copy' : topic}.${context.id}`
  const table = await readTable({
    client: context.client,
    topic,
    groupId: name,
    instanceId: name,
    onRecord({ key, value, offset }) {
      try {
        onRecord(value === null ? null : (codec.decode(value) as Value), key?.toString() ?? '', offset)
      } catch (error) {
        // A schema that is newer than this process ends it; its successor asks the registry for all of them.
        if (!(error instanceof PoisonRecord)) throw error
        context.log.error({ topic, offset, error: error.message }, 'record.unreadable')
      }
    },
    report: context.report,
    onFatal: context.onFatal,
  })
  context.closing.push(() => table.stop())
  await table.caughtUp
}

/** One for all that a process reads. */
export const openDeadRatio = ({ config, nowMs }: Context): DeadRatio => createDeadRatio({ maxPercent: config.DEAD_PERCENT_MAX, nowMs })

/** Encodes by topic name. */
export function encoder({ encode }: Pick<Codec, 'encode'>) {
  /** By topic. A text that is made anew for each record is looked up at the price of encoding half of it. */
  const subjects = new Map<string, string>()
  const subjectOf = (topic: string): string => `${topic}-value`
  return (topic: string, value: object): Buffer => encode(subjects.getOrInsertComputed(topic, subjectOf), value)
}
