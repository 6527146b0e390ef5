import { expect, test } from 'vitest'
import { tail, tellingLine } from './last-words.ts'

test.each([
  { name: 'the last line', text: 'one\ntwo\n\n', said: 'two' },
  { name: 'nothing', text: '', said: '' },
  {
    name: 'what a Java stack begins with',
    text: 'WARN x\nCaused by: java.net.BindException: in use\n\tat java.base/Net.bind(Net.java)\n\t... 12 more\n',
    said: 'Caused by: java.net.BindException: in use',
  },
  {
    name: 'what a Node stack begins with',
    text: "Error: no file\n    at main (file:///a.ts:1:1) {\n  code: 'ENOENT'\n}\n\nNode.js v26.10.0\n",
    said: 'Error: no file',
  },
  { name: 'message and error of a JSON line', text: '{"level":50,"error":"TypeError: x","msg":"fatal"}\n', said: 'fatal: TypeError: x' },
  { name: 'an error of many lines, on one', text: '{"error":"ZodError: [\\n  {\\n","msg":"fatal"}', said: 'fatal: ZodError: [ { ' },
  { name: 'a JSON line with neither, as it is', text: '{"level":50}', said: '{"level":50}' },
  { name: 'half a JSON line, as it is', text: '{"level":', said: '{"level":' },
])('$name', ({ text, said }) => expect(tellingLine(text)).toBe(said))

test('a line is told in part when it is long', () => expect(tellingLine('x'.repeat(1_000))).toHaveLength(300))
test('a file that is not there says nothing', () => expect(tail('/nowhere/at/all')).toBe(''))
