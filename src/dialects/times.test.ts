import { expect, test } from 'vitest'
import { readTime } from './times.ts'

const at = (iso: string): number => Date.parse(iso)

test.each([
  ['1767225600', 'UTC', at('2026-01-01T00:00:00Z')],
  ['1767225600.5', 'UTC', at('2026-01-01T00:00:00.5Z')],
  ['1767225600123', 'UTC', at('2026-01-01T00:00:00.123Z')],
  ['2026-01-01T00:00:00Z', 'UTC', at('2026-01-01T00:00:00Z')],
  ['2026-01-01T00:00:00+02:00', 'UTC', at('2025-12-31T22:00:00Z')],
  ['2026-01-01T00:00:00 02:00', 'UTC', at('2025-12-31T22:00:00Z')],
  ['2026-01-01T00:00:00-0500', 'UTC', at('2026-01-01T05:00:00Z')],
  ['2026-07-01 12:00:00', 'Europe/Berlin', at('2026-07-01T10:00:00Z')],
  ['2026-01-01 12:00', 'Europe/Berlin', at('2026-01-01T11:00:00Z')],
  ['2026-01-01', 'UTC', at('2026-01-01T00:00:00Z')],
  ['2026-13-01', 'UTC', undefined],
  ['yesterday', 'UTC', undefined],
  ['12', 'UTC', undefined],
  ['', 'UTC', undefined],
  ['2026-01-01 12:00', 'Nowhere/City', undefined],
])('%s in %s is %s', (text, timezone, ms) => {
  expect(readTime(text, timezone)).toBe(ms)
})
