import { afterEach, beforeEach, expect, test } from 'vitest'
import { OPERATOR_KEY, openConsole } from '../../../test/support/console-in-memory.ts'
import { runCtl } from './index.ts'

let at: Awaited<ReturnType<typeof openConsole>>
let key: string
let before: typeof process.exitCode
beforeEach(async () => {
  before = process.exitCode
  at = await openConsole()
  key = (await at.createWorkspace()).api_key
})
afterEach(async () => {
  process.exitCode = before
  await at.end()
})

async function ctl(args: string, env: Record<string, string> = {}) {
  const out: string[] = []
  const err: string[] = []
  process.exitCode = 0
  const argv = args.match(/'[^']*'|\S+/g)?.map((part) => part.replaceAll("'", '')) ?? []
  await runCtl(
    argv,
    { POSTBACK_URL: at.url, POSTBACK_API_KEY: key, ...env },
    { out: (text) => out.push(text), err: (text) => err.push(text) },
  )
  return { out: out.join('\n'), err: err.join('\n'), exitCode: process.exitCode, json: () => JSON.parse(out[0] ?? '') }
}

test('from a new workspace to a source and a destination', async () => {
  const created = (
    await ctl('workspaces create --name Beta --rate-limit 50 --redirect-host example.com --json', { OPERATOR_API_KEY: OPERATOR_KEY })
  ).json()
  const env = { POSTBACK_API_KEY: created.api_key }
  expect((await ctl('--json settings get', env)).json()).toMatchObject({
    name: 'Beta',
    rate_limit_per_min: 50,
    redirect_hosts: ['example.com'],
  })
  const set = await ctl('--json settings set --redirect-hosts example.com,shop.example --hold-hours 24', env)
  expect(set.json()).toMatchObject({ redirect_hosts: ['example.com', 'shop.example'], hold_hours: 24, name: 'Beta' })
  const source = (await ctl('--json sources create --tracker keitaro --name Main --currency EUR', env)).json()
  expect(source).toMatchObject({ kind: 'tracker', tracker: 'keitaro', default_currency: 'EUR' })
  const args = `destinations create --platform meta --name Pixel --sandbox --settings '{"pixel_id":"1234567890"}' --credentials '{"access_token":"t"}'`
  const destination = (await ctl(`--json ${args}`, env)).json()
  expect(destination).toMatchObject({ platform: 'meta', sandbox: true, send_unmatched: false })
  const updated = (await ctl(`--json destinations update ${destination.id} --no-sandbox --inactive`, env)).json()
  expect(updated).toMatchObject({ name: 'Pixel', sandbox: false, active: false })
  const rule = (await ctl(`--json rules create --name Sales --when '{"event":["Purchase"]}' --to ${destination.id}`, env)).json()
  expect(rule).toMatchObject({ destination_ids: [destination.id], when: { event: ['Purchase'] } })
  const rotated = (await ctl(`--json sources rotate ${source.id} --overlap-days 2`, env)).json()
  expect(rotated.key).not.toBe(source.key)
  const list = await ctl('sources list', env)
  expect(list.out).toContain(rotated.postback_url)
  expect(list.exitCode).toBe(0)
})

test('an event is found by status and shown whole', async () => {
  const page = await ctl('events --status held --source-id s1 --limit 5')
  expect(page).toMatchObject({ out: 'none', exitCode: 0 })
  expect(at.told.asked.at(-1)).toMatchObject({ what: 'list', with: { status: 'held', source_id: 's1', limit: 5 } })
  expect(JSON.parse((await ctl('stats --json')).out)).toMatchObject({ received: 0, success_rate: null })
})

test.each([
  { name: 'an unknown command', args: 'sorces list', exitCode: 2, says: /unknown command/ },
  { name: 'a missing option', args: 'sources create --name x', exitCode: 2, says: /required option '--tracker/ },
  { name: 'an option that is no JSON', args: 'settings set nonsense', exitCode: 2, says: /^ctl: An option is not a JSON object/ },
  { name: 'nothing to change', args: 'settings set', exitCode: 2, says: /^ctl: Say what to change/ },
  {
    name: 'a file that is not there',
    args: 'settings set @/nowhere.json',
    exitCode: 2,
    says: /^ctl: The file \/nowhere.json cannot be read/,
  },
  { name: 'a wrong field', args: 'sources create --tracker x --name y', exitCode: 1, says: /^ctl: validation_failed: tracker \(x\): / },
  { name: 'an unknown id', args: 'event 01900000-0000-7000-8000-000000000009', exitCode: 1, says: /^ctl: not_found: / },
])('$name ends in one line and exit code $exitCode', async ({ args, exitCode, says }) => {
  const ended = await ctl(args)
  expect(ended).toMatchObject({ out: '', exitCode })
  expect(ended.err.split('\n')[0]).toMatch(says)
})

test('no key, a wrong key and no console are told apart', async () => {
  expect(await ctl('events', { POSTBACK_API_KEY: '' })).toMatchObject({ exitCode: 2, err: expect.stringContaining('Set POSTBACK_API_KEY') })
  expect(await ctl('events', { POSTBACK_API_KEY: 'pb_live_wrong' })).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('unauthorized'),
  })
  expect(await ctl('events', { POSTBACK_URL: 'http://127.0.0.1:9' })).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('No console answers'),
  })
})

test('the versions of a key are listed with their use', async () => {
  const source = (await ctl('--json sources create --tracker generic --name Main')).json()
  await ctl(`sources rotate ${source.id} --overlap-days 2`)
  at.told.keyUse.push({ version: 1, first_at: '2026-11-01T00:00:00.000Z', last_at: '2026-11-26T11:00:00.000Z' })
  const { out } = await ctl(`sources keys ${source.id}`)
  expect(out).toMatch(/1\s+retiring.*2026-11-26T11:00:00.000Z/)
  expect(out).toMatch(/2\s+live/)
})

test('a word is seen, mapped, and what is kept for it is read again', async () => {
  const source = (await ctl('--json sources create --tracker generic --name Main --decimal ,')).json()
  expect(source.decimal).toBe(',')
  at.told.words.push({ event: 'dep2', status: null, count: 7, first_at: 'a', last_at: 'b', postback_id: 'p' })
  expect((await ctl(`sources words ${source.id}`)).out).toContain('dep2')
  await ctl(`sources map ${source.id} 'status:1' --status hold`)
  const mapped = (await ctl(`--json sources map ${source.id} Dep2 --event Deposit --status approved`)).json()
  expect(mapped.status_map).toEqual({
    'status:1': { event: null, conversion_status: 'hold' },
    dep2: { event: 'Deposit', conversion_status: 'approved' },
  })
  expect((await ctl(`--json sources reread ${source.id}`)).json()).toEqual({ read_again: 0, still_unmapped: 0 })
})

test('events of one sub id', async () => {
  await ctl('events --sub sub3=a=b --sub sub4=c')
  expect(at.told.asked.at(-1)?.with).toEqual({ subs: { sub3: 'a=b', sub4: 'c' } })
})
