import { expect, test } from 'vitest'
import { sampleClick, sampleReading } from '../events/samples.ts'
import { showClick, showReading } from './show.ts'

const AT = Date.UTC(2026, 10, 20, 12, 0, 0, 7)

test('a click is shown in the public names, its times as ISO 8601 with milliseconds', () => {
  const shown = showClick(
    sampleClick({ workspace_id: 'w1', click_id: 'a', ids: ['a', 'b'], clicked_at: AT, received_at: AT, fbclid: 'F', gclid: null, utm: {} }),
  )
  expect(shown).toMatchObject({
    click_id: 'a',
    aliases: ['b'],
    clicked_at: '2026-11-20T12:00:00.007Z',
    received_at: '2026-11-20T12:00:00.007Z',
    fbclid: 'F',
    test: false,
  })
  for (const absent of ['ids', 'workspace_id', 'gclid', 'utm']) expect(shown).not.toHaveProperty(absent)
  expect(showClick(sampleClick({ click_id: 'a', ids: ['a'] }))).not.toHaveProperty('aliases')
})

test('a reading is shown flat and without what is absent', () => {
  const shown = showReading(sampleReading({ event_time: AT, subs: { sub1: 'x' }, custom_data: '{"plan":"gold"}', limited_data_use: false }))
  expect(shown).toMatchObject({
    event: 'Purchase',
    value: '12.34',
    event_time: '2026-11-20T12:00:00.007Z',
    sub1: 'x',
    custom_data: { plan: 'gold' },
    limited_data_use: false,
    test: false,
  })
  for (const absent of ['subs', 'gclid', 'items', 'user', 'consent', 'app']) expect(shown).not.toHaveProperty(absent)
})
