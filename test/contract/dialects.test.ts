import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRequest } from '../../src/api/read/request.ts'
import { EXAMPLES } from '../../src/dialects/examples.ts'
import { DIALECTS } from '../../src/dialects/index.ts'
import { Postback } from '../../src/events/postback.ts'
import { TRACKERS } from '../../src/events/words.ts'
import { readContext, wantedAndRead } from './dialect-corpus/read.ts'

const cases = Object.entries(EXAMPLES).flatMap(([dialect, examples]) =>
  examples.map((example) => ({ dialect, name: example.name, example })),
)

test.each(cases)('$dialect: $name', ({ dialect, example }) => {
  const { postback, wanted, read } = wantedAndRead(dialect, example)
  expect(Postback.safeParse(postback).error).toBeUndefined()
  expect(read).toEqual(wanted)
  expect(JSON.stringify(postback)).not.toContain('secret-key')
})

test('every tracker has at least five examples with a link to its documents, a place among the trackers of the configuration, and a template it reads itself', () => {
  expect(DIALECTS.map((dialect) => dialect.id).sort()).toEqual([...TRACKERS].sort())
  for (const dialect of DIALECTS) {
    const documented = EXAMPLES[dialect.id]?.filter((example) => example.docs !== undefined).length
    expect(documented, dialect.id).toBeGreaterThanOrEqual(dialect.signature === null ? 0 : 5)
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
      const { postback } = readRequest({ method: 'GET', query, contentType: '', contentEncoding: '', body: null }, readContext({ tracker }))
      expect(Postback.safeParse(postback).error).toBeUndefined()
      const id = postback.reading.click_id
      if (id !== null && !/^[0-9a-f]{64}$/.test(id))
        expect(pairs.some(([, text]) => text === id || text === `$${id}` || text.startsWith(id))).toBe(true)
    }),
    { numRuns: 300, examples: [[[['[%A0', '{x}']]]] },
  )
})
