import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runOnSmallDisk } from '../../../test/support/small-disk.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

/** Appends records of 40 kB one after the other, and tells what was acknowledged, how the others were refused, and what is there. */
const PROGRAM = `
import { openSpool } from '${join(import.meta.dirname, 'spool.ts')}'
const [dir, count] = process.argv.slice(-2)
const spool = await openSpool({ dir, maxBytes: 1e9, segmentBytes: 1e8, report: () => undefined })
const read = async () => {
  const found = []
  for (const queue of spool.backlog.queues()) found.push(...(await spool.read(spool.backlog.next(queue, 1_000))))
  return found.map((one) => (one === null ? 'lost' : one.key))
}
const [acked, refused] = [[], []]
for (let n = 0; n < Number(count); n++)
  await spool.append({ topic: 't', partition: 0, key: 'k' + n, value: Buffer.alloc(40_000, n) }).then(
    () => acked.push('k' + n),
    (error) => refused.push(error.code),
  )
console.log(JSON.stringify({ acked, refused, found: await read() }))
process.exit(0)
`
const run = (dir: string, count: number, blocksMax: number | null) =>
  JSON.parse(runOnSmallDisk(PROGRAM, [dir, String(count)], blocksMax)) as { acked: string[]; refused: string[]; found: string[] }

test('full-disk: what no longer fits is refused, what was acknowledged is all there, now and for the next process (F7)', () => {
  const dir = mkdtempSync(join(tmpdir(), 'spool-full-'))
  dirs.push(dir)
  const first = run(dir, 20, 200)
  expect(first.acked.length).toBeGreaterThan(2)
  expect(first.refused.length).toBeGreaterThan(10)
  expect(new Set(first.refused)).toEqual(new Set(['broken']))
  expect(first.found).toEqual(first.acked)
  expect(run(dir, 0, null).found).toEqual(first.acked)
}, 60_000)
