import { query } from 'chdb'
import { expect, test } from 'vitest'
import { isTimeZone } from './time-zones.ts'

test.each(['europe/berlin', '+05:30', 'US/Pacific-New', 'EST5EDT', 'utc', '', 'Mars/Base', '__proto__'])(
  '%j names no time zone',
  (name) => {
    expect(isTimeZone(name)).toBe(false)
  },
)
test.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Asia/Calcutta', 'Europe/Kyiv', 'America/Argentina/Buenos_Aires'])('%s does', (name) => {
  expect(isTimeZone(name)).toBe(true)
})
test('each zone that is taken is one of ClickHouse’s and one of Temporal’s', () => {
  const known = query('SELECT time_zone FROM system.time_zones', 'TSV').trim().split('\n')
  const taken = [...new Set([...known, ...Intl.supportedValuesOf('timeZone')])].filter(isTimeZone)
  expect(taken.length).toBeGreaterThan(400)
  expect(taken.filter((name) => !known.includes(name))).toEqual([])
  const now = Temporal.Instant.fromEpochMilliseconds(0)
  for (const name of taken) now.toZonedDateTimeISO(name)
})
