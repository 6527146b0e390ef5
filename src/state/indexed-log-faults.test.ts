import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDiskTableLog } from './disk-table-log.ts'
import { faultyDisk } from './faulty-disk.ts'
import type { TableLog } from './table-log.ts'

let disk: ReturnType<typeof faultyDisk>
beforeEach(() => {
  disk = faultyDisk()
})
afterEach(() => disk.restore())

const KEYS = Array.from({ length: 30 }, (_, n) => `k${n}`)
const key = fc.constantFrom(...KEYS)
const value = fc.option(fc.oneof({ weight: 9, arbitrary: fc.string({ maxLength: 20 }) }, fc.constant('v'.repeat(1_100))), { freq: 3 })
const step = fc.record({
  what: fc.oneof(
    { weight: 9, arbitrary: fc.dictionary(key, value, { maxKeys: 6 }) },
    { weight: 1, arbitrary: fc.constantFrom('throw' as const, 'purge' as const, 'close' as const, 'kill' as const, 'reboot' as const) },
  ),
  fault: fc.option(fc.record({ calls: fc.nat(12), how: fc.constantFrom('killed' as const, 'full' as const) }), { freq: 3 }),
})
const options = fc.record({
  entriesMax: fc.integer({ min: 1, max: 6 }),
  copyEvery: fc.integer({ min: 1, max: 5 }),
  fanout: fc.integer({ min: 2, max: 4 }),
  segmentBytes: fc.constantFrom(1, 150, 400, 1_200),
})

type Known = { readonly model: ReadonlyMap<string, string>; readonly next: number | undefined }
const textOf = (table: TableLog, name: string): string | undefined => table.get(Buffer.from(name))?.toString()
const told = (table: TableLog): unknown => [table.position?.next, table.size, ...KEYS.map((name) => textOf(table, name))]
const expected = ({ model, next }: Known): unknown => [next, model.size, ...KEYS.map((name) => model.get(name))]

test('data-and-position-together: whichever call of the disk fails, for a process that is killed there or for one that finds no room, a frame is there or it is not', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), options, (steps, sizes) => {
      const dir = mkdtempSync(join(tmpdir(), 'postback-faults-'))
      let boot = 'start 0'
      const open = (): TableLog => openDiskTableLog(dir, { ...sizes, boot })
      let table = open()
      let known: Known = { model: new Map(), next: undefined }
      for (const [at, { what, fault }] of steps.entries()) {
        let after = known
        if (typeof what === 'object') {
          const model = new Map(known.model)
          for (const [name, text] of Object.entries(what)) text === null ? model.delete(name) : model.set(name, text)
          after = { model, next: at + 1 }
        }
        if (fault !== null) disk.failAfter(fault.calls, fault.how)
        let isOver = what === 'kill' || what === 'reboot'
        try {
          if (what === 'purge')
            table.purge(0) // nothing is that old: only superseded entries may go
          else if (what === 'close') table.close()
          else if (!isOver) write(table, at + 1, what)
        } catch (error) {
          isOver ||= (error as Error).message !== 'thrown'
        }
        const hasFailed = disk.heal()
        // Of a process that was killed nothing more is seen; one that found no room may go on, where the call went well.
        if (isOver || what === 'close' || (hasFailed && fault?.how === 'killed')) {
          disk.end()
          if (what === 'reboot') boot = `start ${at + 1}`
          table = open()
        }
        const found = JSON.stringify(told(table))
        const isThere = found === JSON.stringify(expected(after))
        if (!isThere) expect({ at, found }).toEqual({ at, found: JSON.stringify(expected(hasFailed || what === 'throw' ? known : after)) })
        if (isThere) known = after
      }
      disk.end()
      expect(told(open())).toEqual(expected(known))
      disk.end()
      rmSync(dir, { recursive: true })
    }),
    { numRuns: 60 },
  )
}, 60_000)

function write(table: TableLog, next: number, what: string | Record<string, string | null>): void {
  table.write({ next, aliveAtMs: next }, next, () => {
    for (const [name, text] of Object.entries(typeof what === 'string' ? { k1: 'thrown', k2: null } : what)) {
      const bytes = Buffer.from(name)
      if (next % 2 === 0) table.get(bytes)
      text === null ? table.remove(bytes) : table.put(bytes, Buffer.from(text))
      expect(textOf(table, name)).toBe(text ?? undefined)
    }
    if (typeof what === 'string') throw new Error('thrown')
  })
}
