import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clickKey, foldKey, pendingKey } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import { samplePostback } from '../events/samples.ts'
import { openMemoryState } from '../state/memory.ts'
import { createHeldStore, type HeldPostback } from './held-store.ts'

const IDS = ['a', 'A', ' a', 'b', 'a:b', 'B']
/** No two postbacks share an id. */
const uuid = (id: string, n: number): string => `01900000-0000-7000-8000-${String(IDS.indexOf(id) * 10 + n).padStart(12, '0')}`
const held = (clickId: string): Pending => ({
  ...{ kind: 'held', postback: samplePostback({ reading: { click_id: clickId } }), why: 'click_not_seen', held_at: 1, deadline_at: 2 },
  offset: -1,
})

test('no-late-click-is-overlooked: whoever waits under any spelling of a click is told of, also after a restart', () => {
  const step = fc.record({ id: fc.constantFrom(...IDS), n: fc.nat(3), does: fc.constantFrom('hold', 'hold better', 'take', 'restart') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const state = openMemoryState()
      const open = () => createHeldStore(state, (bytes) => JSON.parse(bytes.toString()) as Pending)
      let store = open()
      for (const { id, n, does } of steps) {
        const key = pendingKey(clickKey('w1', id), uuid(id, n))
        if (does === 'restart') store = open()
        else if (does === 'take') store.putPending(0, key, null)
        else {
          const pending = { ...held(id), why: does === 'hold' ? 'click_not_seen' : 'case_differs' }
          store.putPending(0, key, { pending, bytes: Buffer.from(JSON.stringify(pending)) })
        }
        for (const one of IDS) {
          const keysOf = (list: readonly HeldPostback[]) => list.map(({ key }) => key).sort()
          const spelt = foldKey(clickKey('w1', one))
          const clickKeyOf = (each: HeldPostback) => each.key.slice(0, -37)
          const waits = store.heldAfter(0, '', 99).filter((each) => foldKey(clickKeyOf(each)) === spelt)
          const meant = waits.filter((each) => clickKeyOf(each) === clickKey('w1', one) || each.pending.why === 'click_not_seen')
          const concerned = (limit: number, skip = (_: string) => false) => keysOf(store.concernedBy(0, clickKey('w1', one), limit, skip))
          expect(concerned(99)).toEqual(keysOf(meant))
          expect(concerned(1)).toHaveLength(Math.min(1, meant.length))
          const [first = ''] = keysOf(meant)
          expect(concerned(99, (each) => each === first)).toEqual(keysOf(meant).slice(1))
          expect(store.mayWait(0, clickKey('w1', one))).toBe(waits.length > 0)
        }
        expect(store.mayWait(1, clickKey('w1', id))).toBe(false)
      }
    }),
  )
})
