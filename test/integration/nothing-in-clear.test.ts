import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Stack, StackSource } from '../../src/local/stack-file.ts'
import { topics } from '../../topics/index.ts'
import { exchange } from '../support/hostile/raw-http.ts'
import { found, type Needle, needlesOf, person, secretNeedle } from '../support/in-clear/marks.ts'
import { filePlaces, type Place, tablePlaces, topicPlaces } from '../support/in-clear/places.ts'
import { personalRequests } from '../support/in-clear/requests.ts'
import { settled } from '../support/run-through.ts'
import { call, ownWorkspace, sourceOf } from '../support/workspace.ts'

const dataDir = dirname(inject('stackFile') as string)
const who = person()
const control: Needle = { what: 'control', text: who.control }
const people = needlesOf(who)
const CLICK = `${who.control}click`
const LAST = `${who.control}last`

let stack: Stack
let folder: string
let secrets: Needle[]
/** Everything that anybody was answered, and what the commands printed or left behind. */
const said: Place[] = []
const ids: string[] = []

type Listed = {
  items: { postback_id: string; status: string; click_id: string | null; transaction_id: string | null }[]
  next_cursor: string | null
}
const api = async (path: string, init: RequestInit = {}, key = stack.workspace.api_key): Promise<string> => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers }
  const response = await fetch(`${stack.console_url}${path}`, { ...init, headers, redirect: 'manual' })
  const text = await response.text()
  said.push({ where: `answer to ${init.method ?? 'GET'} ${path.slice(0, 60)}`, bytes: Buffer.from(text) })
  return text
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postback-clear-'))
  stack = await ownWorkspace(inject('stack') as Stack)
  const { workspace } = stack
  const tokens = { access_token: `EAAB${who.control}token` }
  const platforms = { platform: 'meta', name: 'mine', settings: { pixel_id: '9876543210987654' }, credentials: tokens, sandbox: true }
  await api('/api/v1/destinations', { method: 'POST', body: JSON.stringify(platforms) })
  await api('/api/v1/destinations', {
    method: 'POST',
    body: JSON.stringify({ ...platforms, credentials: { access_token: 7, client_secret: `${who.control}wrong` } }),
  })
  const signer = await call<StackSource & { signing_secret: string }>(stack, 'POST', '/api/v1/sources', workspace.api_key, {
    ...{ kind: 'backend', tracker: 'generic', name: 'signs' },
  })
  const session = await fetch(`${stack.console_url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: workspace.admin_email, password: workspace.admin_password }),
  })
  const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const tagOf = ({ key }: StackSource): string => key.split('.').at(-1) ?? ''
  secrets = [
    secretNeedle('key of a tracker', tagOf(sourceOf(stack, 'generic'))),
    secretNeedle('key of a backend', tagOf(sourceOf(stack, 'generic', 'backend'))),
    secretNeedle('signing secret', signer.signing_secret.replace('whsec_', '')),
    secretNeedle('API key', workspace.api_key),
    secretNeedle('operator key', stack.operator_api_key),
    secretNeedle('password', workspace.admin_password),
    secretNeedle('typed password', `${who.control}password`),
    secretNeedle('session', cookie.split('=')[1] ?? ''),
    secretNeedle('access token', tokens.access_token),
    secretNeedle('refused credential', `${who.control}wrong`),
  ]
  for (const { what, text } of secrets) expect(text.length, what).toBeGreaterThan(8)

  // The edge hears of the workspace a moment after the console; its clicks come before what they are met by.
  const config = async () =>
    (await fetch(`${stack.edge_url}/api/v1/postback/config`, { headers: { authorization: `Bearer ${workspace.api_key}` } })).status
  expect(await settled(config, (status) => status === 200, 10_000)).toBe(200)
  for (const { name, bytes } of personalRequests(stack, who)) {
    const { answers, rest } = await exchange(stack.edge_url, bytes)
    expect(
      answers.map(({ status }) => status).filter((status) => !(status < 500)),
      `${name} ${rest}`,
    ).toEqual([])
    for (const { headers, body } of answers) {
      // A visitor takes along what was in the address of the ad, byte for byte: it is their own.
      const { location: _own, ...others } = headers
      said.push({ where: `answer to ${name}`, bytes: Buffer.from(`${JSON.stringify(others)}${body}`) })
    }
  }
  await importing()
  const last = {
    event: 'Purchase',
    click_id: CLICK,
    value: '5',
    currency: 'USD',
    transaction_id: LAST,
    user_email: who.email,
    user_phone: who.phone,
    ...who.fields,
  }
  await fetch(`${sourceOf(stack, 'generic').postback_url}&${new URLSearchParams(last)}`)
  await read(cookie)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true }))

/** A file with people in every column, and rows that are not right. */
async function importing(): Promise<void> {
  const { email, phone, fields } = who
  const file = join(folder, 'sales.csv')
  const rows = [
    ['Click', 'Order', 'Amount', 'Mail', 'Phone', 'First', 'Note'],
    [`${who.control}i1`, 'o1', '1.50', email, phone, fields.first_name, `call ${phone}`],
    [`${who.control}i2`, email, phone, email, email, fields.first_name, email],
    [email, phone, email, 'no mail', '12', email, email],
    [email],
  ]
  writeFileSync(file, rows.map((row) => row.join(',')).join('\n'))
  const map = [
    'Click=click_id',
    'Order=transaction_id',
    'Amount=value',
    'Mail=user_email',
    'Phone=user_phone',
    'First=first_name',
    'Note=sub1',
  ]
  const args = ['--url', stack.edge_url, ...map.flatMap((one) => ['--map', one]), '--set', 'event=Purchase', '--set', 'currency=EUR']
  const child = spawn(process.execPath, ['src/main.ts', 'import', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, POSTBACK_KEY: sourceOf(stack, 'generic', 'backend').key },
  })
  const printed: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => printed.push(chunk))
  await new Promise((resolve) => child.once('close', resolve))
  said.push({ where: 'what the import printed', bytes: Buffer.concat(printed) })
  const left = readdirSync(folder).filter((name) => name !== 'sales.csv')
  expect(
    left.some((name) => name.endsWith('.errors.csv')),
    Buffer.concat(printed).toString(),
  ).toBe(true)
  for (const name of left) said.push({ where: `file of the import ${name}`, bytes: readFileSync(join(folder, name)) })
}

/** Waits until all of it has come to rest, then asks for everything that is shown of it. */
async function read(cookie: string): Promise<void> {
  const list = async (query: string): Promise<Listed> => JSON.parse(await api(`/api/v1/postback/events?${query}`)) as Listed
  const forwarded = async () => (await list(`q=${LAST}`)).items.some(({ status }) => status === 'forwarded')
  expect(await settled(forwarded, (is) => is, 60_000), 'the last one met its click and was sent').toBe(true)
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: Listed = await list(`limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    ids.push(...page.items.map(({ postback_id }) => postback_id))
    cursor = page.next_cursor
  }
  for (const id of ids) await api(`/api/v1/postback/events/${id}`)
  for (const path of ['stats?group_by=event', `events?q=${encodeURIComponent(who.email)}`, `events?sub1=${encodeURIComponent(who.email)}`])
    await api(`/api/v1/postback/${path}`)
  for (const source of stack.workspace.sources) await api(`/api/v1/sources/${source.id}/words`)
  await api('/api/v1/destinations')
  await api('/connect/postback', { headers: { cookie } })
  await api('/api/v1/session', { method: 'POST', body: JSON.stringify({ email: who.email, password: `${who.control}password` }) })
  for (const twin of Object.values(stack.twins)) {
    const requests = (await (await fetch(`${twin}/_twin/requests`)).json()) as { items: { path: string; body: unknown }[] }
    const own = requests.items.filter((one) => JSON.stringify(one).includes(who.control))
    said.push({ where: `bodies at the twin ${twin}`, bytes: Buffer.from(JSON.stringify(own.map(({ body }) => body))) })
  }
}

