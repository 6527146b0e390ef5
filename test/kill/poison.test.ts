import { readFileSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import type { Dead } from '../../src/events/outcome.ts'
import { createCodec } from '../../src/kafka/codec.ts'
import type { KafkaSettings } from '../../src/kafka/connect.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { readSchema } from '../../src/roles/context.ts'
import { readTopic } from '../chaos/read-topic.ts'
import { trial } from '../chaos/trial.ts'
import { settled } from '../support/run-through.ts'

const stack = inject('stack') as Stack
const pidsNow = (): Stack['pids'] => (JSON.parse(readFileSync(inject('stackFile'), 'utf8')) as Stack).pids
const client: KafkaSettings = { brokers: stack.kafka_brokers.split(','), clientId: 'poison-test', report: () => undefined }
const TOPICS = ['clicks', 'postbacks', 'pending'] as const
const PARTITIONS = 12

/** With the registry's header in front. */
const framed = (id: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, body])
}

/** Twenty values nobody can read: framing, schemas, bodies. `known` is the id of the topic's own schema, `foreign` another's. */
const poison = (known: number, foreign: number): readonly Buffer[] => [
  Buffer.from(''),
  Buffer.from([0]),
  Buffer.from([0, 0, 0, 0]),
  Buffer.from('{"click_id":"a"}'),
  Buffer.from('['.repeat(100_000)),
  Buffer.from([1, 0, 0, 0, 1, 2, 3]),
  Buffer.alloc(5, 255),
  framed(999_999, Buffer.from('x')),
  framed(-1, Buffer.from('x')),
  framed(2_147_483_647, Buffer.alloc(0)),
  framed(known, Buffer.alloc(0)),
  framed(known, Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255])),
  framed(known, Buffer.from([2])),
  framed(known, Buffer.alloc(40, 1)),
  framed(known, Buffer.from('not avro at all, and longer than a length can be')),
  framed(known, Buffer.alloc(800_000, 200)),
  framed(foreign, Buffer.from('{}')),
  framed(foreign, Buffer.alloc(30, 7)),
  Buffer.alloc(800_000, 65),
  Buffer.from([0, 0, 0, 0, 1, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1]),
]

const idOf = async (subject: string): Promise<number> =>
  ((await (await fetch(`${stack.schema_registry_url}/subjects/${subject}/versions/latest`)).json()) as { id: number }).id

test('poison on every topic of attribution lies in dead with its origin, and everyone goes on without a restart', async () => {
  const producer = await createProducer({ client, report: () => undefined })
  const codec = await createCodec({ registryUrl: stack.schema_registry_url, schemas: { 'dead-value': readSchema('dead') } })
  const before = pidsNow()
  const origins: string[] = []
  for (const topic of TOPICS) {
    const values = poison(await idOf(`${topic}-value`), await idOf('accounts-value'))
    expect(values).toHaveLength(20)
    for (const [index, value] of values.entries()) {
      const partition = index % PARTITIONS
      const { offset } = await producer.send({ topic, partition, key: Buffer.from(`poison:${topic}:${index}`), value })
      origins.push(`${topic}/${partition}/${offset}`)
    }
  }
  await producer.close()

  const buried = async (): Promise<Set<string>> => {
    const found = new Set<string>()
    await readTopic(client, 'dead', (value) => {
      const { topic, partition, offset, role, error } = codec.decode(value) as Dead
      if (role === 'attribution' && error !== '') found.add(`${topic}/${partition}/${offset}`)
    })
    return found
  }
  const found = await settled(buried, (all) => origins.every((origin) => all.has(origin)), 60_000)
  expect(origins.filter((origin) => !found.has(origin))).toEqual([])

  const { differences } = await trial({
    stack,
    scenario: { seed: 1, mark: `q${Date.now().toString(36)}`, postbacks: 400, perSecond: 100, workspaces: 2 },
    alongside: async () => undefined,
  })
  expect(differences).toEqual({})
  expect(pidsNow()).toEqual(before)
}, 400_000)

test('a schema that cannot read the past is refused by the registry itself, whoever brings it', async () => {
  const click = readSchema('click') as unknown as { fields: object[] }
  const breaking = { ...click, fields: [...click.fields, { name: 'without_default', type: 'string' }] }
  const answer = await fetch(`${stack.schema_registry_url}/subjects/clicks-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(breaking) }),
  })
  expect(answer.status).toBe(409)
})
