import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { clickKey, NOW, startEdge } from './edge-double.ts'

let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
beforeEach(() => {
  edge.sent.length = 0
})
afterAll(() => edge.close())

const TO = `to=${encodeURIComponent('https://example.com/lp')}`
const IDS = ['fbclid', 'gclid', 'gbraid', 'wbraid', 'ttclid'] as const
const go = async (query: string): Promise<string> => {
  const response = await fetch(`${edge.url}/c/${clickKey('tracker')}?${TO}&${query}`, { redirect: 'manual' })
  expect(response.status, await response.text()).toBe(302)
  return response.headers.get('location') ?? ''
}

test.each(IDS)('platform-ids-byte-for-byte: %s, in the address as it came and in the click as it is meant', (name) =>
  fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9_.~%+/=-]{1,60}$/), fc.boolean(), async (id, isEncoded) => {
      edge.sent.length = 0
      // What is no escape sequence may stand in a URL as it is; so may a plus sign, which no id means as a blank.
      const raw = isEncoded ? encodeURIComponent(id) : id.replaceAll('%', '%25')
      fc.pre(!/^%{1,2}\w+%{1,2}$/.test(raw))
      const location = await go(`${name}=${raw}&click_id=c`)
      expect(location).toContain(`${name}=${raw}&`)
      const [click] = edge.clicks()
      if (!/\+\d/.test(id)) expect(click?.[name]).toBe(id)
      expect(click).toMatchObject({ click_id: 'c', clicked_at: NOW })
    }),
    { numRuns: 40 },
  ),
)

test.each([
  ['an id of 3 kB', `fbclid=${'f'.repeat(3_000)}&gclid=G`, { fbclid: null, gclid: 'G', platform: 'google' }],
  [
    'a hundred utm',
    `gclid=G&${Array.from({ length: 100 }, (_, n) => `utm_${n}=1`).join('&')}`,
    { gclid: 'G', utm: { utm_0: '1', utm_49: '1' } },
  ],
  ['a cost that is none', 'gclid=G&cost=free&currency=EUR', { gclid: 'G', cost: null, currency: 'EUR' }],
  ['a currency that is none', 'gclid=G&cost=1&currency=free', { gclid: 'G', cost: '1', currency: null }],
  ['a campaign of 3 kB', `gclid=G&campaign_id=${'x'.repeat(3_000)}&ad_id=7`, { gclid: 'G', campaign_id: null, ad_id: '7' }],
])('no-click-for-nothing: %s costs a field, and not the click', async (_, query, kept) => {
  const location = await go(query)
  expect(edge.clicks()).toMatchObject([kept])
  expect(new URL(location).searchParams.get('click_id')).toBe(edge.clicks()[0]?.click_id)
})

test('no-visitor-in-a-log: a click that did not come over HTTPS is logged without its address', async () => {
  const said: object[] = []
  const log = { debug() {}, info() {}, warn: (fields: object) => said.push(fields), error() {} }
  const strict = await startEdge({ allowHttp: false, log })
  expect((await fetch(`${strict.url}/c/${clickKey('tracker')}?${TO}`, { redirect: 'manual' })).status).toBe(403)
  expect(said).toEqual([{ workspace_id: 'acme', source_id: 'tracker' }])
  await strict.close()
})
