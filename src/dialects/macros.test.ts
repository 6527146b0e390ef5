import { expect, test } from 'vitest'
import { detectMacro, detectMacroInId, halfReplaced } from './macros.ts'

test.each([
  ['{click_id}', '{x}'],
  ['[click_id]', '[x]'],
  ['{{click_id}}', '{{x}}'],
  ['{{ click_id }}', '{{x}}'],
  ['##CLICK##', '##x##'],
  ['#s1#', '#x#'],
  ['%subid%', '%x%'],
  ['%ad%', '%x%'],
  [`\${SUBID}`, `\${x}`],
  ['<clickid>', '<x>'],
  ['(app-id)', '(x)'],
  ['{!tscode!}', '{!x!}'],
  ['--CLICK-ID--', '--x--'],
  ['{cl?NetworkName}', '{x}'],
  ['{status:lead=0 sale=1}', '{x}'],
  ['{transaction.id}', '{x}'],
  ['%7Bclickid%7D', '{x}'],
  ['%5Bclickid%5D', '[x]'],
  ['%24%7Bclick_id%7D', `\${x}`],
  ['%23%23CLICK%23%23', '##x##'],
  [' {clickid} ', '{x}'],
  ['REPLACE', 'placeholder'],
  ['[REPLACE]', 'placeholder'],
  ['{replace}', 'placeholder'],
  ['OPTIONAL', 'placeholder'],
  ['REPLACE_ME', 'placeholder'],
])('%s is a macro of the style %s', (text, style) => {
  expect(detectMacro(text)?.style).toBe(style)
})

test.each([
  '51ts6sgr1cbkdhljnrv',
  'wGC221DPNJU81KQ0HHII5DVS',
  '12.34',
  '1 234,50',
  '-5',
  '(12)',
  '[1]',
  '{"a":1}',
  '%C3%A9',
  'a--b',
  '',
  '--',
  'replacement',
  'fb.1.1700000000.AbC-_d',
])('%s is no macro', (text) => {
  expect(detectMacro(text)).toBeNull()
})

test.each(['pre-{clickid}', '{a}_{b}', `x\${SUBID}y`, 'id={{click}}'])('%s hides a macro', (text) => {
  expect(detectMacroInId(text)).not.toBeNull()
})

test.each([
  ['$abc123', 'abc123'],
  ['$12.34', '12.34'],
  [`\${x}`, null],
  ['$', null],
  ['abc', null],
  ['$$x', null],
])('%s without its dollar sign is %s', (text, rest) => {
  expect(halfReplaced(text)).toBe(rest)
})
