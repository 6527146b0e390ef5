import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type DiskTableLogOptions, openDiskTableLog } from './disk-table-log.ts'
import { emptyTables, openMemoryTableLog } from './memory-table-log.ts'
import type { TableLog } from './table-log.ts'

const dirs: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'postback-log-'))
  dirs.push(made)
  return made
}
afterEach(() => {
  for (const made of dirs.splice(0)) rmSync(made, { recursive: true, force: true })
})
const bytes = (text: string): Buffer => Buffer.from(text)
const at = (next: number, aliveAtMs = 1_000) => ({ next, aliveAtMs })
const text = (table: TableLog, key: string): string | undefined => table.get(bytes(key))?.toString()
const put = (table: TableLog, next: number, entries: Record<string, string | null>, newestMs = 1_000): void =>
  table.write(at(next), newestMs, () => {
    for (const [key, value] of Object.entries(entries)) value === null ? table.remove(bytes(key)) : table.put(bytes(key), bytes(value))
  })

const KINDS: Record<string, () => () => TableLog> = {
  disk: () => {
    const dir = folder()
    return () => openDiskTableLog(dir, { segmentBytes: 200 })
  },
  'disk, with its index in runs': () => {
    const dir = folder()
    return () => openDiskTableLog(dir, { segmentBytes: 200, entriesMax: 2, fanout: 2 })
  },
  memory: () => {
    const stored = emptyTables()
    return () => openMemoryTableLog(stored)
  },
}

describe.each(Object.entries(KINDS))('a table on %s', (_name, kind) => {
  test('begins empty, without a position', () => {
    const table = kind()()
    expect([table.position, table.size, text(table, 'a')]).toEqual([undefined, 0, undefined])
  })

  test('reads its own writes inside a frame, and keeps them with the position over a restart', () => {
    const open = kind()
    const table = open()
    table.write(at(5), 1_000, () => {
      table.put(bytes('a'), bytes('1'))
      expect(text(table, 'a')).toBe('1')
      table.put(bytes('a'), bytes('2'))
      table.put(bytes('b'), Buffer.alloc(0))
    })
    table.close()
    const again = open()
    expect([text(again, 'a'), text(again, 'b'), text(again, 'c'), again.size]).toEqual(['2', '', undefined, 2])
    expect(again.position?.next).toBe(5)
  })

  test('data-and-position-together: a frame that throws leaves neither', () => {
    const table = kind()()
    put(table, 1, { a: '1', b: '1' })
    expect(() =>
      table.write(at(2), 1_000, () => {
        table.put(bytes('a'), bytes('2'))
        table.remove(bytes('b'))
        table.put(bytes('c'), bytes('2'))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([text(table, 'a'), text(table, 'b'), text(table, 'c'), table.position?.next]).toEqual(['1', '1', undefined, 1])
    put(table, 2, { c: '3' })
    expect([text(table, 'c'), table.position?.next]).toEqual(['3', 2])
  })

  test('nothing is written outside of a frame', () => {
    const table = kind()()
    expect(() => table.put(bytes('a'), bytes('1'))).toThrow('outside of a frame')
    put(table, 1, { a: '1' })
    expect(() => table.remove(bytes('a'))).toThrow('outside of a frame')
  })

  test('what is removed is gone, and comes again when it is put', () => {
    const open = kind()
    let table = open()
    put(table, 1, { a: '1', b: '1' })
    put(table, 2, { a: null, x: null })
    expect([text(table, 'a'), table.size]).toEqual([undefined, 1])
    table.close()
    table = open()
    expect([text(table, 'a'), text(table, 'b')]).toEqual([undefined, '1'])
    put(table, 3, { a: '2' })
    expect(text(table, 'a')).toBe('2')
  })

  test('a value longer than one read, and a key as long as it may be', () => {
    const open = kind()
    const table = open()
    const [key, value] = ['k'.repeat(600), 'v'.repeat(300_000)]
    put(table, 1, { [key]: value })
    expect(text(table, key)).toBe(value)
    table.close()
    expect(text(open(), key)).toBe(value)
  })

  test('is purged by time, the newest stay', () => {
    const table = kind()()
    for (let n = 1; n <= 20; n++) put(table, n, { [`k${n}`]: 'v'.repeat(150) }, n * 1_000)
    expect(table.purge(11_000)).toBe(10)
    expect([text(table, 'k10'), text(table, 'k11') !== undefined, table.size, table.position?.next]).toEqual([undefined, true, 10, 20])
  })

  test('is cleared, and filled anew', () => {
    const table = kind()()
    put(table, 1, { a: '1' })
    table.clear()
    expect([table.position, table.size, text(table, 'a')]).toEqual([undefined, 0, undefined])
    put(table, 1, { a: '2' })
    expect(text(table, 'a')).toBe('2')
  })

  test('agrees with a map, whatever is done, over restarts', () => {
    const key = fc.integer({ min: 0, max: 12 }).map((n) => `k${n}`)
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), entries: fc.dictionary(key, fc.option(fc.string({ maxLength: 80 })), { maxKeys: 4 }) }),
      fc.record({ do: fc.constant('reopen' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const open = kind()
        const model = new Map<string, string>()
        let table = open()
        let next = 0
        for (const one of steps) {
          if (one.do === 'reopen') {
            table.close()
            table = open()
          } else {
            put(table, ++next, one.entries)
            for (const [name, value] of Object.entries(one.entries)) value === null ? model.delete(name) : model.set(name, value)
            table.purge(0) // nothing is that old: only superseded entries may go
          }
          expect(table.size).toBe(model.size)
        }
        for (let n = 0; n <= 12; n++) expect(text(table, `k${n}`)).toBe(model.get(`k${n}`))
        table.close()
      }),
      { numRuns: 100 },
    )
  })
})

