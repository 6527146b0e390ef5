import { zstdCompressSync } from 'node:zlib'
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { InRecord } from '../record.ts'
import { nextOffsetIn, readRecordSet, recordParts } from './record-set.ts'
import { LOG_APPEND_TIME, marker, type StockBatch, stockBatch, stockDecode, withAttributes } from './stock-batches.ts'

const read = (bytes: Buffer, from = 0, aborted: Parameters<typeof readRecordSet>[0]['aborted'] = []) =>
  readRecordSet({ topic: 't', partition: 3, bytes, from, aborted })

const bytesOf = fc.option(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)))
const record = fc.record({
  gap: fc.nat({ max: 200 }),
  timestampDelta: fc.oneof(fc.integer({ min: -100, max: 100 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  key: bytesOf,
  value: bytesOf,
  headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3, noNullPrototype: true }),
})
const batch = fc.record({
  gap: fc.nat({ max: 5_000 }),
  records: fc.array(record, { maxLength: 20 }),
  compression: fc.constantFrom(0, 0, 1),
  firstTimestamp: fc.integer({ min: -1, max: 2 ** 45 }),
  transactional: fc.boolean(),
  producerId: fc.integer({ min: -1, max: 2 ** 40 }),
  appended: fc.boolean(),
})
const recordSet = fc.tuple(fc.oneof(fc.nat(1_000), fc.nat({ max: 2 ** 45 })), fc.array(batch, { minLength: 1, maxLength: 5 }))

async function encode([start, batches]: typeof recordSet extends fc.Arbitrary<infer T> ? T : never): Promise<Buffer> {
  const parts: Buffer[] = []
  let offset = start
  for (const { gap, appended, records, ...rest } of batches) {
    const firstOffset = offset + gap
    let offsetDelta = -1
    const placed: StockBatch['records'] = records.map(({ gap: skipped, ...one }) => {
      offsetDelta += 1 + skipped
      return { ...one, offsetDelta }
    })
    const bytes = await stockBatch({ ...rest, firstOffset, records: placed, lastOffsetDelta: offsetDelta + 7, maxTimestamp: 2 ** 44 + 1 })
    parts.push(appended ? withAttributes(bytes, LOG_APPEND_TIME) : bytes)
    offset = firstOffset + offsetDelta + 8
  }
  return Buffer.concat(parts)
}

test('reads what stock reads: offset, time, key and value of every record', async () => {
  await fc.assert(
    fc.asyncProperty(recordSet, async (set) => {
      const bytes = await encode(set)
      const stocked = await stockDecode(bytes)
      const ours = read(bytes)
      expect(ours).toEqual(
        stocked.map(({ offset, timestamp, key, value }) => ({
          topic: 't',
          partition: 3,
          offset: Number(offset),
          timestampMs: Number(timestamp),
          key,
          value,
        })),
      )
    }),
    { numRuns: 200 },
  )
})

test('parts-are-the-whole: read in turns with those of another set, each as large as it may be', async () => {
  await fc.assert(
    fc.asyncProperty(recordSet, recordSet, fc.integer({ min: 1, max: 25 }), async (a, b, most) => {
      const sets = (await Promise.all([encode(a), encode(b)])).map((bytes) => ({ topic: 't', partition: 3, bytes, from: 0, aborted: [] }))
      const open = sets.map((set) => ({ set, parts: recordParts(set, most), seen: [] as InRecord[] }))
      for (let turn = 0; turn <= 100 / most; turn++) {
        for (const one of open) {
          const { value: part } = one.parts.next()
          one.seen.push(...(part?.records ?? []))
          if (part?.isLast === false) expect(part.records).toHaveLength(most)
        }
      }
      for (const { set, parts, seen } of open) expect([parts.next().done, seen]).toEqual([true, readRecordSet(set)])
    }),
    { numRuns: 100 },
  )
})

test('position = base offset + last offset delta + 1, whatever is left of the batch; nothing before the fetch is handed out', async () => {
  await fc.assert(
    fc.asyncProperty(recordSet, fc.nat(20_000), async (set, into) => {
      const bytes = await encode(set)
      const from = set[0] + into
      const records = read(bytes, from)
      const last = set[1].reduce((sum, { gap, records: list }) => sum + gap + list.reduce((s, one) => s + one.gap + 1, 0) + 7, set[0])
      expect(nextOffsetIn(bytes, from)).toBe(Math.max(from, last))
      expect(records).toEqual(read(bytes).filter(({ offset }) => offset >= from))
    }),
    { numRuns: 100 },
  )
})

test('zstd, as Java writes it: stock throws', async () => {
  const plain = await stockBatch({
    firstOffset: 5,
    records: [0, 1, 2].map((i) => ({ offsetDelta: i, key: `k${i}`, value: Buffer.from('v') })),
  })
  const body = Buffer.concat([plain.subarray(0, 61), zstdCompressSync(plain.subarray(61))])
  body.writeInt32BE(body.length - 12, 8)
  const bytes = withAttributes(body, 4)
  await expect(stockDecode(bytes)).rejects.toThrow('ZSTD compression not implemented')
  expect(read(bytes)).toEqual(read(plain))
})

const unreadable = expect.objectContaining({ code: 'log_unreadable' })
const sample = () => stockBatch({ firstOffset: 40, records: [{ offsetDelta: 0, key: 'key', value: Buffer.from('a value') }] })

test('no-record-past-a-wrong-checksum: one bit of the log turned, stock hands it out, ours stops', async () => {
  const bytes = await sample()
  const turned = bytes.length - 3
  bytes[turned] = (bytes[turned] as number) ^ 1
  expect((await stockDecode(bytes)).map(({ value }) => String(value))).toEqual(['a valte'])
  expect(() => read(bytes)).toThrow(unreadable)
})

test('every single bit behind the checksum is covered by it', async () => {
  const good = await sample()
  for (let bit = 17 * 8; bit < good.length * 8; bit++) {
    const bytes = Buffer.from(good)
    bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7))
    expect(() => read(bytes)).toThrow(unreadable)
  }
})

