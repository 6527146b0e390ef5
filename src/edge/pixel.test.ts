import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { EVENT_ID_VECTORS } from '../../test/support/event-id-vectors.ts'
import { readClick } from '../api/read-click.ts'
import type { eventId } from '../events/event-id.ts'
import { pixelScript } from './pixel.ts'

type Parts = Partial<Parameters<typeof eventId>[0]>
/** A page that loads the script; its cookies are a jar, as a browser has it. */
function load(url: string, cookies = '', given: object = crypto) {
  const sent: string[] = []
  const window: { postback?: { clickId: string; eventId(parts: Parts): Promise<string> } } = {}
  const jar = new Map(
    cookies
      .split('; ')
      .filter(Boolean)
      .map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  )
  const written = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const document = {
    get cookie() {
      return written()
    },
    set cookie(text: string) {
      const [pair = ''] = text.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    },
  }
  const globals = { URL, URLSearchParams, TextEncoder, Uint8Array, crypto: given, location: new URL(url), document, window }
  const navigator = { sendBeacon: (_to: string, text: string) => sent.push(text) > 0 }
  runInNewContext(pixelScript({ beaconUrl: 'https://edge.test/b', workspaceId: EVENT_ID_VECTORS.workspace_id }), { ...globals, navigator })
  if (window.postback === undefined) throw new Error('the script exports nothing')
  return { pixel: window.postback, sent, cookies: written }
}

test('the ids of the landing page are sent as one click that the edge takes', () => {
  const { pixel, sent, cookies } = load('https://shop.test/?fbclid=IwAR%2B1&utm_source=meta&click_id=c-1', '_fbp=fb.1.2.3; other=1')
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
  expect(cookies()).toContain('_pb_cid=c-1')
})

test('a second page of the visit keeps its id and sends nothing', () => {
  const { pixel, sent } = load('https://shop.test/cart', '_pb_cid=c-1')
  expect(pixel.clickId).toBe('c-1')
  expect(sent).toEqual([])
})

test.each(EVENT_ID_VECTORS.vectors)('one-event-id-everywhere: $name', async ({ parts, page, event_id }) => {
  expect(await load('https://shop.test/').pixel.eventId((page ?? parts) as Parts)).toBe(event_id)
})

test('one-event-id-everywhere: the page names its own click where none is named', async () => {
  const parts = { click_id: 'c-1', event: 'Purchase', transaction_id: 't1' }
  const { pixel } = load('https://shop.test/?click_id=c-1')
  const { click_id: _, ...rest } = parts
  expect(await pixel.eventId(rest)).toBe(await pixel.eventId(parts))
})

test('no-click-for-nothing: a cookie that is no percent-encoding is read as it is', () => {
  const { sent } = load('https://shop.test/?gclid=G', '_fbp=%E0%A4%A; _ttp=%zz')
  expect(sent.map((text) => JSON.parse(text))).toMatchObject([{ gclid: 'G', fbp: '%E0%A4%A', ttp: '%zz' }])
})

test('no-click-for-nothing: a page over plain http has no randomUUID, and its click an id all the same', () => {
  const { pixel } = load('http://shop.test/?gclid=G', '', { getRandomValues: crypto.getRandomValues.bind(crypto) })
  expect(pixel.clickId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test.each([
  ['an id of 3 kB', `fbclid=${'f'.repeat(3_000)}&gclid=G`],
  ['a hundred utm', `gclid=G&${Array.from({ length: 100 }, (_, n) => `utm_${n}=${'u'.repeat(100)}`).join('&')}`],
  ['a utm of 1 kB under a name of 100', `gclid=G&utm_a=${'u'.repeat(1_000)}&utm_${'n'.repeat(100)}=1`],
  ['a click id of 600', `gclid=G&click_id=${'c'.repeat(600)}`],
  [
    'letters of four bytes',
    `gclid=G&${Array.from({ length: 50 }, (_, n) => `utm_${n}=${encodeURIComponent('😀'.repeat(256))}`).join('&')}`,
  ],
])('no-click-for-nothing: of %s as much is sent as the edge takes', (_, query) => {
  const { sent } = load(`https://shop.test/?${query}`)
  const context = { workspaceId: 'w1', sourceId: 's1', nowMs: 1, newId: () => 'x' }
  expect(readClick(JSON.parse(sent[0] ?? ''), context)).toMatchObject({ kind: 'click', click: { gclid: 'G', platform: 'google' } })
  expect(Buffer.byteLength(sent[0] ?? '')).toBeLessThan(64 * 1024)
})

test('the-last-click-counts: another ad is another click, the same page again is not', () => {
  const first = load('https://shop.test/?fbclid=one')
  const jar = first.cookies()
  expect(load('https://shop.test/?fbclid=one', jar).sent).toEqual([])
  const second = load('https://shop.test/?gclid=two', jar)
  expect(second.pixel.clickId).not.toBe(first.pixel.clickId)
  expect(second.sent.map((text) => JSON.parse(text))).toMatchObject([{ click_id: second.pixel.clickId, gclid: 'two' }])
  expect(load('https://shop.test/cart', second.cookies()).pixel.clickId).toBe(second.pixel.clickId)
})

test.each(['{click_id}', '[CLICK_ID]', '<id>', '', '%20'])('a click id of %s is none: it would keep a visitor from being matched', (id) => {
  expect(load(`https://shop.test/?click_id=${id}&gclid=G`).pixel.clickId).toMatch(/^[0-9a-f-]{36}$/)
})
