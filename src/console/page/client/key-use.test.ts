import { expect, test } from 'vitest'
import { type KeyVersion, keyLine } from './key-use.ts'

const NOW = new Date(2026, 10, 26, 12, 0, 0).getTime()
const at = (hours: number): string => new Date(NOW + hours * 3_600_000).toISOString()
const version = (given: Partial<KeyVersion>): KeyVersion => ({ version: 1, state: 'live', retires_at: null, last_used_at: null, ...given })

test.each([
  [version({}), 'Version 1, live: never used'],
  [version({ version: 2, last_used_at: at(-1) }), 'Version 2, live: last used 11:00:00'],
  [
    version({ state: 'retiring', retires_at: at(48), last_used_at: at(-24) }),
    'Version 1, retiring until Nov 28, 12:00:00: last used Nov 25, 12:00:00',
  ],
  [version({ state: 'revoked', retires_at: at(48), last_used_at: at(-2) }), 'Version 1, revoked: last used 10:00:00'],
])('%o is %s', (one, says) => {
  expect(keyLine(one, NOW)).toBe(says)
})
