import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createHashIndex } from './hash-index.ts'
import { createRun, ENTRY_WORDS, openRun, type Run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'run-'))
afterEach(() => rmSync(dir, { recursive: true }))

const COUNT = 500
/** Each hash twice, in segments 1 and 2, as one that was moved; a tenth of all in one corner of the hashes. */
const lowOf = (n: number): number => (n % 10 === 0 ? n : Math.imul(n + 1, 0x9e3779b1) >>> 0)

function placesOf(run: Run, n: number): string[] {
  const places: string[] = []
  run.find(lowOf(n), n, (segment, offset) => places.push(`${segment}:${offset}`) === 0)
  return places
}

test('a run of far more stretches than entries finds each of them, newest first, before and after it is opened again', () => {
  const index = createHashIndex()
  for (let n = 0; n < COUNT; n++) for (const segment of [1, 2]) index.add(lowOf(n), n, segment, n)
  const words = index.sorted()
  const path = join(dir, 'a.run')
  const writer = createRun(path, { number: 1, level: 0 }, 2 ** 14 * 64)
  for (let at = 0; at < words.length; at += ENTRY_WORDS)
    writer.add(...([...words.subarray(at, at + ENTRY_WORDS)] as [number, number, number, number]))
  const written = writer.finish()
  expect(written.head).toMatchObject({ entries: 2 * COUNT, newestSegment: 2, stretchBits: 14 })
  const opened = openRun(path, written.head)
  for (const run of [written, opened as Run]) {
    for (let n = 0; n < COUNT; n++) {
      if (!run.filter.mayHold(lowOf(n), n)) throw new Error(`${n} is denied`)
      if (placesOf(run, n).join() !== `2:${n},1:${n}`) throw new Error(`${n} lies at ${placesOf(run, n).join()}`)
    }
    expect(placesOf(run, COUNT + 7)).toEqual([])
    run.close()
  }
})
