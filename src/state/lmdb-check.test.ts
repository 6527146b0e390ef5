import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openState } from './lmdb.ts'
import { checkLmdb } from './lmdb-check.ts'

const TABLES = ['pending', 'deadlines', 'positions'] as const
const PAGE = 4_096
const [FIRST, END] = [Buffer.from([0]), Buffer.alloc(30, 255)]
let root: string
let serial = 0
/** A file with three tables, three levels deep, long values, removed records and a list of free pages; and what it holds. */
let sound: Buffer
let content: Map<string, string>

const folder = (bytes?: Buffer): string => {
  const dir = mkdtempSync(join(root, `${serial++}-`))
  if (bytes !== undefined) writeFileSync(join(dir, 'data.mdb'), bytes)
  return dir
}
const contentOf = (state: ReturnType<typeof openState>): Map<string, string> =>
  new Map(
    TABLES.flatMap((name) =>
      [...state.table(name).range(FIRST, END)].map(({ key, value }) => [`${name}/${key.toString('hex')}`, value.toString('hex')] as const),
    ),
  )

beforeAll(async () => {
  // In memory where there is such a place: each of some hundred files is written to, and LMDB waits for the disk.
  root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'postback-check-'))
  const dir = folder()
  const state = openState(dir)
  const [pending, deadlines, positions] = TABLES.map((name) => state.table(name))
  for (let block = 0; block < 30; block++) {
    state.transaction(() => {
      for (let i = 0; i < 40; i++) {
        const key = Buffer.from(`ws${(block * 7_919 + i * 104_729) % 9_973}:c:${'x'.repeat(i)}`)
        pending?.put(key, Buffer.alloc(100 + ((i * 37) % 300), block))
        deadlines?.put(Buffer.concat([Buffer.from([block]), key]), key)
        if (i % 3 === 0) pending?.remove(Buffer.from(`ws${((block - 2) * 7_919 + i * 104_729) % 9_973}:c:${'x'.repeat(i)}`))
      }
      positions?.put(Buffer.from(`p${block % 12}`), Buffer.from([block]))
    })
  }
  pending?.put(Buffer.from('long'), Buffer.alloc(3 * PAGE, 7))
  content = contentOf(state)
  await state.close()
  sound = readFileSync(join(dir, 'data.mdb'))
}, 60_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Opens, reads all, writes and reads again: what it held, and whether the writes came out. */
async function used(dir: string): Promise<{ held: Map<string, string>; after: Map<string, string> }> {
  const state = openState(dir)
  try {
    const held = contentOf(state)
    const table = state.table('pending')
    for (let block = 0; block < 2; block++) {
      state.transaction(() => {
        for (let i = 0; i < 40; i++) table.put(Buffer.from(`new${block}.${i}`), Buffer.alloc(300, i))
        for (const key of [...content.keys()].slice(block * 20, block * 20 + 20)) {
          const [name = '', hex = ''] = key.split('/')
          state.table(name).remove(Buffer.from(hex, 'hex'))
        }
      })
    }
    return { held, after: contentOf(state) }
  } finally {
    await state.close()
  }
}

/** Either the file is refused before LMDB maps it, or it is as good as the sound one. */
async function refusedOrSound(bytes: Buffer): Promise<'refused' | 'sound'> {
  const dir = folder(bytes)
  try {
    const { held, after } = await used(dir)
    expect(held).toEqual(content)
    expect(after.size).toBe(content.size - 40 + 80)
    return 'sound'
  } catch (error) {
    expect(error).toMatchObject({ code: 'state_corrupt' })
    return 'refused'
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('a sound file is read whole', () => {
  let records = 0
  const dir = folder(sound)
  checkLmdb(join(dir, 'data.mdb'), () => {
    records++
  })
  expect(records).toBe(content.size)
})

test('a file that is being written to is sound at every moment', () => {
  const dir = folder(sound)
  const state = openState(dir)
  const table = state.table('pending')
  for (let block = 0; block < 30; block++) {
    state.transaction(() => {
      for (let i = 0; i < 20; i++) table.put(Buffer.from(`later${block}.${i}`), Buffer.alloc(200))
      for (let i = 0; i < 15; i++) table.remove(Buffer.from(`later${block - 1}.${i}`))
    })
    const copy = folder()
    copyFileSync(join(dir, 'data.mdb'), join(copy, 'data.mdb')) // what kill -9 leaves
    expect(() => checkLmdb(join(copy, 'data.mdb'), () => undefined)).not.toThrow()
  }
})

test('sound-is-not-broken: a long value that is written again, and shorter, before its transaction ends', async () => {
  const dir = folder()
  const state = openState(dir)
  const key = Buffer.from('k')
  state.transaction(() => {
    for (const size of [5_478, 117]) state.table('pending').put(key, Buffer.alloc(size))
  })
  await state.close()
  const again = openState(dir)
  expect(again.table('pending').get(key)?.length).toBe(117)
  await again.close()
})

test('whatever was written, in whatever blocks, is found sound', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(9_000)), { maxLength: 40 }), { maxLength: 12 }),
      async (blocks) => {
        const dir = folder()
        const state = openState(dir)
        for (const block of blocks) {
          state.transaction(() => {
            for (const [key, size] of block) {
              const table = state.table(TABLES[size % 3] as string)
              if (size % 5 === 0) table.remove(Buffer.from(key))
              else table.put(Buffer.from(key), Buffer.alloc(size % 11 === 0 ? size : size % 200))
            }
          })
        }
        const held = contentOf(state)
        await state.close()
        const again = openState(dir)
        expect(contentOf(again)).toEqual(held)
        await again.close()
        rmSync(dir, { recursive: true })
      },
    ),
    { numRuns: 40 },
  ))

