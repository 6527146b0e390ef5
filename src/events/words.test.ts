import { expect, test } from 'vitest'
import { eventWord, statusWord } from './words.ts'

test.each([
  ['Purchase', 'Purchase'],
  ['purchase', 'Purchase'],
  ['SALE', 'Purchase'],
  ['sign_up', 'SignUp'],
  ['Registration', 'SignUp'],
  ['app install', 'App_Install'],
  ['Custom_VIP.Level', 'Custom_VIP.Level'],
  ['custom_x', 'Custom_x'],
  ['Custom_', undefined],
  ['whatever', undefined],
  ['', undefined],
])('event %s is %s', (sent, word) => {
  expect(eventWord(sent)).toBe(word)
})

test.each([
  ['Approved', 'approved'],
  ['trash', 'rejected'],
  ['1', undefined],
  ['rebill', 'rebill'],
])('status %s is %s', (sent, word) => {
  expect(statusWord(sent)).toBe(word)
})
