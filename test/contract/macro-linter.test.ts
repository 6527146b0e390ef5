import { expect, test } from 'vitest'
import { DIALECTS } from '../../src/dialects/index.ts'
import { readQuery } from './dialect-corpus/read.ts'

/** A macro of each style, as it stands in a URL. */
const MACROS: readonly (readonly [string, string])[] = [
  ['{x}', '{clickid}'],
  ['[x]', '[clickid]'],
  ['{{x}}', '{{clickid}}'],
  ['##x##', '##clickid##'],
  ['#x#', '#clickid#'],
  ['%x%', '%clickid%'],
  [`\${x}`, `\${clickid}`],
  ['<x>', '<clickid>'],
  ['(x)', '(clickid)'],
  ['{!x!}', '{!clickid!}'],
  ['--x--', '--CLICK-ID--'],
  ['[[x]]', '[[clickid]]'],
  ['[[[x]]]', '[[[clickid]]]'],
  ['[=x=]', '[=clickid=]'],
  ['%%x%%', '%%clickid%%'],
  ['__x__', '__CLICKID__'],
]
const encoded = (text: string): string =>
  text.replace(/[^A-Za-z0-9]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
/** A `#` ends a query on its way, and a `%` before two hex digits is an escape: both come encoded or not at all. */
const raw = (text: string): string => text.replaceAll('#', '%23')
const table = MACROS.flatMap(([style, macro]) =>
  [
    { as: 'raw', query: raw(macro) },
    { as: 'percent-encoded', query: encoded(macro) },
    { as: 'percent-encoded twice', query: encoded(macro).replaceAll('%', '%25') },
  ].flatMap(({ as, query }) => [
    { style, as, place: 'whole', query },
    { style, as, place: 'inside', query: `aff-${query}.7` },
  ]),
)

test.each(table)('$style $as, $place: told, and kept out of matching', ({ style, query }) => {
  const postback = readQuery(`click_id=${query}&event=Purchase&value=1&currency=USD`, { tracker: 'binom' })
  expect(postback.reading.click_id).toBeNull()
  expect(postback.click_id_fault).toBe('macro_unreplaced')
  const [problem, ...others] = postback.problems
  expect(others).toEqual([])
  expect(problem).toMatchObject({ code: 'macro_unreplaced', param: 'click_id' })
  expect(problem?.message).toContain(`(style ${style})`)
  expect(problem?.fix).toContain('{clickid}')
})

test.each(['REPLACE', '%5BREPLACE%5D', '{replace}', 'OPTIONAL', 'CLICK_ID', 'YOUR_CLICK_ID', '{}'])(
  'the placeholder %s is one too',
  (word) => {
    const postback = readQuery(`click_id=${word}&event=Purchase&value=REPLACE&currency=USD`, { tracker: 'bemob' })
    expect(postback.reading).toMatchObject({ click_id: null, value: null, event: 'Purchase' })
    expect(postback.click_id_fault).toBe('macro_unreplaced')
    expect(postback.problems.map(({ code, param }) => `${code} ${param}`)).toEqual(['macro_unreplaced click_id', 'macro_unreplaced value'])
    expect(postback.problems[0]?.fix).toContain('{externalId}')
  },
)

test.each(['$wGC221DPNJU81', '%24wGC221DPNJU81', '%2524wGC221DPNJU81'])('%s matches without its dollar sign, under a warning', (id) => {
  const postback = readQuery(`event=Purchase&click_id=${id}&payout=%2412.50&currency=%24usd`, { tracker: 'voluum' })
  expect(postback.reading).toMatchObject({ click_id: 'wGC221DPNJU81', value: '12.50', currency: 'USD' })
  expect(postback.click_id_fault).toBeNull()
  expect(new Set(postback.problems.map(({ code }) => code))).toEqual(new Set(['half_replaced_macro']))
  expect(postback.problems[0]?.fix).toContain('{clickid}')
})

test('who sends the very macro that is right learns that the tracker has to fire the URL', () => {
  const { problems } = readQuery('click_id={subid}&event=Purchase', { tracker: 'keitaro' })
  expect(problems[0]?.fix).toBe(
    '{subid} is the right macro: Keitaro fills it when it fires the URL itself; opened by hand it stays as it is.',
  )
})

test.each(DIALECTS.filter(({ template }) => template.params.length > 0).map((dialect) => [dialect.id, dialect] as const))(
  '%s: no macro of its template is taken for a value when it is not replaced',
  (tracker, { template, byParam }) => {
    const postback = readQuery(template.params.map(([param, macro]) => `${param}=${encodeURIComponent(macro)}`).join('&'), { tracker })
    const { click_id, transaction_id, value, currency, raw_event, raw_status } = postback.reading
    expect([click_id, transaction_id, value, currency, raw_event, raw_status]).toEqual([null, null, null, null, null, null])
    const told = postback.problems.filter(({ code }) => code === 'macro_unreplaced').map(({ param }) => byParam.get(param)?.field)
    expect(new Set(told)).toEqual(new Set(template.params.map(([param]) => byParam.get(param)?.field)))
  },
)
