import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { openState } from './lmdb.ts'
import { openMemoryState } from './memory.ts'
import type { State } from './state.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})
const bytes = (text: string) => Buffer.from(text)
const keysOf = (entries: Iterable<{ key: Buffer }>) => [...entries].map(({ key }) => key.toString())

/** A place to open a state at, again and again. */
const PLACES: Readonly<Record<string, () => () => State>> = {
  lmdb: () => {
    const dir = mkdtempSync(join(tmpdir(), 'postback-state-'))
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
    return () => openState(dir)
  },
  memory: () => {
    const folder = new Map()
    return () => openMemoryState(folder)
  },
}

describe.each(Object.keys(PLACES))('%s', (kind) => {
  const place = () => (PLACES[kind] as () => () => State)()
  const opened = (open = place()) => {
    const state = open()
    cleanups.push(() => state.close())
    return state
  }

  test('reads its own writes inside a transaction, and keeps them when it is opened again', async () => {
    const open = place()
    const state = open()
    const table = state.table('a')
    state.transaction(() => {
      table.put(bytes('k'), bytes('v'))
      table.put(bytes('gone'), bytes('v'))
      table.remove(bytes('gone'))
      expect(table.get(bytes('k'))).toEqual(bytes('v'))
      expect(table.get(bytes('gone'))).toBeUndefined()
      expect(keysOf(table.range(bytes('a'), bytes('z')))).toEqual(['k'])
    })
    await state.close()
    expect(keysOf(opened(open).table('a').range(bytes('a'), bytes('z')))).toEqual(['k'])
  })

  test('a transaction that throws changes no table', () => {
    const state = opened()
    const [a, b] = [state.table('a'), state.table('b')]
    a.put(bytes('kept'), bytes('1'))
    b.put(bytes('removed'), bytes('1'))
    expect(() =>
      state.transaction(() => {
        a.put(bytes('kept'), bytes('2'))
        a.put(bytes('new'), bytes('2'))
        b.remove(bytes('removed'))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([a.get(bytes('kept')), a.get(bytes('new')), b.get(bytes('removed'))]).toEqual([bytes('1'), undefined, bytes('1')])
    expect(keysOf(a.range(bytes('a'), bytes('z')))).toEqual(['kept'])
  })

  test('a transaction inside another undoes its own part alone', () => {
    const state = opened()
    const table = state.table('a')
    state.transaction(() => {
      table.put(bytes('outer'), bytes('1'))
      expect(() =>
        state.transaction(() => {
          table.put(bytes('outer'), bytes('2'))
          table.put(bytes('inner'), bytes('2'))
          throw new Error('no')
        }),
      ).toThrow('no')
      state.transaction(() => table.put(bytes('second'), bytes('3')))
    })
    expect([table.get(bytes('outer')), table.get(bytes('inner')), table.get(bytes('second'))]).toEqual([bytes('1'), undefined, bytes('3')])
  })

  test('a transaction answers what its work answers', () => {
    expect(opened().transaction(() => 7)).toBe(7)
  })

  test('a range is in byte order, begins with its start, ends before its end and within its limit', () => {
    const table = opened().table('a')
    for (const key of [[0xff], [0x62], [0x62, 0x00], [0x62, 0xff], [0x63], [0x61]]) table.put(Buffer.from(key), bytes(''))
    const hex = (start: string, end: string, limit?: number) =>
      [...table.range(Buffer.from(start, 'hex'), Buffer.from(end, 'hex'), limit)].map(({ key }) => key.toString('hex'))
    expect(hex('62', '63')).toEqual(['62', '6200', '62ff'])
    expect(hex('6200', 'ffff', 2)).toEqual(['6200', '62ff'])
    expect(hex('00', 'ffff')).toEqual(['61', '62', '6200', '62ff', '63', 'ff'])
    expect(hex('64', '65')).toEqual([])
    expect(hex('65', '64')).toEqual([])
  })

  test('tables know nothing of each other', () => {
    const state = opened()
    state.table('a').put(bytes('k'), bytes('a'))
    expect(state.table('b').get(bytes('k'))).toBeUndefined()
    expect(state.table('a').get(bytes('k'))).toEqual(bytes('a'))
  })

  test('what was read stays as it was when the table changes, and what was written when its bytes change', () => {
    const table = opened().table('a')
    const value = bytes('one')
    table.put(bytes('k'), value)
    const read = table.get(bytes('k'))
    const [entry] = table.range(bytes('a'), bytes('z'))
    value.write('two')
    expect(table.get(bytes('k'))).toEqual(bytes('one'))
    table.put(bytes('k'), bytes('six'))
    table.get(bytes('k'))
    expect([read, entry?.value]).toEqual([bytes('one'), bytes('one')])
  })

  test('an empty value is a value', () => {
    const table = opened().table('a')
    table.put(bytes('k'), Buffer.alloc(0))
    expect(table.get(bytes('k'))).toEqual(Buffer.alloc(0))
  })

  test('a value may be longer than a page', () => {
    const table = opened().table('a')
    const value = Buffer.alloc(300_000, 7)
    table.put(bytes('k'), value)
    expect(table.get(bytes('k'))).toEqual(value)
  })
})

type Step = { readonly kind: 'put' | 'remove'; readonly key: Uint8Array; readonly value: Uint8Array }
const step = fc.record({
  kind: fc.constantFrom('put' as const, 'remove' as const),
  key: fc.uint8Array({ minLength: 1, maxLength: 2, max: 3 }),
  value: fc.uint8Array({ maxLength: 3 }),
})
const blocks = fc.array(fc.record({ steps: fc.array(step, { maxLength: 6 }), fails: fc.boolean() }), { maxLength: 8 })

test('whatever is written and undone, both hold the same', () =>
  fc.assert(
    fc.asyncProperty(blocks, async (work) => {
      const [lmdb, memory] = [PLACES.lmdb, PLACES.memory].map((place) => (place as () => () => State)()())
      const held = [lmdb, memory].map((state) => {
        if (state === undefined) throw new Error('two were opened')
        cleanups.push(() => state.close())
        const table = state.table('a')
        for (const block of work) apply(state, block)
        return [...table.range(Buffer.from([0]), Buffer.from([255]))].map(({ key, value }) => [key.toString('hex'), value.toString('hex')])
      })
      expect(held[0]).toEqual(held[1])
    }),
    { numRuns: 50 },
  ))

function apply(state: State, { steps, fails }: { steps: readonly Step[]; fails: boolean }): void {
  const table = state.table('a')
  try {
    state.transaction(() => {
      for (const { kind, key, value } of steps) {
        if (kind === 'put') table.put(Buffer.from(key), Buffer.from(value))
        else table.remove(Buffer.from(key))
      }
      if (fails) throw new Error('undone')
    })
  } catch (error) {
    if (!fails) throw error
  }
}
