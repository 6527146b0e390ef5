import { expect, test } from 'vitest'
import { sampleClick, samplePostback } from '../events/samples.ts'
import { attribute } from './attribute.ts'

const policy = { windowMs: 1_000_000, holdMs: 5_000 }
const at = (clickMs: number) => ({ click: sampleClick({ clicked_at: clickMs }), otherSpelling: undefined })
const unseen = { click: undefined, otherSpelling: undefined }
const received = 10_000_000

test.each([
  { name: 'at the click', found: at(received), expected: { stage: 'matched', by: 'click_id' } },
  { name: 'on the last millisecond of the window', found: at(received - 1_000_000), expected: { stage: 'matched' } },
  { name: 'one past the window', found: at(received - 1_000_001), expected: { stage: 'unmatched', why: 'click_expired' } },
  { name: 'before its click, within clock skew', found: at(received + 300_000), expected: { stage: 'matched' } },
  { name: 'before its click', found: at(received + 300_001), expected: { stage: 'unmatched', why: 'before_click' } },
  {
    name: 'the event time counts, not the receipt',
    found: at(received),
    reading: { event_time: received - 400_000 },
    expected: { stage: 'unmatched', why: 'before_click' },
  },
  { name: 'click not seen yet', found: unseen, expected: { stage: 'held', why: 'click_not_seen', deadlineMs: received + 5_000 } },
  {
    name: 'click in another spelling',
    found: { click: undefined, otherSpelling: 'C1' },
    expected: { stage: 'held', why: 'case_differs', nearest: 'C1' },
  },
  { name: 'click never came', found: unseen, nowMs: received + 5_000, expected: { stage: 'unmatched', why: 'click_not_seen' } },
  { name: 'no click id', found: unseen, reading: { click_id: null }, expected: { stage: 'unmatched', why: 'no_click_id' } },
  {
    name: 'a platform id sent inline needs no tracker',
    found: unseen,
    reading: { click_id: null, gclid: 'g' },
    expected: { stage: 'matched', by: 'inline', click: null },
  },
  {
    name: 'a known click wins over inline ids',
    found: at(received),
    reading: { gclid: 'g' },
    expected: { stage: 'matched', by: 'click_id' },
  },
  {
    name: 'a browser cookie is no click',
    found: unseen,
    reading: { click_id: null, fbp: 'fb.1.1.1' },
    expected: { stage: 'unmatched', why: 'no_click_id' },
  },
])('$name', ({ found, reading = {}, nowMs = received, expected }) => {
  expect(attribute(samplePostback({ received_at: received, reading }), found, policy, nowMs)).toMatchObject(expected)
})

test('a macro in the click id is unmatched at once, never held', () => {
  const postback = samplePostback({ received_at: received, click_id_fault: 'macro_unreplaced', reading: { click_id: null } })
  expect(attribute(postback, unseen, policy, received)).toEqual({ stage: 'unmatched', why: 'macro_unreplaced' })
})

test('what cannot be read as a conversion is quarantined, whatever its click', () => {
  const postback = samplePostback({ received_at: received, quarantined: 'no_event' })
  expect(attribute(postback, at(received), policy, received)).toEqual({ stage: 'quarantined', why: 'no_event' })
})
