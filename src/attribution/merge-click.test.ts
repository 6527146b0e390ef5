import { expect, test } from 'vitest'
import { sampleClickRecord } from '../events/samples.ts'
import { mergeClicks } from './merge-click.ts'

const redirect = sampleClickRecord({ platform: 'google', gclid: 'g', campaign_id: 'c', clicked_at: 1_000, utm: { utm_source: 'ad' } })
const pixel = sampleClickRecord({
  platform: null,
  ids: ['c1', 'c2'],
  fbp: 'fb.1.1.1',
  clicked_at: 2_000,
  landing_url: 'https://example.com',
})

test('a pixel click takes nothing from the click of the redirect', () => {
  const merged = mergeClicks(redirect, pixel)
  expect(merged).toMatchObject({
    platform: 'google',
    gclid: 'g',
    campaign_id: 'c',
    clicked_at: 1_000,
    fbp: 'fb.1.1.1',
    landing_url: 'https://example.com',
  })
  expect(merged.ids).toEqual(['c1', 'c2'])
  expect(merged.utm).toEqual({ utm_source: 'ad' })
})

test('the order in which they come does not matter, and a repeat changes nothing', () => {
  const merged = mergeClicks(redirect, pixel)
  expect({ ...mergeClicks(pixel, redirect), ids: [] }).toEqual({ ...merged, ids: [] })
  expect(mergeClicks(merged, merged)).toEqual(merged)
})
