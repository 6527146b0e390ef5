import { expect, test } from 'vitest'
import { detectMacro, detectMacroInId, detectMacroInWord, halfReplaced } from './macros.ts'

/** One macro of every style, as a document shows it, and where. */
const STYLES: readonly (readonly [string, string])[] = [
  ['{x}', '{clickid}'],
  ['[x]', '[ml_sub1]'],
  ['{{x}}', '{{click_id}}'],
  ['{{{x}}}', '{{{click_id}}}'],
  ['##x##', '##CLICKID##'],
  ['#x#', '#s2#'],
  ['%x%', '%subid%'],
  ['%%x%%', '%%CLICK_ID%%'],
  [`\${x}`, `\${SUBID}`],
  ['<x>', '<clickid>'],
  ['(x)', '(clickid)'],
  ['{!x!}', '{!tscode!}'],
  ['--x--', '--CLICK-ID--'],
  ['[[x]]', '[[subid]]'],
  ['[[[x]]]', '[[[subid]]]'],
  ['[=x=]', '[=SUBID=]'],
  ['__x__', '__CLICKID__'],
]
const percentEncoded = (text: string): string =>
  text.replace(/[^A-Za-z0-9_]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
const spelt = STYLES.flatMap(([style, raw]) => [
  { style, text: raw, how: 'raw' },
  { style, text: percentEncoded(raw), how: 'percent-encoded' },
  { style, text: percentEncoded(raw).toLowerCase(), how: 'percent-encoded in small letters' },
  { style, text: percentEncoded(raw).replaceAll('%', '%25'), how: 'percent-encoded twice' },
])

test.each(spelt)('$style $how is found as a whole value: $text', ({ style, text }) => {
  const detect = style === '__x__' ? detectMacroInId : detectMacro
  expect(detect(text)?.style).toBe(style)
  expect(detect(` ${text} `)?.style).toBe(style)
})

test.each(['__START__', '__iap__', '__REVENUE__'])('%s is the name of an event of Singular', (text) => {
  expect(detectMacroInWord(text)).toBeNull()
})

test.each(spelt)('$style $how is found inside of an id: $text', ({ style, text }) => {
  expect(detectMacroInId(`pre-${text}.post`)?.style).toBe(style)
})

test.each(spelt)('$style $how inside of a word is found where it has braces: $text', ({ style, text }) => {
  expect(detectMacroInWord(`new ${text}`)?.style).toBe(style.includes('{') ? style : undefined)
})

test.each([
  ['{{ click_id }}', '{{x}}'],
  ['%ad%', '%x%'],
  ['(app-id)', '(x)'],
  ['{cl?NetworkName}', '{x}'],
  ['{status:lead=0 sale=1 rejected=2}', '{x}'],
  ['{_date:Y-m-d H:i:s,Europe/Kyiv}', '{x}'],
  ['{transaction.id}', '{x}'],
  ['[=_TransID=]', '[=x=]'],
  ['#s2##s3#', undefined],
])('%s is a macro of the style %s', (text, style) => {
  expect(detectMacro(text)?.style).toBe(style)
})

test.each([
  'REPLACE',
  'replace',
  '[REPLACE]',
  '{replace}',
  '{replace_or_remove}',
  '%5BREPLACE%5D',
  'OPTIONAL',
  'REPLACE_ME',
  '{replace_me}',
  'CLICK_ID',
  'CLICKID',
  'PAYOUT',
  'CURRENCY',
  'EVENT_NAME',
  'ORDER_ID',
  'YOUR_CLICK_ID',
  'your-click-id',
  'xxxxx',
])('%s is a placeholder', (text) => {
  for (const detect of [detectMacro, detectMacroInId, detectMacroInWord]) expect(detect(text)?.style).toBe('placeholder')
})

test.each(['{}', '{{}}', '[]', '<>', '##', '%%'])(
  '%s around nothing is no id and no word, and may be an empty object elsewhere',
  (text) => {
    expect(detectMacroInId(text)?.style).toBe('placeholder')
    expect(detectMacroInWord(text)?.style).toBe('placeholder')
    expect(detectMacro(text)).toBeNull()
  },
)

test.each([
  '51ts6sgr1cbkdhljnrv',
  'wGC221DPNJU81KQ0HHII5DVS',
  'qqqqqq_1_2',
  '12.34',
  '1 234,50',
  '-5',
  '(12)',
  '[1]',
  '{"a":1}',
  '["a","b"]',
  '%C3%A9',
  'a--b',
  '',
  '--',
  'replacement',
  'clickid',
  'payout',
  '(direct)',
  '(none)',
  '(not set)',
  'fb.1.1700000000.AbC-_d',
  'IwAR2--ab--_Zq__x1__--',
  'Order (web)',
  'a<b>c',
  '100%25 [new] 50%',
  'EAIaIQobChMI--kl--aem_',
])('%s is no macro, neither as a whole nor inside', (text) => {
  expect(detectMacro(text)).toBeNull()
  expect(detectMacroInId(text)).toBeNull()
  expect(detectMacroInWord(text)).toBeNull()
})

test('#s2##s3# in an id is a macro: CAKE hands a long id over in two', () => {
  expect(detectMacroInId('#s2##s3#')?.style).toBe('#x#')
})

test.each([
  ['$abc123', 'abc123'],
  ['%24abc123', 'abc123'],
  ['$12.34', '12.34'],
  [`\${x}`, null],
  ['$[x]', null],
  ['$%7Bx%7D', null],
  ['$', ''],
  ['abc', null],
  ['a$bc', null],
  ['$$x', null],
])('%s without its dollar sign is %s', (text, rest) => {
  expect(halfReplaced(text)).toBe(rest)
})
