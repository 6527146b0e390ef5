import { expect, test } from 'vitest'
import type { Meaning } from './definition.ts'
import { readWords } from './words.ts'

const map = new Map<string, Meaning>([
  ['1', { event: 'Purchase', conversion_status: 'approved' }],
  ['vip', { event: 'Custom_VIP', conversion_status: null }],
  ['status:2', { event: null, conversion_status: 'pending' }],
  ['event:2', { event: 'Lead', conversion_status: null }],
  ['status:event', { event: null, conversion_status: null }],
])
const read = (event: string | null, status: string | null, eventIsCanonical = true) =>
  readWords(
    { event, status, eventIsCanonical, isBare: event === null && status === null },
    (word, side) => map.get(`${side}:${word}`) ?? map.get(word),
  )

test.each([
  ['Purchase', null, 'Purchase', null, null],
  ['sale', null, 'Purchase', null, null],
  ['approved', null, 'Purchase', 'approved', null],
  [null, 'sale', 'Purchase', 'approved', null],
  [null, 'lead', 'Lead', 'lead', null],
  [null, 'registration', 'SignUp', null, null],
  [null, 'approved', 'Purchase', 'approved', null],
  [null, 'rejected', 'Purchase', 'rejected', null],
  ['Lead', 'pending', 'Lead', 'pending', null],
  ['Purchase', 'lead', 'Purchase', 'lead', null],
  ['1', null, 'Purchase', 'approved', null],
  [null, '1', 'Purchase', 'approved', null],
  ['VIP', null, 'Custom_VIP', null, null],
  ['Custom_x', 'rebill', 'Custom_x', 'rebill', null],
  ['Lead', 'whatever', 'Lead', null, null],
  ['whatever', 'sale', null, 'approved', 'status_unmapped'],
  ['whatever', null, null, null, 'status_unmapped'],
  ['2', null, 'Lead', null, null],
  [null, '2', 'Purchase', 'pending', null],
  ['2', '2', 'Lead', 'pending', null],
  ['Lead', 'event', 'Lead', null, null],
  [null, 'event', null, null, 'status_unmapped'],
  [null, '7', null, null, 'status_unmapped'],
  [null, null, null, null, 'no_event'],
])('event %s with status %s is %s, %s (%s)', (event, status, word, conversion_status, quarantined) => {
  expect(read(event, status)).toMatchObject({ event: word, conversion_status, quarantined })
})

test('an unknown word under a name that is only sometimes an event does not hide the status', () => {
  expect(read('cpa', 'sale', false)).toMatchObject({
    event: 'Purchase',
    conversion_status: 'approved',
    unknown: ['event'],
    quarantined: null,
  })
})

test('words of the prototype are words like any other', () => {
  expect(read('constructor', '__proto__')).toMatchObject({ event: null, quarantined: 'status_unmapped' })
})

test('under the empty word stands what a postback means that names neither event nor status; a blank name is not that', () => {
  const lookup = (word: string) => (word === '' ? { event: 'Lead', conversion_status: null } : undefined)
  const sent = { event: null, status: null, eventIsCanonical: false }
  expect(readWords({ ...sent, isBare: true }, lookup)).toMatchObject({ event: 'Lead', quarantined: null })
  expect(readWords({ ...sent, isBare: false }, lookup)).toMatchObject({ event: null, quarantined: 'no_event' })
})