test('no-wrong-record: a flipped byte is refused, or changes nothing, wherever it is', async () => {
  const spots = new Set<number>()
  for (let at = 0; at < 168; at += 6) spots.add(at).add(PAGE + at)
  for (let page = 2; page < sound.length / PAGE; page += 29) {
    for (let at = page % 2; at < 60; at += 7) spots.add(page * PAGE + at)
    for (let at = 90; at < PAGE; at += 1_301) spots.add(page * PAGE + at)
  }
  const ends = { refused: 0, sound: 0 }
  for (const at of spots) {
    const bytes = Buffer.from(sound)
    bytes[at] = (bytes[at] as number) ^ (at % 2 === 0 ? 0xff : 0x10) // inside the file
    ends[await refusedOrSound(bytes)]++
  }
  expect(ends.refused).toBeGreaterThan(40)
  expect(ends.sound).toBeGreaterThan(40) // old pages and empty room
}, 120_000)

test('no-death-by-a-short-file: one that is cut off is refused at every page', async () => {
  const inUse = sound.readBigUInt64LE(24 + 120)
  for (let length = 1; length < sound.length; length += PAGE * 5 - 1) {
    expect(await refusedOrSound(sound.subarray(0, length)), `${length} bytes of pages up to ${inUse}`).toBe('refused')
  }
}, 60_000)

test('an empty page in place of a full one, or a file of zeros, is refused', async () => {
  const ends = { refused: 0, sound: 0 }
  for (let page = 2; page < sound.length / PAGE; page += 9) {
    const bytes = Buffer.from(sound)
    bytes.fill(0, page * PAGE, (page + 1) * PAGE)
    ends[await refusedOrSound(bytes)]++
  }
  expect(ends.refused).toBeGreaterThan(8)
  expect(await refusedOrSound(Buffer.alloc(sound.length))).toBe('refused')
  expect(await refusedOrSound(Buffer.from('not a database'))).toBe('refused')
}, 60_000)

test('a value that turns bad while the state is open is not handed out', async () => {
  const dir = folder(sound)
  const state = openState(dir)
  const table = state.table('pending')
  table.put(Buffer.from('victim'), Buffer.from('a value like no other'))
  const file = join(dir, 'data.mdb')
  const bytes = readFileSync(file)
  const at = bytes.lastIndexOf('a value like no other')
  for (let from = 0; ; ) {
    const found = bytes.indexOf('a value like no other', from)
    if (found < 0) break
    bytes.write('A', found)
    from = found + 1
  }
  expect(at).toBeGreaterThan(0)
  writeFileSync(file, bytes, { flag: 'r+' })
  expect(() => table.get(Buffer.from('victim'))).toThrow(expect.objectContaining({ code: 'state_corrupt' }))
  expect(() => [...table.range(FIRST, END)]).toThrow(expect.objectContaining({ code: 'state_corrupt' }))
  await state.close()
})

test('a folder in place of the file is refused, a missing lock is not missed', async () => {
  expect(() => openState(join(root, 'none', 'there'))).not.toThrow()
  const dir = folder(sound)
  const state = openState(dir)
  rmSync(join(dir, 'lock.mdb'))
  expect(contentOf(state)).toEqual(content)
  await state.close()
  const odd = folder()
  openState(join(odd, 'data.mdb'))
  expect(() => openState(odd)).toThrow(expect.objectContaining({ code: 'state_corrupt' }))
})
