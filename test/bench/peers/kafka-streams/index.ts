import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTopics } from '../../../../src/kafka/admin.ts'
import { createRegistry } from '../../../../src/kafka/registry.ts'
import { answers, startChild, waitUntil } from '../../../../src/local/child.ts'
import { byMaven, PROJECT, type Progress, requireJava } from '../../../../src/local/tools.ts'
import { readSchema } from '../../../../src/roles/context.ts'
import { topics } from '../../../../topics/index.ts'
import { call } from '../../../support/workspace.ts'
import type { Ground } from '../../ground.ts'
import { committedRecords, deleteTopics } from '../../join/offsets.ts'
import { freeBlock } from '../../ports.ts'
import type { JoinPeer } from '../peer.ts'

const HEAP = ['-Xms1g', '-Xmx1g']
const READY_WITHIN_MS = 300_000
const REGISTRY_WITHIN_MS = 30_000
let opened = 0

/** `default`: the DSL as its manual shows it. `lean`: the same with what its manual offers to make it cheaper. See README.md. */
export const kafkaStreams = (name: string, style: 'default' | 'lean'): JoinPeer => ({
  name,
  async prepare(tell) {
    await build(tell)
  },
  async open(ground) {
    const { client, dataDir, stack } = ground
    if (dataDir === null) throw new Error('A peer is measured on a stack of its own: leave --stack out.')
    const built = await build(() => undefined)
    const id = `peer-${name}-${++opened}`
    const prefix = `${id}.`
    await createOutputs(ground, prefix)
    const port = await freeBlock(1)
    const stateDir = join(dataDir, id)
    mkdirSync(stateDir, { recursive: true })
    const properties = {
      'streams.application.id': id,
      'streams.bootstrap.servers': stack.kafka_brokers,
      'streams.state.dir': stateDir,
      'streams.processing.guarantee': 'exactly_once_v2',
      'streams.num.stream.threads': 2,
      'streams.commit.interval.ms': 100,
      ...(style === 'lean' ? { 'streams.topology.optimization': 'all' } : {}),
      'peer.style': style,
      'peer.port': port,
      'peer.prefix': prefix,
      'peer.schemas': join(PROJECT, 'schemas'),
      ...(await schemaIds(ground)),
      ...(await destinations(ground)),
    }
    const file = join(dataDir, `${id}.properties`)
    writeFileSync(
      file,
      Object.entries(properties)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    )
    const classpath = [join(built, 'classes'), join(built, 'lib', '*')].join(':')

    return {
      groupId: id,
      outcomes: `${prefix}outcomes`,
      holds: false,
      stateDir,
      async start() {
        const startedMs = performance.now()
        const child = startChild({
          name: id,
          command: 'java',
          args: [...HEAP, '-cp', classpath, 'postback.peer.Join', file],
          dataDir,
          tie: 'guard',
        })
        const ready = waitUntil(name, child, () => answers(`http://127.0.0.1:${port}/readyz`), READY_WITHIN_MS).then(
          () => performance.now() - startedMs,
        )
        ready.catch(() => undefined) // whoever waits for it gets it
        return { pids: [child.pid], ready, stop: () => child.stop() }
      },
      clicksRead: () => committedRecords(client, id, 'clicks'),
      settled: async () => null,
      close: () => deleteTopics(client, (topic) => topic.startsWith(prefix) || topic.startsWith(`${id}-`)),
    }
  },
})

/** The folder with its classes and what they need. */
async function build(progress: Progress): Promise<string> {
  await requireJava()
  const sources = globSync('src/**/*.java', { cwd: import.meta.dirname }).toSorted()
  return byMaven({
    what: 'the Kafka Streams peer (about 80 MB)',
    pom: join(import.meta.dirname, 'pom.xml'),
    sources: sources.map((file) => join(import.meta.dirname, file)),
    goal: 'process-classes',
    folder: 'kafka-streams',
    progress,
  })
}

/** Topics of its own, cut and kept as ours are. */
async function createOutputs({ client, partitions }: Ground, prefix: string): Promise<void> {
  const ours = topics(partitions('clicks')).filter(({ name }) => name === 'outcomes' || name.startsWith('deliver.'))
  await createTopics(
    client,
    ours.map(({ name, partitions, config }) => ({ name: prefix + name, partitions, config, replicationFactor: 1 })),
  )
}

async function schemaIds({ stack }: Ground): Promise<Record<string, number>> {
  const registry = createRegistry(stack.schema_registry_url)
  const idOf = (topic: string, schema: string) =>
    registry.idOf(`${topic}-value`, readSchema(schema), performance.now() + REGISTRY_WITHIN_MS)
  return {
    'peer.id.clicks': await idOf('clicks', 'click'),
    'peer.id.postbacks': await idOf('postbacks', 'postback'),
    'peer.id.outcomes': await idOf('outcomes', 'outcome'),
    'peer.id.deliver': await idOf('deliver.meta', 'delivery'),
  }
}

/** It knows no workspaces: what belongs to a platform goes to this one destination of it. */
async function destinations({ stack }: Ground): Promise<Record<string, string>> {
  const { items } = await call<{ items: { id: string; platform: string }[] }>(stack, 'GET', '/api/v1/destinations', stack.workspace.api_key)
  return Object.fromEntries(items.map(({ id, platform }) => [`peer.destination.${platform}`, id]))
}
