import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type DiskTableLogOptions, openDiskTableLog } from './disk-table-log.ts'
import { FILE_HEADER_BYTES } from './frame.ts'
import { bootId } from './key-index/manifest.ts'
import type { TableLog } from './table-log.ts'

const dirs: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'postback-index-'))
  dirs.push(made)
  return made
}
afterEach(() => {
  for (const made of dirs.splice(0)) rmSync(made, { recursive: true, force: true })
})

const LIST = 'index.list'
/** Small enough that a few entries make runs, and a few runs are merged. */
const SMALL = { segmentBytes: 1_000, entriesMax: 7, copyEvery: 3, fanout: 3, boot: 'this start' }
const open = (dir: string, options: DiskTableLogOptions = {}): TableLog => openDiskTableLog(dir, { ...SMALL, ...options })
const bytes = (text: string): Buffer => Buffer.from(text)
const read = (table: TableLog, key: string): string | undefined => table.get(bytes(key))?.toString()
const put = (table: TableLog, n: number, entries: Record<string, string | null>): void =>
  table.write({ next: n, aliveAtMs: n * 1_000 }, n * 1_000, () => {
    for (const [key, value] of Object.entries(entries)) value === null ? table.remove(bytes(key)) : table.put(bytes(key), bytes(value))
  })

function flip(path: string, at: number): void {
  const content = readFileSync(path)
  const place = at < 0 ? content.length + at : at
  content[place] = (content[place] as number) ^ 0x40
  writeFileSync(path, content)
}

/** Some thirty frames of three keys each, of which the first is in every frame and the second is taken away two frames later. */
const FRAMES = 31
const entriesOf = (n: number): Record<string, string | null> => ({
  always: `v${n}`,
  [`gone-${n}`]: 'v',
  [`gone-${n - 2}`]: null,
  [`k${n}`]: `v${n}`,
})
function expectAllOf(table: TableLog, frames: number): void {
  expect([table.position?.next, table.size]).toEqual([frames, frames + Math.min(frames, 2) + 1])
  expect(read(table, 'always')).toBe(`v${frames}`)
  for (let n = 1; n <= frames; n++) {
    expect([n, read(table, `k${n}`)]).toEqual([n, `v${n}`])
    expect([n, read(table, `gone-${n}`)]).toEqual([n, n > frames - 2 ? 'v' : undefined])
  }
  expect(read(table, 'never')).toBeUndefined()
}

/** The folder as a process leaves it that is killed after all frames; `onFrame` sees it after each. */
function killed(onFrame: (dir: string) => void = () => undefined): string {
  const dir = folder()
  const table = open(dir)
  for (let n = 1; n <= FRAMES; n++) {
    put(table, n, entriesOf(n))
    onFrame(dir)
  }
  return dir
}

/** The same after each frame. */
function states(): string[] {
  const copies: string[] = []
  killed((dir) => {
    const copy = folder()
    cpSync(dir, copy, { recursive: true })
    copies.push(copy)
  })
  return copies
}

test('a process that was killed finds each key again, and its index was on the disk', () => {
  const all = states()
  expect(readdirSync(all.at(-1) as string).filter((name) => name.endsWith('.run')).length).toBeGreaterThan(1)
  for (const [at, dir] of all.entries()) {
    const table = open(dir)
    expectAllOf(table, at + 1)
    put(table, at + 2, entriesOf(at + 2))
    expectAllOf(table, at + 2)
    table.close()
  }
})

test('killed between its files: an index that is older than the log, or whose runs are gone, makes no key disappear', () => {
  const all = states()
  for (let at = 1; at < all.length; at++) {
    const dir = folder()
    cpSync(all[at] as string, dir, { recursive: true })
    const older = join(all[at - 1] as string, LIST)
    if (readdirSync(all[at - 1] as string).includes(LIST)) cpSync(older, join(dir, LIST))
    expectAllOf(open(dir), at + 1)
  }
})

