import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDeadRatio, type DeadRatio } from './dead-ratio.ts'
import type { InRecord } from './record.ts'

const NOW_MS = 100 * 86_400_000
const record = (timestampMs = NOW_MS): InRecord => ({ topic: 'clicks', partition: 3, offset: 17, timestampMs, key: null, value: null })
const ratio = (maxPercent = 20) => createDeadRatio({ maxPercent, nowMs: () => NOW_MS })
const times = (count: number, run: () => void) => {
  for (let i = 0; i < count; i++) run()
}
const bury = (one: DeadRatio, count: number) => times(count, () => one.dead(record(), 'no schema id in front'))
const read = (one: DeadRatio, count: number) => times(count, () => one.good(record()))

test('a handful of dead records, and nothing else ever, never stops a process', () => bury(ratio(), 200))

test('one more than the share stops it, with the place, the reason and what to look at', () => {
  const one = ratio()
  bury(one, 200)
  expect(() => bury(one, 1)).toThrow(
    expect.objectContaining({
      code: 'too_many_dead',
      message: expect.stringMatching(/20 % of the last 1000 .* clicks\/3 offset 17 \(no schema id in front\)\. Look into topic dead/),
    }),
  )
})

test('good records make room again, dead ones of the window still count', () => {
  const one = ratio()
  bury(one, 200)
  read(one, 799)
  expect(() => bury(one, 2)).toThrow()
  const other = ratio()
  bury(other, 200)
  read(other, 1_000)
  bury(other, 200)
})

test('the window is that of the last thousand, whatever came in which order', () =>
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 3_000 }), fc.integer({ min: 1, max: 99 }), (kinds, maxPercent) => {
      const one = ratio(maxPercent)
      let stoppedAt = kinds.length
      for (const [index, isDead] of kinds.entries()) {
        try {
          if (isDead) one.dead(record(), '')
          else one.good(record())
        } catch {
          stoppedAt = index
          break
        }
      }
      const deadBy = (end: number) => kinds.slice(Math.max(0, end - 1_000), end).filter(Boolean).length
      const wanted = kinds.findIndex((isDead, index) => isDead && deadBy(index + 1) > maxPercent * 10)
      expect(stoppedAt).toBe(wanted === -1 ? kinds.length : wanted)
    }),
  ))

test('not-the-next-thousand: who starts again from its notes stops at the next dead record, and recovers by good ones', () => {
  const before = ratio()
  bury(before, 200)
  const again = ratio()
  again.notes.told([before.notes.tell() ?? '', 'nonsense', ''])
  expect(() => bury(again, 1)).toThrow()
  const mended = ratio()
  mended.notes.told(['dead 200'])
  read(mended, 1_000)
  expect(mended.notes.tell()).toBeNull()
  bury(mended, 200)
})

test('notes of a better time change nothing', () => {
  const one = ratio()
  bury(one, 9)
  one.notes.told(['dead 3', ''])
  expect(one.notes.tell()).toBe('dead 9')
})

test('records of days ago are restored or caught up with: they do not count', () => {
  const one = ratio()
  times(5_000, () => one.dead(record(NOW_MS - 2 * 86_400_000), ''))
})

test('an operator can have everything put into dead', () => bury(ratio(100), 5_000))
