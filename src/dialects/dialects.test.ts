import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Dialect, type Json, UNKNOWN_SOURCE } from './definition.ts'
import { textOf } from './fields.ts'
import { DIALECTS } from './index.ts'
import { interpret } from './interpret.ts'
import { detectMacroInId, halfReplaced } from './macros.ts'

const NOW = Date.UTC(2026, 10, 1)
const ID_MAX = 512

const value: fc.Arbitrary<Json> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '{x}',
    '{{x}}',
    '[x]',
    '#x#',
    '%x%',
    `\${x}`,
    '(x)',
    '{!x!}',
    '--x--',
    '<x>',
    '$abc',
    '$',
    '$$a',
    ' a ',
    '',
    'null',
    '-',
    'REPLACE',
  ),
  fc.constantFrom('1', '12,34', '1e400', '2026-02-30', '9'.repeat(40), 'x'.repeat(9_000), '__proto__', 'constructor'),
  fc.jsonValue() as fc.Arbitrary<Json>,
)
const spelled = fc.constantFrom(
  (name: string) => name,
  (name: string) => name.toUpperCase(),
)
const nameOf = (dialect: Dialect) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...dialect.byParam.keys()), spelled).map(([name, spell]) => spell(name)) },
    { weight: 1, arbitrary: fc.constantFrom(...DIALECTS.flatMap((one) => [...(one.signature?.all ?? []), ...(one.signature?.any ?? [])])) },
    { weight: 1, arbitrary: fc.string() },
  )

/** What an id may be of a text that was sent: the text itself, without the dollar sign of half a macro, cut to its bound. */
const asIds = (sent: Json): string[] => {
  const text = textOf(sent)
  return [text, halfReplaced(text) ?? text].map((one) => one.slice(0, ID_MAX))
}

test.each(DIALECTS)('$id: whatever comes, it is read without a throw, and a click id is one that was sent', (dialect) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(nameOf(dialect), value), { maxLength: 12 }), fc.boolean(), (pairs, isNamed) => {
      const params = new Map(pairs)
      const { reading, clickIdFault } = interpret(params, { ...UNKNOWN_SOURCE, tracker: isNamed ? dialect.id : 'generic' }, NOW)
      const id = reading.click_id
      if (id === null) return
      expect([...params.values()].flatMap(asIds)).toContain(id)
      expect(clickIdFault).toBe(null)
      expect(detectMacroInId(id)).toBe(null)
    }),
    { numRuns: 1_000 },
  )
})

test.each(DIALECTS)('$id: without a parameter of a click id there is none', (dialect) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(nameOf(dialect), value), { maxLength: 12 }), (pairs) => {
      const isClickId = (name: string) =>
        dialect.byParam.get(name.toLowerCase())?.field === 'click_id' || name.toLowerCase() === dialect.clickIdElse
      const params = new Map(pairs.filter(([name]) => !isClickId(name)))
      const { reading } = interpret(params, { ...UNKNOWN_SOURCE, tracker: dialect.id === 'generic' ? 'none' : dialect.id }, NOW)
      if (dialect.id !== 'generic') expect(reading.click_id).toBe(null)
    }),
    { numRuns: 300 },
  )
})

test.each(DIALECTS)('$id: every parameter is read, or kept as unread', (dialect) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(nameOf(dialect), value), { maxLength: 12 }), (pairs) => {
      const params = new Map(pairs)
      const { unread } = interpret(params, { ...UNKNOWN_SOURCE, tracker: dialect.id }, NOW)
      for (const [name, sent] of unread) expect(params.get(name)).toBe(sent)
      for (const name of params.keys())
        if (params.get(name) !== null && !dialect.byParam.has(name.toLowerCase()) && dialect.id !== 'generic')
          expect(unread.has(name)).toBe(true)
    }),
    { numRuns: 200 },
  )
})
