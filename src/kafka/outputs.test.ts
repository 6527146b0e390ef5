import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collect, createOutputs, type Outputs } from './outputs.ts'
import { encodeProduce } from './patches/produce-request.ts'
import { nextOffsetIn, readRecordSet } from './patches/record-set.ts'
import { unwritten } from './produce.ts'
import type { OutRecord } from './record.ts'
import { inRequests, type TopicRecords } from './requests.ts'

const field = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.integer({ min: 0, max: 90_000 }).map((bytes) => Buffer.alloc(bytes, 'v')),
)
const record: fc.Arbitrary<OutRecord> = fc.record({
  topic: fc.constantFrom('outcomes', 'deliver.meta'),
  partition: fc.nat(2),
  key: fc.oneof(field, fc.string({ unit: 'grapheme', maxLength: 60 })),
  value: field,
})
const text = (bytes: Buffer | string | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
const plain = ({ key, value }: Pick<OutRecord, 'key' | 'value'>) => [text(key), text(value)]

/** What a broker gets, read again: per partition the records of each request. */
async function sent(requests: Iterable<readonly TopicRecords[]>): Promise<Map<string, { key: Buffer | null; value: Buffer | null }[][]>> {
  const places = new Map<string, { key: Buffer | null; value: Buffer | null }[][]>()
  for (const topics of requests) {
    for (const { topic, messages } of topics) {
      for (const message of messages) {
        const { partition } = message
        const topicData = [{ topic, partitions: [{ partition, messages: [message] }] }]
        const { buf, start, end } = await encodeProduce({ acks: -1, timeout: 1, topicData })
        const before = 2 + 2 + 4 + 4 + (2 + topic.length) + 4 + 4 + 4 // up to the record batch
        const bytes = buf.subarray(start + before, end)
        const records = readRecordSet({ topic, partition, bytes, from: 0, aborted: null })
        expect(records.map(({ offset }) => offset)).toEqual([...records.keys()])
        expect(nextOffsetIn(bytes, 0)).toBe(message.records.count)
        places.getOrInsertComputed(`${topic}/${partition}`, () => []).push(records)
      }
    }
  }
  return places
}

test('what is put is sent: every record, byte for byte, in the order of its partition, in requests within bounds', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(record, { maxLength: 40 }), { maxLength: 6 }),
      fc.record({
        batchBytes: fc.constantFrom(200, 100_000, 900_000),
        batchRecords: fc.constantFrom(1, 7, 20_000),
        requestBytes: fc.constantFrom(1, 300_000, 8_000_000),
      }),
      async (parts, bounds) => {
        const places = await sent(
          inRequests(
            parts.map((records) => createOutputs(records)),
            bounds,
          ),
        )
        const all = parts.flat()
        const wanted = Map.groupBy(all, ({ topic, partition }) => `${topic}/${partition}`)
        expect([...places.keys()].sort()).toEqual([...wanted.keys()].sort())
        for (const [place, requests] of places) {
          expect(requests.flat().map(plain)).toEqual(wanted.get(place)?.map(plain))
          for (const records of requests) {
            const bytes = records.reduce((sum, one) => sum + (one.key?.length ?? 0) + (one.value?.length ?? 0), 0)
            expect(records.length === 1 || (bytes <= bounds.batchBytes && records.length <= bounds.batchRecords)).toBe(true)
          }
        }
      },
    ),
    { numRuns: 150 },
  ))

test('a transaction is cut into requests of 20,000 records a partition and some 8 MB', async () => {
  const many = createOutputs(Array.from({ length: 50_001 }, () => ({ topic: 't', partition: 0, key: null, value: null })))
  expect([...inRequests([many])].map(([topic]) => topic?.messages[0]?.records.count)).toEqual([20_000, 20_000, 10_001])
  const large = Array.from({ length: 20 }, (_, partition) => ({ topic: 't', partition, key: null, value: Buffer.alloc(800_000) }))
  expect([...inRequests([createOutputs(large)])].map(([topic]) => topic?.messages.length)).toEqual([10, 10])
})

test('memory that was freed holds the next outputs, whole', async () => {
  const records = (mark: string) =>
    Array.from({ length: 300 }, (_, i) => ({ topic: 't', partition: i % 3, key: `${mark}${i}`, value: Buffer.alloc(700, mark) }))
  const expectWhole = async (outputs: Outputs, mark: string) => {
    const places = await sent(inRequests([outputs]))
    expect([...places.values()].flat(2).map(plain).sort()).toEqual(records(mark).map(plain).sort())
  }
  const [first, freed] = [createOutputs(records('a')), createOutputs(records('b'))]
  freed.free()
  const next = [createOutputs(records('c')), createOutputs(records('d'))] as const
  await expectWhole(first, 'a')
  await expectWhole(next[0], 'c')
  await expectWhole(next[1], 'd')
  expect(() => freed.copyBody(0, Buffer.alloc(1_000), 0)).toThrow('freed')
})

test('nothing is put when the outbox is closed', async () => {
  let late: ((record: OutRecord) => void) | undefined
  const outputs = await collect((outbox) => {
    late = outbox.put
    outbox.put({ topic: 't', partition: 0, key: 'k', value: null })
  })
  expect(outputs.count).toBe(1)
  expect(() => late?.({ topic: 't', partition: 0, key: 'k', value: null })).toThrow('the outbox is closed')
})

test.each([
  { name: 'all are listed', answer: [{ partition: 0 }, { partition: 1 }], missing: undefined },
  { name: 'a partition that is not listed is not acknowledged', answer: [{ partition: 0 }], missing: 't/1' },
  { name: 'an error is not an acknowledgement', answer: [{ partition: 0 }, { partition: 1, errorCode: 6 }], missing: 't/1' },
])('$name', ({ answer, missing }) => {
  const [topics] = inRequests([createOutputs([0, 1].map((partition) => ({ topic: 't', partition, key: null, value: null })))])
  const answers = answer.map((one) => ({ topicName: 't', errorCode: 0, baseOffset: '5', ...one }))
  expect(unwritten(topics ?? [], answers)).toBe(missing)
})

test('records that stand ready share their partition with nobody: whatever stands beside them in a request is refused, and not left out', async () => {
  const [topics] = inRequests([createOutputs([{ topic: 't', partition: 0, key: 'k', value: null }])])
  const ready = topics?.[0]?.messages ?? []
  const plainly = { key: 'k', value: Buffer.from('v') }
  for (const messages of [
    [...ready, plainly],
    [plainly, ...ready],
  ]) {
    const topicData = [{ topic: 't', partitions: [{ partition: 0, messages }] }]
    await expect(encodeProduce({ acks: -1, timeout: 1, topicData })).rejects.toThrow('are all of their partition')
  }
})
