import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { key, startEdge } from '../edge/edge-double.ts'
import type { ImportOptions } from './args.ts'
import { importFile } from './run.ts'
import type { SendDeps } from './send.ts'

let edge: Awaited<ReturnType<typeof startEdge>>
let folder: string
let file: string
const closing: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  edge = await startEdge()
  folder = mkdtempSync(join(tmpdir(), 'postback-import-'))
  file = join(folder, 'sales.csv')
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await edge.close()
  rmSync(folder, { recursive: true })
})

const MAP = new Map([
  ['Click', 'click_id'],
  ['Order', 'transaction_id'],
  ['Sum', 'value'],
])
const write = (rows: readonly string[]) => writeFileSync(file, ['Click,Order,Sum', ...rows, ''].join('\n'))
const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, n) => `c${from + n},o${from + n},${from + n}.5`)
const run = (more: Partial<ImportOptions> = {}, deps: Partial<SendDeps> = {}) =>
  importFile(
    {
      ...{
        file,
        map: MAP,
        set: new Map([
          ['event', 'Purchase'],
          ['currency', 'EUR'],
        ]),
        url: edge.url,
        key: key('backend'),
        batch: 10,
      },
      ...{ delimiter: undefined, encoding: 'utf8', tracker: 'generic', dryRun: false, restart: false, giveUpAfterMs: 10_000 },
      ...more,
    },
    {
      ...{ nowMs: () => 0, sleep: () => Promise.resolve(), stopped: () => false, onWait: () => undefined },
      progressFrom: () => ({ at: () => undefined, note: () => undefined, end: () => undefined }),
      ...deps,
    },
  )
const orders = () => edge.postbacks().map(({ reading }) => reading.transaction_id)
const errors = () => (existsSync(`${file}.errors.csv`) ? readFileSync(`${file}.errors.csv`, 'utf8').trim().split('\r\n').slice(1) : [])
const journal = () => JSON.parse(readFileSync(`${file}.import.json`, 'utf8'))