describe('an index that is not as it was written is made anew from the log', () => {
  const damages: Record<string, (dir: string) => void> = {
    'a run is gone': (dir) => rmSync(join(dir, runsIn(dir)[0] as string)),
    'a run is cut': (dir) => truncateSync(join(dir, runsIn(dir)[0] as string), 10),
    'a run is longer': (dir) => writeFileSync(join(dir, runsIn(dir)[0] as string), 'x', { flag: 'a' }),
    'what finds its entries is changed': (dir) => flip(join(dir, runsIn(dir)[0] as string), -1),
    'the copy of what lay in memory is gone': (dir) => rmSync(join(dir, youngIn(dir))),
    'the copy of what lay in memory is cut': (dir) => truncateSync(join(dir, youngIn(dir)), 40),
    'the copy of what lay in memory is changed': (dir) => flip(join(dir, youngIn(dir)), 40),
    'the list is no JSON': (dir) => writeFileSync(join(dir, LIST), `${crc32('{"version":1,')}\n{"version":1,`),
    'a digit of the list is changed': (dir) =>
      writeFileSync(join(dir, LIST), readFileSync(join(dir, LIST), 'utf8').replace(/"next":\d+/, '"next":9999')),
    'the list is of another version': (dir) => edit(dir, (list) => ({ ...list, version: 1 })),
    'the list is gone': (dir) => rmSync(join(dir, LIST)),
    'the list is of another start of the machine': (dir) => edit(dir, (list) => ({ ...list, boot: 'an earlier one' })),
    'the list names a segment that never was': (dir) =>
      edit(dir, (list) => ({ ...list, segments: [...list.segments, { ...list.segments[0], number: 999 }] })),
  }
  test.each(Object.entries(damages))('%s', (_name, damage) => {
    const dir = killed()
    damage(dir)
    const table = open(dir)
    expectAllOf(table, FRAMES)
    put(table, FRAMES + 1, entriesOf(FRAMES + 1))
    table.close()
    expectAllOf(open(dir), FRAMES + 1)
  })

  const youngIn = (dir: string): string => readdirSync(dir).find((name) => name.endsWith('.young')) as string
  const runsIn = (dir: string): string[] => readdirSync(dir).filter((name) => name.endsWith('.run'))
  const edit = (dir: string, change: (list: { segments: object[] }) => object): void => {
    const path = join(dir, LIST)
    const text = JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8').split('\n')[1] as string)))
    writeFileSync(path, `${crc32(text)}\n${text}`)
  }
})

test('no-changed-byte-is-believed: after another start of the machine the log is read and checked as a whole', () => {
  const dir = killed()
  const path = join(dir, '00000001.log')
  const content = readFileSync(path)
  content[100] = (content[100] as number) ^ 0x40
  writeFileSync(path, content)
  const cut: number[] = []
  const table = open(dir, { boot: 'the next start', onCut: (lost) => cut.push(lost) })
  expect(cut).toHaveLength(1)
  expect(table.position?.next ?? 0).toBeLessThan(10)
  expect(read(table, `k${FRAMES}`)).toBeUndefined()
})

test.each([
  ['its last segment is gone', (logs: string[]) => rmSync(logs.at(-1) as string)],
  ['a segment before it is cut', (logs: string[]) => truncateSync(logs.at(-2) as string, 500)],
])('a log that is shorter than its index says is read anew, and its position is that of what is there: %s', (_name, shorten) => {
  const dir = killed()
  const logs = readdirSync(dir).filter((name) => name.endsWith('.log'))
  shorten(logs.sort().map((name) => join(dir, name)))
  const table = open(dir)
  const next = table.position?.next as number
  expect(next).toBeLessThan(FRAMES)
  for (let n = 1; n <= FRAMES; n++) expect([n, read(table, `k${n}`)]).toEqual([n, n <= next ? `v${n}` : undefined])
})

test('a gap between segments is the end of the log: no position passes what is missing', () => {
  const dir = killed()
  const logs = readdirSync(dir).filter((name) => name.endsWith('.log'))
  rmSync(join(dir, logs.sort()[1] as string))
  const table = open(dir, { boot: 'the next start' })
  const next = table.position?.next as number
  for (let n = 1; n <= FRAMES; n++) expect([n, read(table, `k${n}`)]).toEqual([n, n <= next ? `v${n}` : undefined])
})

test('what is written again of an old segment is as long as it was, so that the next start can read it', () => {
  const dir = folder()
  const table = open(dir)
  const frameBytes: number[] = []
  for (let n = 1; n <= 400; n++) {
    put(table, n, { [`still ${n % 20}`]: 'v'.repeat(30), same: 'v'.repeat(60) })
    table.purge(0)
  }
  for (const name of readdirSync(dir).filter((one) => one.endsWith('.log'))) {
    const content = readFileSync(join(dir, name))
    for (let at = FILE_HEADER_BYTES; at < content.length; at += content.readUInt32BE(at) + 8) frameBytes.push(content.readUInt32BE(at) + 8)
  }
  expect(Math.max(...frameBytes)).toBeLessThan(200)
  const again = open(dir, { boot: 'the next start' })
  expect([again.size, again.position?.next]).toEqual([21, 400])
})

test('no-changed-byte-is-believed: what is written again of an old segment was checked', () => {
  const dir = folder()
  const table = open(dir)
  for (let n = 1; n <= 40; n++) put(table, n, { [`still ${n}`]: 'v', same: 'v'.repeat(200) })
  flip(join(dir, '00000001.log'), 300)
  expect(() => table.purge(0)).toThrow('is not as it was written')
})