/** A folder with three frames: positions 1, 2 and 3. */
function threeFrames(options: DiskTableLogOptions = {}): { dir: string; file: string; sizes: number[] } {
  const dir = folder()
  const table = openDiskTableLog(dir, options)
  const file = join(dir, '00000001.log')
  const sizes = [1, 2, 3].map((n) => {
    put(table, n, { [`k${n}`]: `value ${n}` })
    return readFileSync(file).length
  })
  return { dir, file, sizes }
}
const keysOf = (table: TableLog): string[] => ['k1', 'k2', 'k3'].filter((key) => text(table, key) !== undefined)

describe('a log that was cut or changed', () => {
  test('torn-tail-is-read-again: cut at any byte, what is whole before it stays, and the position is that of the last whole frame', () => {
    const { dir, file, sizes } = threeFrames()
    const whole = readFileSync(file)
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length))
      const frames = sizes.filter((size) => size <= length).length
      const table = openDiskTableLog(dir)
      expect([keysOf(table), table.position?.next]).toEqual([['k1', 'k2', 'k3'].slice(0, frames), frames === 0 ? undefined : frames])
      put(table, frames + 1, { [`k${frames + 1}`]: 'again' })
      expect(text(table, `k${frames + 1}`)).toBe('again')
      table.close()
    }
  })

  test('no-changed-byte-is-believed: whichever byte is flipped, nothing behind it counts', () => {
    const { dir, file, sizes } = threeFrames()
    const whole = readFileSync(file)
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole)
      flipped[at] = (flipped[at] as number) ^ 0x40
      writeFileSync(file, flipped)
      const table = openDiskTableLog(dir)
      // The seeds of the header say only how keys are spread: another seed finds nothing, so it must not be believed either.
      const frames = at < 20 ? 0 : sizes.filter((size) => size <= at).length
      expect([at, keysOf(table), table.position?.next]).toEqual([
        at,
        ['k1', 'k2', 'k3'].slice(0, frames),
        frames === 0 ? undefined : frames,
      ])
      table.close()
    }
  })

  test('a gap in an older segment drops the younger ones: a position must not pass what is missing', () => {
    const dir = folder()
    const table = openDiskTableLog(dir, { segmentBytes: 1 })
    for (let n = 1; n <= 3; n++) put(table, n, { [`k${n}`]: 'v' })
    truncateSync(join(dir, '00000002.log'), 24)
    const cut: number[] = []
    const again = openDiskTableLog(dir, { segmentBytes: 1, onCut: (bytes) => cut.push(bytes) })
    expect([keysOf(again), again.position?.next, cut]).toEqual([['k1'], 1, [4]])
    expect(readdirSync(dir)).toEqual(['00000001.log', '00000002.log'])
    put(again, 2, { k2: 'v' })
    again.close()
    expect(keysOf(openDiskTableLog(dir))).toEqual(['k1', 'k2'])
  })
})

test('superseded entries do not pile up', () => {
  const dir = folder()
  const table = openDiskTableLog(dir, { segmentBytes: 10_000 })
  put(table, 1, { still: 'here' })
  for (let n = 2; n < 2_000; n++) {
    put(table, n, { same: 'v'.repeat(100) })
    table.purge(0)
  }
  const bytesOnDisk = readdirSync(dir).reduce((sum, name) => sum + readFileSync(join(dir, name)).length, 0)
  expect(bytesOnDisk).toBeLessThan(40_000)
  expect([text(table, 'still'), table.size]).toEqual(['here', 2])
  table.close()
  const again = openDiskTableLog(dir)
  expect([text(again, 'still'), again.position?.next]).toEqual(['here', 1_999])
})