/** Before the edge: `reply` may answer in its place, with what the edge said, or not at all. */
async function between(
  reply: (
    n: number,
    forward: () => Promise<Response>,
  ) => Promise<{ status: number; headers?: Record<string, string>; body: string } | null>,
) {
  let n = 0
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = { 'content-type': 'application/json', 'idempotency-key': String(request.headers['idempotency-key']) }
    const said = await reply(++n, () => fetch(`${edge.url}${request.url}`, { method: 'POST', headers, body: Buffer.concat(chunks) }))
    if (said === null) return void response.destroy()
    response.writeHead(said.status, said.headers).end(said.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const passed = async (response: Response) => ({ status: response.status, body: await response.text() })

test('every row arrives once, in the order of the file, as the mapping says', async () => {
  write(numbered(25))
  expect(await run()).toMatchObject({ rows: 25, finished: true, counts: { received: 25, refused: 0, unsent: 0 } })
  expect(orders()).toEqual(numbered(25).map((_, n) => `o${n + 1}`))
  expect(edge.postbacks()[0]).toMatchObject({ reading: { event: 'Purchase', click_id: 'c1', value: '1.5', currency: 'EUR' } })
  expect(errors()).toEqual([])
  await expect(run()).rejects.toThrow('was imported as a whole: 25 rows')
  expect((await run({ restart: true })).rows).toBe(25)
})

test('each row that is not right is told with its number and why, in the order of the file', async () => {
  write([...numbered(3), 'c4,o4,ten', 'c5,o5', '"c6","o6 ""x"", y",6', 'c7,o7,7,7', ',,', '=1+1,o9,9', 'c10,o10,"1\n2"'])
  expect((await run()).counts).toEqual({ received: 5, deferred: 0, quarantined: 0, refused: 2, unsent: 3 })
  const number = '"value is not a number. Expected: Send digits with one decimal point, such as 12.34."'
  expect(errors()).toEqual([
    `4,5,value_invalid,${number}`,
    '5,6,column_count,"The row has 2 cells, the header has 3."',
    '7,8,column_count,"The row has 4 cells, the header has 3."',
    '8,9,empty_row,Every cell of the row is empty.',
    `10,12,value_invalid,${number}`,
  ])
})

test('what a tracker source keeps in quarantine is told too', async () => {
  write(['c1,o1,ten'])
  expect((await run({ key: key('tracker') })).counts).toMatchObject({ quarantined: 1 })
  expect(errors()[0]).toContain('value_invalid')
})

test('an answer that is lost is asked for again, and the rows have the names they had', async () => {
  write(numbered(20))
  const url = await between(async (n, forward) => {
    const said = await passed(await forward())
    return n === 2 ? null : said
  })
  expect((await run({ url })).counts.received).toBe(20)
  const named = edge.postbacks().map(({ reading, message_id }) => [reading.transaction_id, message_id])
  expect(named).toHaveLength(30)
  expect(new Map(named as [string, string][]).size).toBe(20)
  expect(new Set(named.map(String)).size).toBe(20)
})

test('a stop in the middle goes on where it was, under the same names, whatever the size of a batch', async () => {
  write(numbered(30))
  let sent = 0
  const url = await between(async (n, forward) => {
    sent = n
    const said = await passed(await forward())
    return n < 3 ? said : null
  })
  await expect(run({ url }, { stopped: () => false, nowMs: () => sent * 20_000 })).rejects.toThrow('Gave up')
  expect(journal()).toMatchObject({ rows: 20, finished: false })
  expect(await run({ batch: 4 })).toMatchObject({ rows: 30, finished: true, counts: { received: 30 } })
  const names = new Map<string | null, Set<string | null>>()
  for (const { reading, message_id } of edge.postbacks())
    names.set(reading.transaction_id, (names.get(reading.transaction_id) ?? new Set()).add(message_id))
  expect([...names.keys()]).toHaveLength(30)
  expect([...names.values()].filter((all) => all.size > 1)).toEqual([])
})

test('Retry-After is waited for, in seconds as by date, and no request comes before', async () => {
  write(numbered(1))
  const waits: number[] = []
  const url = await between(async (n, forward) =>
    n === 1
      ? { status: 429, headers: { 'retry-after': '17' }, body: '{}' }
      : n === 2
        ? { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:02:00 GMT' }, body: '{}' }
        : n === 3
          ? { status: 503, body: '{}' }
          : passed(await forward()),
  )
  await run({ url }, { sleep: async (ms) => waits.push(ms) })
  expect(waits).toEqual([17_000, 120_000, 4_000])
})

test('rows that the limit kept out are sent again, those before them are not', async () => {
  write(numbered(10))
  const url = await between(async (n, forward) => {
    const { items, ...body } = (await (await forward()).json()) as { items: { index: number }[] }
    const limited = items.map((item) =>
      n === 1 && item.index >= 6 ? { index: item.index, status: 429, code: 'rate_limited', detail: 'x' } : item,
    )
    return { status: 200, headers: { 'retry-after': '1' }, body: JSON.stringify({ ...body, items: limited }) }
  })
  expect((await run({ url })).counts).toMatchObject({ received: 10, refused: 0 })
  expect(edge.postbacks().map(({ reading }) => reading.transaction_id)).toEqual([
    ...Array.from({ length: 10 }, (_, n) => `o${n + 1}`),
    'o7',
    'o8',
    'o9',
    'o10',
  ])
})

test('a wrong key ends it at once, with the sentence of the edge and without the key', async () => {
  write(numbered(1))
  const wrong = `${key('backend').slice(0, -22)}${'A'.repeat(22)}`
  const failure = await run({ key: wrong }).catch((error: Error) => error.message)
  expect(failure).toContain('key_unknown')
  expect(failure).not.toContain(wrong.slice(-22))
})

test('rows that were sent must be what they were; rows behind them may be mended', async () => {
  write([...numbered(10), '"c11,o11,11.5'])
  await expect(run()).rejects.toThrow('a quote is opened and not closed')
  write(numbered(10))
  await run({}, { stopped: () => edge.postbacks().length >= 10 })
  write(numbered(12))
  expect((await run()).rows).toBe(12)
  write(['other,o1,1', ...numbered(11, 2)])
  const other = { ...journal(), finished: false }
  writeFileSync(`${file}.import.json`, JSON.stringify(other))
  await expect(run()).rejects.toThrow('are not what they were')
  write(numbered(3))
  await expect(run()).rejects.toThrow('fewer rows')
})

test.each([
  [{ map: new Map([['Klick', 'click_id']]) }, 'no column Klick. It has: Click, Order, Sum'],
  [{ map: new Map([['Click', 'klick_id']]) }, 'no field klick_id'],
  [
    {
      map: new Map([
        ['Click', 'click_id'],
        ['Order', 'click_id'],
      ]),
    },
    'More than one column is read as click_id',
  ],
])('a mapping that cannot be meant is told before anything is sent: %o', async (more, message) => {
  write(numbered(1))
  await expect(run(more)).rejects.toThrow(message)
  expect(edge.postbacks()).toEqual([])
  expect(existsSync(`${file}.import.json`)).toBe(false)
})

test('neither the key nor anything of a row stands in the journal', async () => {
  write(['jane@example.test,o1,1', 'c2,o2,x'])
  await run()
  expect(readFileSync(`${file}.import.json`, 'utf8')).not.toMatch(new RegExp(`jane|o1|${key('backend').split('.').at(-1)}`))
})

test.runIf(existsSync('/proc/self/fd'))('no-file-left-open: an import that ends before its first row closes the file', async () => {
  write(numbered(1))
  await expect(run({ map: new Map([['Nowhere', 'click_id']]) })).rejects.toThrow('Nowhere')
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return '' // that of the listing itself
    }
  })
  expect(open).not.toContain(file)
})
