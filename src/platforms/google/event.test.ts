import { expect, test } from 'vitest'
import { NOW_MS, sampleConversion } from '../samples.ts'
import { prepare, requestBody } from './event.ts'
import { examples } from './examples.ts'
import { Settings } from './settings.ts'

const [example] = examples
if (example === undefined) throw new Error('no example')
const { target } = example
const clicked = sampleConversion({}, { gclid: 'Cj0' })

test('a request names one destination per conversion action of its events', () => {
  const event = (action: string) => ({ destinationReferences: [action] })
  expect(requestBody([event('1'), event('2'), event('1')], target)).toMatchObject({
    destinations: [
      { reference: '1', productDestinationId: '1' },
      { reference: '2', productDestinationId: '2' },
    ],
  })
})

test('an eleventh conversion action, by the event map, is not sent: a batch could not name it', () => {
  const conversion_actions = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`Custom_${n}`, `${n + 1}`]))
  const settings = { ...target.settings, conversion_actions }
  const full = { ...target, settings, eventMap: { Purchase: '11' } }
  expect(prepare(clicked, full, NOW_MS)).toEqual({ kind: 'suppressed', why: 'event_unmapped' })
  expect(prepare(clicked, { ...full, eventMap: { Purchase: '10' } }, NOW_MS)).toMatchObject({ kind: 'event' })
})

test('account ids may be written with dashes', () => {
  const settings = Settings.parse({ operating_account_id: '123-456-7890', conversion_actions: {} })
  expect(settings.operating_account_id).toBe('1234567890')
})
