import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { pixelScript } from '../../src/edge/pixel.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { EVENT_ID_VECTORS } from '../support/event-id-vectors.ts'
import { settled } from '../support/run-through.ts'
import { call, ownWorkspace, sourceOf } from '../support/workspace.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

type Pixel = { clickId: string; eventId(parts: unknown): Promise<string> }
type Clicked = { status: string; event_id: string; click: Record<string, unknown> | null }

let stack: Stack
let browser: Browser
let page: Page
/** The customer's shop: another origin than the edge. */
let shop: Server
let shopUrl: string

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`There is no browser at ${CHROMIUM}. Run: apt-get install -y chromium, or set CHROMIUM.`)
  stack = await ownWorkspace(inject('stack') as Stack)
  const { click_key } = sourceOf(stack, 'generic')
  const vectors = pixelScript({ beaconUrl: '/nowhere', workspaceId: EVENT_ID_VECTORS.workspace_id })
  shop = createServer((request, response) => {
    const html = { 'content-type': 'text/html; charset=utf-8' }
    if (request.url === '/vectors.js') response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(vectors)
    else if (request.url === '/vectors') response.writeHead(200, html).end('<script src="/vectors.js"></script>')
    else if (request.url?.startsWith('/landing'))
      response.writeHead(200, html).end(`<script src="${stack.edge_url}/pixel.js?key=${click_key}"></script>`)
    else response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  shopUrl = `http://localhost:${(shop.address() as AddressInfo).port}`
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  page = await browser.newPage()
  const config = async () =>
    (await fetch(`${stack.edge_url}/api/v1/postback/config`, { headers: { authorization: `Bearer ${stack.workspace.api_key}` } })).status
  expect(await settled(config, (status) => status === 200, 10_000)).toBe(200)
})
afterAll(async () => {
  await browser?.close()
  shop?.close()
})

const eventIdOf = (parts: unknown): Promise<string> =>
  page.evaluate((given) => (window as unknown as { postback: Pixel }).postback.eventId(given), parts)

test('one-event-id-everywhere: the script in a browser makes the ids of every vector', async () => {
  await page.goto(`${shopUrl}/vectors`)
  for (const { name, parts, page: written, event_id } of EVENT_ID_VECTORS.vectors)
    expect(await eventIdOf(written ?? parts), name).toBe(event_id)
})

test('a landing page of another origin hands in its click, and its event id is the one that the edge gives', async () => {
  await page.goto(`${shopUrl}/landing?fbclid=IwAR0_Pixel-x&utm_source=meta&utm_campaign=a%20b`)
  const clickId = await page.evaluate(() => (window as unknown as { postback: Pixel }).postback.clickId)
  const own = await eventIdOf({ event: 'Purchase', transaction_id: 1001, conversion_status: 'approved' })
  const sent = { event: 'Purchase', transaction_id: 1001, status: 'approved', value: 1, currency: 'EUR', click_id: clickId }
  const received = await fetch(sourceOf(stack, 'generic').postback_url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(sent),
  })
  const { postback_id, event_id } = (await received.json()) as { postback_id: string; event_id: string }
  expect(event_id).toBe(own)
  const ask = () => call<Clicked>(stack, 'GET', `/api/v1/postback/events/${postback_id}`, stack.workspace.api_key)
  const { click } = await settled(ask, ({ click: met }) => met !== null, 30_000)
  expect(click).toMatchObject({
    click_id: clickId,
    fbclid: 'IwAR0_Pixel-x',
    platform: 'meta',
    utm: { utm_source: 'meta', utm_campaign: 'a b' },
  })
  expect(click?.client_user_agent).toMatch(/Chrome/)
})

test('the id of a visit stays, until another ad is clicked', async () => {
  const idAt = async (path: string): Promise<string> => {
    await page.goto(`${shopUrl}${path}`)
    return page.evaluate(() => (window as unknown as { postback: Pixel }).postback.clickId)
  }
  const first = await idAt('/landing?gclid=first')
  expect(await idAt('/landing/cart')).toBe(first)
  expect(await idAt('/landing?gclid=first')).toBe(first)
  expect(await idAt('/landing?gclid=second')).not.toBe(first)
  expect(await idAt('/landing?click_id=given&gclid=second')).toBe('given')
  expect(await idAt('/landing/thanks')).toBe('given')
})