/** Where any of the needles stands. */
async function leaksIn(
  places: Iterable<Place> | AsyncIterable<Place>,
  needles: readonly Needle[],
): Promise<{ leaks: string[]; controls: string[] }> {
  const leaks: string[] = []
  const controls: string[] = []
  for await (const { where, bytes } of places) {
    leaks.push(...found(bytes, needles).map((what) => `${where}: ${what}`))
    if (found(bytes, [control]).length > 0) controls.push(where)
  }
  return { leaks, controls }
}

test('the search finds a person however they are written', () => {
  const one = people.find(({ what }) => what === 'first_name') as Needle
  const { first_name: name = '' } = who.fields
  for (const text of [name, name.toUpperCase(), Buffer.from(`ab${name}cd`).toString('base64'), Buffer.from(`a${name}`).toString('base64')])
    expect(found(Buffer.from(`...${text}...`), [one]), text).toHaveLength(1)
  for (const text of [who.email, who.phone, who.phone.replaceAll(/\D/g, ''), encodeURIComponent(who.email)])
    expect(found(Buffer.from(text), people), text).not.toEqual([])
})

test('nothing-in-clear: no topic holds a person or a secret', async () => {
  const { leaks, controls } = await leaksIn(topicPlaces(topics(1).map(({ name }) => name)), [...people, ...secrets])
  expect(controls).toEqual(
    expect.arrayContaining(['postbacks', 'clicks', 'outcomes', 'deliver.meta', 'pending'].map((name) => `topic ${name}`)),
  )
  expect(leaks).toEqual([])
}, 180_000)

test('nothing-in-clear: no table holds a person or a secret', async () => {
  const { leaks, controls } = await leaksIn(tablePlaces(stack.clickhouse_url), [...people, ...secrets])
  expect(controls.length).toBeGreaterThanOrEqual(4)
  expect(leaks).toEqual([])
}, 180_000)

test('nothing-in-clear: no log, no state and no spool holds a person or a secret', async () => {
  const { leaks, controls } = await leaksIn(filePlaces(dataDir), [...people, ...secrets])
  for (const part of ['file kafka', 'file state'])
    expect(
      controls.some((where) => where.startsWith(part)),
      `${part} of ${controls}`,
    ).toBe(true)
  expect(leaks).toEqual([])
  // An address and a browser are personal too, and a log outlives what they are kept for.
  const seen = [who.clientIp, who.userAgent].map((text) => ({ what: 'visitor', text: text.toLowerCase() }))
  const logs = [...filePlaces(join(dataDir, 'logs'))]
  expect(logs.length).toBeGreaterThan(5)
  expect((await leaksIn(logs, seen)).leaks).toEqual([])
}, 180_000)

test('nothing-in-clear: no answer, no page, no file of an import and no ad platform is told of a person or a secret', async () => {
  expect(ids.length).toBeGreaterThan(30)
  const { leaks, controls } = await leaksIn(said, [...people, ...secrets])
  expect(controls.some((where) => where.startsWith('bodies at the twin'))).toBe(true)
  expect(controls.some((where) => where.includes('/api/v1/postback/events/'))).toBe(true)
  expect(leaks).toEqual([])
})
