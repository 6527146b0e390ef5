import { expect, test } from 'vitest'
import { wordOf } from './unknown-words.ts'

test.each([
  [{ event: 'dep2', status: null }, 'event:dep2'],
  [{ event: null, status: '7' }, 'status:7'],
  [{ event: 'dep2', status: 'approved' }, 'event:dep2'],
  [{ event: null, status: null }, ''],
])('%j is mapped as %j', (sent, word) => {
  expect(wordOf(sent)).toBe(word)
})
