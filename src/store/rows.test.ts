import { expect, test } from 'vitest'
import type { Outcome } from '../events/outcome.ts'
import { sampleClick, sampleOutcome, samplePostback } from '../events/samples.ts'
import { rowsOf, UnfitRecord } from './rows.ts'

const place = { partition: 3, offset: 77 }
const outcome = (given: Partial<Outcome>): Outcome => sampleOutcome(samplePostback(), { at: 1_000_500, ...given })
const queued = { platform: 'meta', destination_id: 'd1', stage: 'queued', why: null } as const
const attempt = {
  n: 2,
  latency_ms: 31,
  request: '{}',
  http_status: null,
  response: '',
  verdict: 'retry',
  trace_id: null,
} as const

test('a postback is one row: absent text is empty, an absent number or time is null', () => {
  const postback = samplePostback({ raw: { clickid: 'c1' }, reading: { event_time: 999_999, value: null, transaction_id: null } })
  expect(rowsOf('postbacks', postback, place)).toEqual([
    [
      'postbacks',
      expect.objectContaining({
        workspace_id: 'w1',
        postback_id: postback.postback_id,
        received_at: '1970-01-01 00:16:40.000',
        event_time: '1970-01-01 00:16:39.999',
        quarantined: '',
        transaction_id: '',
        value: null,
        value_text: '',
        reading: JSON.stringify(postback.reading),
        raw: '{"clickid":"c1"}',
        kafka_partition: 3,
        kafka_offset: 77,
      }),
    ],
  ])
})

test.each([
  { name: 'a decision alone', given: { stage: 'unmatched', why: 'no_click_id' }, tables: ['stages'] },
  {
    name: 'a match with its fan-out',
    given: { stage: 'matched', deliveries: [queued, queued] },
    tables: ['stages', 'deliveries', 'deliveries'],
  },
  { name: 'an attempt', given: { deliveries: [queued], attempt }, tables: ['deliveries', 'attempts'] },
  { name: 'a change without an attempt', given: { deliveries: [queued] }, tables: ['deliveries'] },
] satisfies { name: string; given: Partial<Outcome>; tables: string[] }[])('outcome: $name', ({ given, tables }) => {
  expect(rowsOf('outcomes', outcome(given), place).map(([table]) => table)).toEqual(tables)
})

test('an attempt without an answer has status 0 and the delivery it is about', () => {
  const rows = rowsOf('outcomes', outcome({ deliveries: [queued], attempt }), place)
  expect(rows[1]?.[1]).toMatchObject({
    platform: 'meta',
    destination_id: 'd1',
    n: 2,
    http_status: 0,
    trace_id: '',
    at: '1970-01-01 00:16:40.500',
  })
})

test('a click is found by its folded id and kept whole', () => {
  const click = sampleClick({ click_id: ' Ab ', ids: [' Ab ', 'x'] })
  expect(rowsOf('clicks', click, place)).toEqual([
    ['clicks', expect.objectContaining({ folded_id: 'ab', click_id: ' Ab ', ids: [' Ab ', 'x'], record: JSON.stringify(click) })],
  ])
})

test('a clock of a sender that is beyond ClickHouse stops at its last millisecond', () => {
  const rows = rowsOf('postbacks', samplePostback({ reading: { event_time: 99_999_999_999_999 } }), place)
  expect(rows[0]?.[1]).toMatchObject({ event_time: '2299-12-31 23:59:59.999' })
})

test('a value that no Decimal(18,6) holds stays as text', () => {
  const rows = rowsOf('postbacks', samplePostback({ reading: { value: '1234567890123' } }), place)
  expect(rows[0]?.[1]).toMatchObject({ value: null, value_text: '1234567890123' })
})

test.each([
  ['a stage of a later version', outcome({ stage: 'paused' as 'held' })],
  ['a delivery stage of a later version', outcome({ deliveries: [{ ...queued, stage: 'toString' as 'queued' }] })],
  ['an id that is no UUID', outcome({ postback_id: 'p1' })],
  ['an attempt about nothing', outcome({ attempt })],
  ['no time', outcome({ at: Number.NaN })],
])('%s is unfit', (_, record) => {
  expect(() => rowsOf('outcomes', record, place)).toThrow(UnfitRecord)
})
