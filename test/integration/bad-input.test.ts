import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import type { Dead } from '../../src/events/outcome.ts'
import { sampleClick, samplePostback } from '../../src/events/samples.ts'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { type Codec, createCodec } from '../../src/kafka/codec.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { createRegistry } from '../../src/kafka/registry.ts'
import { client, readAll, registryUrl, unique, until } from './kafka-cluster.ts'

const schema = (name: string) => JSON.parse(readFileSync(`schemas/${name}.avsc`, 'utf8'))
const SCHEMAS = {
  'clicks-value': schema('click'),
  'postbacks-value': schema('postback'),
  'pending-value': schema('pending'),
  'outcomes-value': schema('outcome'),
  'deliver.meta-value': schema('delivery'),
  'dead-value': schema('dead'),
}
/** What Avro lets through and zod does not, by topic; the second word is what `dead` must say. */
const SECRET = 'joe@example.com'
const workspace_id = unique('poison')
const ids = () => ({ workspace_id, postback_id: randomUUID() })
const REFUSED: Readonly<Record<string, { value: object; says: RegExp }>> = {
  clicks: { value: sampleClick({ workspace_id, clicked_at: -1, client_ip: SECRET }), says: /^clicked_at: Too small/ },
  postbacks: {
    value: samplePostback({ ...ids(), lane: SECRET as never }),
    says: /^lane: Invalid option: expected one of "live"\|"deferred"$/,
  },
  pending: {
    value: {
      kind: 'held',
      postback: samplePostback({ ...ids(), reading: { value: SECRET } }),
      why: 'click_not_seen',
      held_at: 1,
      deadline_at: 2,
    },
    says: /^postback\.reading\.value: Invalid string/,
  },
  'deliver.meta': {
    value: {
      ...{ platform: 'meta', destination_id: 'd1', due_at: 0, queued_at: 0, moved_at: 0, attempts: -1, why: null, workspaces_offset: -1 },
      conversion: {
        ...ids(),
        source_id: 's',
        tracker: 't',
        received_at: 1,
        reading: samplePostback().reading,
        click: null,
        matched_by: null,
      },
    },
    says: /^attempts: Too small/,
  },
  outcomes: {
    value: {
      ...{
        workspace_id,
        postback_id: SECRET,
        received_at: 1,
        at: 1,
        stage: 'held',
        why: null,
        matched_by: null,
        source_id: 's',
        tracker: 't',
      },
      ...{ event: null, event_id: 'e', conversion_status: null, click_id: null, transaction_id: null, value: null, currency: null },
      ...{
        event_time: null,
        test: true,
        campaign_id: null,
        platform: null,
        click: null,
        nearest_click_id: null,
        deliveries: [],
        attempt: null,
      },
    },
    says: /^postback_id is not a UUID$/,
  },
}
/** Which role buries what it finds in a topic; the group whose position must pass it. */
const READER: Readonly<Record<string, { role: string; group: string; reads: boolean }>> = {
  clicks: { role: 'attribution', group: 'attribution', reads: false },
  postbacks: { role: 'attribution', group: 'attribution', reads: true },
  pending: { role: 'attribution', group: 'attribution', reads: false },
  'deliver.meta': { role: 'forward', group: 'forward.meta', reads: true },
  outcomes: { role: 'store', group: 'store', reads: true },
}

let codec: Codec
let foreignId: number
beforeAll(async () => {
  codec = await createCodec({ registryUrl, schemas: SCHEMAS })
  foreignId = (await createRegistry(registryUrl).idsOf('accounts-value'))[0] ?? -1
})

/** Every way in which bytes can be no record of the topic. */
function poisons(topic: string): Readonly<Record<string, Buffer>> {
  const { value } = REFUSED[topic] as { value: object }
  const whole = codec.encode(`${topic}-value`, value)
  const head = whole.subarray(0, 5)
  const withId = (id: number): Buffer => {
    const bytes = Buffer.from(whole)
    bytes.writeInt32BE(id, 1)
    return bytes
  }
  return {
    empty: Buffer.alloc(0),
    text: Buffer.from(`${SECRET} is no Avro`),
    header_alone: Buffer.from(head),
    magic_byte: Buffer.concat([Buffer.from([1]), whole.subarray(1)]),
    unknown_schema: withId(999_999),
    foreign_schema: withId(foreignId),
    cut_off: Buffer.from(whole.subarray(0, whole.length - 3)),
    trailing: Buffer.concat([whole, Buffer.from('x')]),
    endless_list: Buffer.concat([head, Buffer.alloc(64, 0xff)]),
    large: Buffer.concat([head, Buffer.alloc(880_000, 0x7b)]),
    refused: whole,
  }
}

test.each(Object.keys(REFUSED))(
  'what cannot be read in %s goes to dead with its bytes, origin and reason, and reading goes on',
  async (topic) => {
    const { role, group, reads } = READER[topic] as (typeof READER)[string]
    const producer = await createProducer({ client, report: () => undefined })
    const sent = await Promise.all(
      Object.entries(poisons(topic)).map(async ([kind, value]) => {
        const { offset } = await producer.send({ topic, partition: 0, key: `${workspace_id}:${kind}`, value })
        return { kind, value, offset }
      }),
    )
    const buried = async () =>
      (await readAll('dead'))
        .map(({ value }) => codec.decode(value) as Dead)
        .filter((one) => one.topic === topic && one.role === role && one.partition === 0 && one.key?.startsWith(workspace_id))
    await until(async () => (await buried()).length >= sent.length)
    const found = new Map((await buried()).map((one) => [one.offset, one]))
    for (const { kind, value, offset } of sent) {
      expect({ kind, ...found.get(offset) }).toMatchObject({ kind, topic, role, attempts: 1, key: `${workspace_id}:${kind}` })
      expect(found.get(offset)?.value).toBe(value.subarray(0, 500_000).toString('base64'))
      expect(found.get(offset)?.error).not.toContain(SECRET)
    }
    const saidOf = (kind: string) => found.get(sent.find((one) => one.kind === kind)?.offset ?? -1)?.error
    expect(saidOf('refused')).toMatch(REFUSED[topic]?.says ?? /never/)
    expect(saidOf('unknown_schema')).toBe('the registry knows no schema 999999')
    expect(saidOf('large')).toContain('the first 500000 are kept')
    // Exactly once where the offset is in the same transaction; a store that dies may bury again.
    if (reads && role !== 'store') expect(await buried()).toHaveLength(sent.length)
    const last = Math.max(...sent.map(({ offset }) => offset))
    if (reads) await until(async () => ((await committedOffsets(client, group, topic)).get(0) ?? -1) > last)
    await producer.close()
  },
)