test.each([
  { name: 'another format', change: (bytes: Buffer) => bytes.writeInt8(1, 16), says: 'its format is 1' },
  { name: 'snappy', change: (bytes: Buffer) => withAttributes(bytes, 2).copy(bytes), says: 'compression 2' },
  { name: 'what is not gzip', change: (bytes: Buffer) => withAttributes(bytes, 1).copy(bytes), says: 'incorrect header check' },
  { name: 'a count that is too high', change: (bytes: Buffer) => again(bytes, () => bytes.writeInt32BE(2, 57)), says: 'reaches past' },
  { name: 'a length past the record', change: (bytes: Buffer) => again(bytes, () => bytes.writeInt8(0x70, 65)), says: 'reaches past' },
])('$name is refused, by the name of its place', async ({ change, says }) => {
  const bytes = await sample()
  change(bytes)
  expect(() => read(bytes)).toThrow(unreadable)
  expect(() => read(bytes)).toThrow(`offset 40 of t/3 cannot be read: `)
  expect(() => read(bytes)).toThrow(says)
})
function again(bytes: Buffer, change: () => void): void {
  change()
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
}

type Step = { producer: number; do: 'write' | 'commit' | 'abort'; records: number }
const step: fc.Arbitrary<Step> = fc.record({
  producer: fc.nat(3),
  do: fc.constantFrom('write', 'write', 'commit', 'abort'),
  records: fc.integer({ min: 1, max: 4 }),
})

test('aborted-records-are-never-handed-out: any interleaving of transactions, read from any offset', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(60), async (steps, from) => {
      const parts: Buffer[] = []
      const committed: number[] = []
      const aborted: { producerId: string; firstOffset: string; endOffset: number }[] = []
      const open = new Map<number, number[]>()
      let offset = 0
      const end = async (producerId: number, kind: 'commit' | 'abort') => {
        const mine = open.get(producerId)
        if (mine === undefined) return
        open.delete(producerId)
        parts.push(await marker(offset, producerId, kind))
        if (kind === 'commit') committed.push(...mine)
        else aborted.push({ producerId: String(producerId), firstOffset: String(mine[0]), endOffset: offset })
        offset++
      }
      for (const { producer, do: what, records: count } of steps) {
        if (what !== 'write') {
          await end(producer, what)
          continue
        }
        const offsets = Array.from({ length: count }, (_, i) => offset + i)
        const records = offsets.map((_, i) => ({ offsetDelta: i, key: Buffer.alloc(4), value: null })) // a key as of an abort marker
        parts.push(await stockBatch({ firstOffset: offset, producerId: producer, transactional: true, records }))
        open.set(producer, [...(open.get(producer) ?? []), ...offsets])
        offset += count
      }
      for (const producer of [...open.keys()]) await end(producer, 'commit')
      const list = aborted.filter(({ endOffset }) => endOffset >= from) // in the order they ended, as the broker lists them
      const records = read(Buffer.concat(parts), from, list)
      expect(records.map((one) => one.offset)).toEqual(committed.filter((one) => one >= from).sort((a, b) => a - b))
    }),
    { numRuns: 300 },
  )
})
