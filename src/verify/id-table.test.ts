import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdTable, type Key, madeAtMs, uuidKey, uuidOf } from './id-table.ts'

test('a UUID comes back as it was', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      expect(uuidOf(uuidKey(uuid))).toBe(uuid)
    }),
  )
})

test('each id keeps the row that it got first, however many there are', () => {
  const word = fc.oneof(fc.nat(3), fc.nat(0xffff_ffff))
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word, word, word), { maxLength: 300 }), (keys) => {
      const table = new IdTable()
      const rows = new Map<string, number>()
      for (const key of keys) {
        const row = rows.getOrInsertComputed(String(key), () => rows.size)
        expect(table.row(key)).toBe(row)
        expect(table.key(row)).toEqual(key)
      }
      expect(table.size).toBe(rows.size)
    }),
  )
})

test('a hundred thousand ids that differ in one word are found again, and no other', () => {
  const table = new IdTable()
  const key = (n: number): Key => [n, 0, 0, 0]
  for (let n = 0; n < 100_000; n++) table.row(key(n))
  const misplaced = Array.from({ length: 100_000 }, (_, n) => n).filter((n) => table.find(key(n)) !== n)
  expect(misplaced).toEqual([])
  expect(table.find(key(100_000))).toBe(-1)
})

test('a UUIDv7 tells when it was made', () => {
  expect(madeAtMs(uuidKey('01900000-0000-7000-8000-000000000001'))).toBe(0x0190_0000_0000)
})
