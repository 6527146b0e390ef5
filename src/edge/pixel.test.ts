import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { readClick } from '../api/read-click.ts'
import { eventId } from '../events/event-id.ts'
import { pixelScript } from './pixel.ts'

type Parts = Partial<Parameters<typeof eventId>[0]>
function load(url: string, cookies = '') {
  const sent: string[] = []
  const window: { postback?: { clickId: string; eventId(parts: Parts): Promise<string> } } = {}
  const document = { cookie: cookies }
  const globals = { URL, URLSearchParams, TextEncoder, Uint8Array, crypto, location: new URL(url), document, window }
  const navigator = { sendBeacon: (_to: string, text: string) => sent.push(text) > 0 }
  runInNewContext(pixelScript({ beaconUrl: 'https://edge.test/b', workspaceId: 'w1' }), { ...globals, navigator })
  if (window.postback === undefined) throw new Error('the script exports nothing')
  return { pixel: window.postback, sent, document }
}

test('the ids of the landing page are sent as one click that the edge takes', () => {
  const { pixel, sent, document } = load('https://shop.test/?fbclid=IwAR%2B1&utm_source=meta&click_id=c-1', '_fbp=fb.1.2.3; other=1')
  expect(sent.map((text) => JSON.parse(text))).toEqual([
    {
      click_id: 'c-1',
      fbclid: 'IwAR+1',
      fbp: 'fb.1.2.3',
      utm: { utm_source: 'meta' },
      landing_url: 'https://shop.test/?fbclid=IwAR%2B1&utm_source=meta&click_id=c-1',
    },
  ])
  const context = { workspaceId: 'w1', sourceId: 's1', nowMs: 1, newId: () => 'x' }
  expect(readClick(JSON.parse(sent[0] ?? ''), context)).toMatchObject({ kind: 'click', click: { platform: 'meta' } })
  expect(pixel.clickId).toBe('c-1')
  expect(document.cookie).toContain('_pb_cid=c-1')
})

test('a second page of the visit keeps its id and sends nothing', () => {
  const { pixel, sent } = load('https://shop.test/cart', '_pb_cid=c-1')
  expect(pixel.clickId).toBe('c-1')
  expect(sent).toEqual([])
})

const NOTHING = {
  workspace_id: 'w1',
  click_id: null,
  event: null,
  transaction_id: null,
  conversion_status: null,
  value: null,
  currency: null,
  event_time: null,
}
test.each<Parts>([
  { click_id: 'c1', event: 'Purchase', transaction_id: 't1', conversion_status: 'approved' },
  { click_id: 'ü"\\', event: 'Custom_x' },
  { click_id: null, event: 'Lead', value: '1.50', currency: 'EUR', event_time: 1_700_000_000_000 },
  { click_id: null, transaction_id: 't1', value: '1.50' },
  { click_id: null },
  { click_id: null, gclid: 'g-1', fbc: 'fb.1.1.x' },
])('the event id is that of the server: %o', async (parts) => {
  expect(await load('https://shop.test/').pixel.eventId(parts)).toBe(eventId({ ...NOTHING, ...parts }))
})
