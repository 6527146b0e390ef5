import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { untouched } from './modules.ts'

const stockCrc = untouched('src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number

test.each([
  // RFC 3720, appendix B.4
  { name: '32 zeros', bytes: Buffer.alloc(32), crc: 0x8a9136aa },
  { name: '32 ones', bytes: Buffer.alloc(32, 0xff), crc: 0x62a8ab43 },
  { name: '32 rising', bytes: Buffer.from(Array.from({ length: 32 }, (_, i) => i)), crc: 0x46dd794e },
])('$name', ({ bytes, crc }) => {
  expect(crc32c(bytes)).toBe(crc)
})

test('equals stock for any bytes at any place', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), fc.nat(20), (array, from, cut) => {
      const bytes = Buffer.from(array)
      const to = Math.max(0, bytes.length - cut)
      fc.pre(from <= to)
      expect(crc32c(bytes.subarray(from, to))).toBe(stockCrc(bytes.subarray(from, to)))
    }),
  ))