test('a segment may have any number', () => {
  const dir = folder()
  put(open(dir), 1, { k1: 'v1' })
  renameSync(join(dir, '00000001.log'), join(dir, '00065535.log'))
  const table = open(dir)
  for (let n = 2; n <= 12; n++) put(table, n, { [`k${n}`]: 'v'.repeat(600) })
  expect(readdirSync(dir)).toContain('00065537.log')
  expect([table.size, read(table, 'k1'), read(table, 'k2')?.length, read(table, 'k12')?.length]).toEqual([12, 'v1', 600, 600])
})

test('an index that cannot be written is told, and is written later; the frames are there all the same', () => {
  const dir = folder()
  let faults = 0
  const table = open(dir, { onIndexFault: () => faults++ })
  for (const name of ['00000001.run', '00000002.run']) mkdirSync(join(dir, name))
  for (let n = 1; n <= FRAMES; n++) {
    if (n === 10) for (const name of ['00000001.run', '00000002.run']) rmSync(join(dir, name), { recursive: true })
    put(table, n, entriesOf(n))
    expectAllOf(table, n)
  }
  expect(faults).toBe(2)
  expect(readdirSync(dir)).toContain(LIST)
  expectAllOf(open(dir), FRAMES)
})

test('where the system does not tell one start from the next, every start reads the log', () => {
  const dir = folder()
  const table = open(dir, { boot: null })
  for (let n = 1; n <= FRAMES; n++) put(table, n, entriesOf(n))
  expectAllOf(table, FRAMES)
  expect(readdirSync(dir)).not.toContain(LIST)
  expectAllOf(open(dir, { boot: null }), FRAMES)
  if (process.platform === 'linux') expect(bootId()).toMatch(/^[0-9a-f-]{36}$/)
})

test('the memory of a key may be used again between a look and a put', () => {
  const table = open(folder())
  put(table, 1, { known: 'v1' })
  const key = bytes('other')
  expect(table.get(key)).toBeUndefined()
  key.write('known')
  table.write({ next: 2, aliveAtMs: 2 }, 2, () => table.put(key, bytes('v2')))
  expect([read(table, 'known'), table.size]).toEqual(['v2', 1])
})

test('what was purged stays away, and the index forgets it', () => {
  const dir = folder()
  let table = open(dir)
  for (let n = 1; n <= 300; n++) {
    put(table, n, { [`k${n}`]: 'v'.repeat(50) })
    table.purge((n - 40) * 1_000)
    if (n % 37 === 0) {
      table.close()
      table = open(dir)
    }
  }
  const found = Array.from({ length: 300 }, (_, at) => `k${at + 1}`).filter((key) => read(table, key) !== undefined)
  expect(found).toEqual(Array.from({ length: found.length }, (_, at) => `k${300 - found.length + at + 1}`))
  expect(table.size).toBe(found.length)
  expect(found.length).toBeGreaterThanOrEqual(40)
  expect(found.length).toBeLessThan(80)
  const entriesOnDisk = readdirSync(dir).filter((name) => name.endsWith('.run')).length * 4
  expect(entriesOnDisk).toBeLessThan(160)
})

test('agrees with a map, whatever is put, removed, superseded, purged and opened again', () => {
  const key = fc.integer({ min: 0, max: 40 }).map((n) => `k${n}`)
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), entries: fc.dictionary(key, fc.option(fc.string())) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'close' as const, 'reboot' as const, 'throw' as const) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), fc.boolean(), (steps, purges) => {
      const dir = folder()
      const model = new Map<string, string>()
      let table = open(dir)
      let n = 0
      for (const one of steps) {
        if (one.do === 'put') {
          put(table, ++n, one.entries)
          for (const [name, value] of Object.entries(one.entries)) value === null ? model.delete(name) : model.set(name, value)
          if (purges) table.purge(0) // nothing is that old: only superseded entries may go
        } else if (one.do === 'throw') {
          const broken = () => {
            table.put(bytes('k1'), bytes('broken'))
            table.remove(bytes('k2'))
            throw new Error('no')
          }
          expect(() => table.write({ next: 9_999, aliveAtMs: 0 }, 0, broken)).toThrow('no')
        } else {
          if (one.do === 'close') table.close()
          table = open(dir, one.do === 'reboot' ? { boot: `start ${n}` } : {})
        }
        expect(table.size).toBe(model.size)
      }
      for (let k = 0; k <= 40; k++) expect([k, read(table, `k${k}`)]).toEqual([k, model.get(`k${k}`)])
    }),
    { numRuns: 30 },
  )
}, 30_000)
