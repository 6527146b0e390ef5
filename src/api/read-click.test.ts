import { expect, test } from 'vitest'
import { Click } from '../events/click.ts'
import { readClick } from './read-click.ts'

const context = {
  workspaceId: 'w1',
  sourceId: null,
  nowMs: Date.UTC(2026, 10, 1),
  newId: () => 'minted',
}

test('a click lists all its ids and its platform follows from the platform id', () => {
  const read = readClick(
    {
      click_id: 'a',
      aliases: ['b', 'a'],
      gclid: 'G',
      clicked_at: '2026-10-31T10:00:00Z',
      cost: 0.12,
      currency: 'usd',
      utm: { utm_source: 'x' },
    },
    context,
  )
  expect(read).toMatchObject({
    kind: 'click',
    click: {
      click_id: 'a',
      ids: ['a', 'b'],
      platform: 'google',
      clicked_at: Date.UTC(2026, 9, 31, 10),
      cost: '0.12',
      currency: 'USD',
      utm: { utm_source: 'x' },
    },
  })
  expect(Click.safeParse(read.kind === 'click' ? read.click : null).success).toBe(true)
})

test('an id is minted where none is given, and the time is now', () => {
  expect(readClick({ fbclid: 'f' }, context)).toMatchObject({ click: { click_id: 'minted', platform: 'meta', clicked_at: context.nowMs } })
})

test.each([
  ['unknown names', { click_id: 'a', clickid: 'b' }, 'clickid'],
  ['no object', 'a', ''],
  ['an empty id', { click_id: '' }, 'click_id'],
  ['a time that is none', { click_id: 'a', clicked_at: 'soon' }, 'clicked_at'],
  ['a time to come', { click_id: 'a', clicked_at: '2027-01-01' }, 'clicked_at'],
  ['a platform that is none', { click_id: 'a', platform: 'myspace' }, 'platform'],
  ['a currency that is none', { click_id: 'a', currency: 'XXY' }, 'currency'],
  ['a cost that is none', { click_id: 'a', cost: 'free' }, 'cost'],
])('%s is refused by name', (_, input, param) => {
  expect(readClick(input, context)).toMatchObject({ kind: 'refused', errors: [{ param }] })
})

test('every-wrong-field-is-named: with what was sent and plain words of what would be right', () => {
  const input = {
    click_id: '',
    platform: 'foo',
    cost: 'x',
    bogus: 1,
    clicked_at: 'yesterday',
    utm: 3,
    aliases: ['a', 5],
    client_ip: 'here',
    currency: 'XXY',
    landing_url: { a: 1 },
    test: 'maybe',
  }
  const read = readClick(input, context)
  if (read.kind !== 'refused') throw new Error('it is wrong in every field')
  expect(Object.fromEntries(read.errors.map((one) => [one.param, one.sent]))).toEqual({
    click_id: '',
    platform: 'foo',
    cost: 'x',
    bogus: '1',
    clicked_at: 'yesterday',
    utm: '3',
    'aliases.1': '5',
    client_ip: 'here',
    currency: 'XXY',
    landing_url: '{"a":1}',
    test: 'maybe',
  })
  const words = read.errors.map((one) => `${one.expected} ${one.message}`).join('\n')
  expect(words).not.toMatch(/expected string|Too small|Invalid|\/\^|\\|pattern/)
  for (const { expected, message } of read.errors) expect(expected.length > 5 && message.length > 5).toBe(true)
})

test.each([['a'], [null], [5], [[]]])('every-wrong-field-is-named: %o as a whole', (input) => {
  expect(readClick(input, context)).toMatchObject({ kind: 'refused', errors: [{ param: '', expected: 'a JSON object' }] })
})

test('an-answer-is-bounded: a million fields that are none are told in twenty, and long names in part', () => {
  const input = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, 1]))
  const many = readClick(input, context)
  expect(many.kind === 'refused' ? many.errors.length : 0).toBe(20)
  expect(JSON.stringify(readClick({ ['n'.repeat(200_000)]: 1 }, context)).length).toBeLessThan(2_000)
})

test('no-people-in-answers: a field that is called like somebody', () => {
  expect(JSON.stringify(readClick({ 'jane@example.test': 1, utm: { 'jane@example.test': 7 } }, context))).not.toContain('jane')
})
