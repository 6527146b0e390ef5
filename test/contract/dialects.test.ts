import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ReadContext, readRequest } from '../../src/api/read/request.ts'
import { UNKNOWN_SOURCE } from '../../src/dialects/definition.ts'
import { EXAMPLES } from '../../src/dialects/examples.ts'
import { DIALECTS } from '../../src/dialects/index.ts'
import { Postback } from '../../src/events/postback.ts'
import { sampleReading } from '../../src/events/samples.ts'
import { hashUser } from '../../src/platforms/user-forms.ts'
import { TRACKERS } from '../../src/workspaces/schema.ts'

const ABSENT = { event: null, raw_event: null, click_id: null, conversion_status: null, value: null, currency: null } as const
const context = (rules: Partial<ReadContext['rules']>): ReadContext => ({
  workspaceId: 'w1',
  sourceId: 's1',
  keyVersion: 1,
  rules: { ...UNKNOWN_SOURCE, ...rules },
  postbackId: '01900000-0000-7000-8000-000000000001',
  nowMs: Date.UTC(2026, 10, 1),
  workspacesOffset: 3,
  senderIp: '203.0.113.9',
  senderUserAgent: null,
  hashUser,
})

const cases = Object.entries(EXAMPLES).flatMap(([dialect, examples]) => examples.map((example) => ({ dialect, ...example })))

test.each(cases)('$dialect: $name', ({ dialect, query, body, rules, ...expected }) => {
  const { postback } = readRequest(
    {
      method: body === undefined ? 'GET' : 'POST',
      query: `key=secret-key&${query}`,
      contentType: body?.type ?? '',
      contentEncoding: '',
      body: body === undefined ? null : Buffer.from(body.text),
    },
    context({ tracker: dialect, ...rules }),
  )
  expect(Postback.safeParse(postback).error).toBeUndefined()
  const { user, event_id, event_id_given, ...reading } = postback.reading
  const { user: _u, event_id: _e, event_id_given: _g, ...wanted } = sampleReading({ ...ABSENT, ...expected.reading })
  expect(reading).toEqual(wanted)
  expect(Object.keys(user).sort()).toEqual([...(expected.user ?? [])].sort())
  expect(postback.unread).toEqual(expected.unread ?? {})
  expect(postback.problems.map((problem) => problem.code)).toEqual(expected.warnings ?? [])
  expect(postback.quarantined).toBe(expected.quarantined ?? null)
  expect(postback.click_id_fault).toBe(expected.clickIdFault ?? null)
  expect(postback.dialect).toBe(dialect)
  expect(JSON.stringify(postback)).not.toContain('secret-key')
})

test('every dialect has at least five examples, a tracker of the configuration, and a template it reads itself', () => {
  expect(DIALECTS.map((dialect) => dialect.id).sort()).toEqual([...TRACKERS].sort())
  for (const dialect of DIALECTS) {
    expect(EXAMPLES[dialect.id]?.length).toBeGreaterThanOrEqual(5)
    for (const [param] of dialect.template.params) expect(dialect.byParam.has(param)).toBe(true)
  }
})

test.each(DIALECTS.map((dialect) => dialect.id))('%s: whatever comes, it neither throws nor invents a click id', (tracker) => {
  const name = fc.oneof(
    fc.constantFrom('click_id', 'subid', 'cid', 'clickid', 'event', 'status', 'payout', 'currency', 'time', 'custom_data'),
    fc.string(),
  )
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('{x}', '$a', '', 'REPLACE', '%x%', '1e400'))
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (pairs) => {
      const query = pairs
        .map(([key, text]) => `${encodeURIComponent(key.toWellFormed())}=${encodeURIComponent(text.toWellFormed())}`)
        .join('&')
      const { postback } = readRequest({ method: 'GET', query, contentType: '', contentEncoding: '', body: null }, context({ tracker }))
      expect(Postback.safeParse(postback).error).toBeUndefined()
      const id = postback.reading.click_id
      if (id !== null && !/^[0-9a-f]{64}$/.test(id))
        expect(pairs.some(([, text]) => text === id || text === `$${id}` || text.startsWith(id))).toBe(true)
    }),
    { numRuns: 300 },
  )
})
