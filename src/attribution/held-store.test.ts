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
  const step = fc.record({ id: fc.constantFrom(...IDS), n: fc.nat(3), does: fc.constantFrom('hold', 'take', 'restart') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const state = openMemoryState()
      const open = () => createHeldStore(state, (bytes) => JSON.parse(bytes.toString()) as Pending)
      let store = open()
      for (const { id, n, does } of steps) {
        const key = pendingKey(clickKey('w1', id), uuid(id, n))
        if (does === 'restart') store = open()
        else if (does === 'take') store.putPending(0, key, null)
        else store.putPending(0, key, { pending: held(id), bytes: Buffer.from(JSON.stringify(held(id))) })
        for (const one of IDS) {
          const keysOf = (list: readonly HeldPostback[]) => list.map(({ key }) => key).sort()
          const spelt = foldKey(clickKey('w1', one))
          const waits = store.heldAfter(0, '', 99).filter((each) => foldKey(each.key.slice(0, -37)) === spelt)
          expect(keysOf(store.concernedBy(0, clickKey('w1', one), 99, () => false))).toEqual(keysOf(waits))
          expect(store.mayWait(0, clickKey('w1', one))).toBe(waits.length > 0)
        }
        expect(store.mayWait(1, clickKey('w1', id))).toBe(false)
      }
    }),
  )
})
