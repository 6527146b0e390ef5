import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runOnSmallDisk } from '../../test/support/small-disk.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

/** Writes batches of twenty records with their number until `until`, and tells where it stood before and where it stands. */
const PROGRAM = `
import { openFolder } from '${join(import.meta.dirname, 'folder.ts')}'
import { openState } from '${join(import.meta.dirname, 'lmdb.ts')}'
const [path, until] = process.argv.slice(-2)
const folder = openFolder({
  path, identity: { format: 1, clusterId: 'c', topics: {} }, nowMs: Date.now,
  onSetAside: (told) => console.log('aside', told.why), onExit: (work) => process.once('exit', work),
})
const state = folder.guard(() => openState(folder.path))
folder.opened()
const [records, positions] = [state.table('records'), state.table('positions')]
const count = () => [...records.range(Buffer.from([0]), Buffer.from([255]))].length
const next = () => positions.get(Buffer.from('next'))?.readUInt32BE(0) ?? 0
console.log('found', next(), count())
try {
  while (next() < Number(until)) folder.guard(() => state.transaction(() => {
    const at = next()
    for (let i = 0; i < 20; i++) records.put(Buffer.from('k' + (at + i)), Buffer.alloc(1_000, at))
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(at + 20)
    positions.put(Buffer.from('next'), bytes)
  }))
  console.log('done', next(), count())
} catch (error) {
  console.log('fault', error.code, error.message)
}
`
const run = (path: string, until: number, blocksMax: number | null): string[][] =>
  runOnSmallDisk(PROGRAM, [path, String(until)], blocksMax)
    .trim()
    .split('\n')
    .map((line) => line.split(' '))

test('no-half-batch: on a full disk the process ends with a reason, and goes on where it stopped once there is room', () => {
  const root = mkdtempSync(join(tmpdir(), 'postback-full-'))
  dirs.push(root)
  const path = join(root, 'attribution-0')
  const [found, fault] = run(path, 5_000, 1_024)
  expect(found).toEqual(['found', '0', '0'])
  expect(fault?.slice(0, 2)).toEqual(['fault', 'state_full'])
  expect(fault?.join(' ')).toContain(path)
  const [again, stillFull] = run(path, 5_000, 1_024)
  expect(Number(again?.[1])).toBeGreaterThan(100)
  expect(again?.[2]).toBe(again?.[1]) // the position says what is there
  expect(stillFull?.slice(0, 2)).toEqual(['fault', 'state_full'])
  const [third, done] = run(path, 5_000, null)
  expect(third?.[2]).toBe(third?.[1])
  expect(done).toEqual(['done', '5000', '5000'])
}, 120_000)
