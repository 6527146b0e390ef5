import { expect, test } from 'vitest'
import { eventWord, statusWord } from './words.ts'

test.each([
  ['Purchase', 'Purchase'],
  ['purchase', 'Purchase'],
  ['SALE', 'Purchase'],
  ['sign_up', 'SignUp'],
  ['Registration', 'SignUp'],
  ['app install', 'App_Install'],
  ['REG', 'SignUp'],
  ['sign-up', 'SignUp'],
  ['lead', 'Lead'],
  ['add_to_cart', 'AddToCart'],
  ['AddToCart', 'AddToCart'],
  ['subscription', 'Subscribe'],
  ['SUBSCRIBE', 'Subscribe'],
  ['install', 'App_Install'],
  ['App_Install', 'App_Install'],
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
  ['canceled', 'rejected'],
  ['confirm', 'approved'],
  ['1', undefined],
  ['rebill', 'rebill'],
])('status %s is %s', (sent, word) => {
  expect(statusWord(sent)).toBe(word)
})
