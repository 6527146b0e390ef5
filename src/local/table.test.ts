import { expect, test } from 'vitest'
import { flat, short, table } from './table.ts'

test('columns stand under each other, and no line ends in blanks', () => {
  const row = { tracker: 'keitaro', came: 'GET subid=a', click: 'a', platform: 'meta', answer: 'accepted: {}', tookMs: 12 }
  expect(table([row, { ...row, tracker: 'own backend', answer: 'held', tookMs: 7 }])).toBe(
    [
      'tracker      what came in  click met  platform  what it answered  took',
      'keitaro      GET subid=a   a          meta      accepted: {}      12 ms',
      'own backend  GET subid=a   a          meta      held              7 ms',
    ].join('\n'),
  )
})

test.each([
  { value: 'text', said: 'text' },
  { value: { code: 0 }, said: '{"code":0}' },
  { value: new Error('refused'), said: 'refused' },
  { value: 'x'.repeat(61), said: `${'x'.repeat(57)}...` },
])('an answer becomes one short cell: $said', ({ value, said }) => expect(flat(value)).toBe(said))

test('a long id shows its beginning', () =>
  expect([short('123456789012'), short('1234567890123')]).toEqual(['123456789012', '123456789...']))
