import { expect, test } from 'vitest'
import { startOf } from './position.ts'

test.each([
  { name: 'what is stored counts', stored: 50, committed: 50, expected: 50, why: 'stored' },
  { name: 'stored, and killed before the commit', stored: 50, committed: 40, expected: 50, why: 'stored' },
  { name: 'a database put back to an earlier day', stored: 30, committed: 50, expected: 30, why: 'stored' },
  { name: 'everything is stored', stored: 100, committed: 100, expected: 100, why: 'stored' },
  { name: 'an empty database', stored: undefined, committed: 50, expected: 10, why: 'empty' },
  { name: 'a new topic under the old name', stored: 50, committed: -1, expected: 10, why: 'no_group_offset' },
  { name: 'a log that ends before it', stored: 101, committed: 101, expected: 10, why: 'outside_log' },
  { name: 'records deleted unread', stored: 9, committed: 9, expected: 10, why: 'outside_log' },
])('$name', ({ stored, committed, expected, why }) => {
  expect(startOf({ stored, committed, start: 10, end: 100 })).toEqual({ offset: expected, why })
})
