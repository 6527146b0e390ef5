import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Stack, StackSource } from '../../src/local/stack-file.ts'
import { settled } from '../support/run-through.ts'
import { call, ownWorkspace } from '../support/workspace.ts'

const ROWS = 12_000
const BATCH = 500
/** The request after which the importer dies, its answer on the way: once early, once in the middle, once near the end. */
const KILLS = [2, 11, 22]

let stack: Stack
let source: StackSource
let folder: string
let proxy: Server
let requests = 0
let child: ChildProcess | undefined

/** Hands requests on to the edge; what it answered to some of them nobody lives to hear. */
beforeAll(async () => {
  stack = await ownWorkspace(inject('stack') as Stack)
  source = await call<StackSource>(stack, 'POST', '/api/v1/sources', stack.workspace.api_key, {
    ...{ kind: 'backend', tracker: 'generic', name: 'shop', dedupe: { '*': 'every' } },
  })
  folder = mkdtempSync(join(tmpdir(), 'postback-import-'))
  proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = { 'content-type': 'application/json', 'idempotency-key': String(request.headers['idempotency-key']) }
    const said = await fetch(`${stack.edge_url}${request.url}`, { method: 'POST', headers, body: Buffer.concat(chunks) })
    const body = await said.text()
    if (said.status === 200 && KILLS.includes(++requests)) {
      child?.kill('SIGKILL')
      response.destroy()
    } else response.writeHead(said.status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  child?.kill('SIGKILL')
  proxy.close()
  rmSync(folder, { recursive: true })
})

/** `node src/main.ts import`, as a person calls it. */
function importing(
  file: string,
  more: readonly string[] = [],
): Promise<{ code: number | null; signal: string | null; out: string; err: string }> {
  const { port } = proxy.address() as AddressInfo
  const own = spawn(
    process.execPath,
    [
      ...[
        'src/main.ts',
        'import',
        file,
        '--map',
        'Click=click_id',
        '--map',
        'Order=transaction_id',
        '--map',
        'Sum=value',
        '--map',
        'Mail=user_email',
      ],
      ...['--set', 'event=Purchase', '--set', 'currency=EUR', '--batch', String(BATCH), '--url', `http://127.0.0.1:${port}`, ...more],
    ],
    { cwd: join(import.meta.dirname, '../..'), env: { ...process.env, POSTBACK_KEY: source.key }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  child = own
  let [out, err] = ['', '']
  own.stdout.on('data', (text) => {
    out += String(text)
  })
  own.stderr.on('data', (text) => {
    err += String(text)
  })
  return new Promise((resolve) => own.once('close', (code, signal) => resolve({ code, signal, out, err })))
}

/** The one row of a query. */
async function sql(query: string): Promise<number[]> {
  const response = await fetch(stack.clickhouse_url, { method: 'POST', body: `${query} FORMAT JSONCompactEachRow` })
  return (JSON.parse(await response.text()) as unknown[]).map(Number)
}

test('a file whose import is killed three times arrives whole, each row once, and what is not right is told', async () => {
  const file = join(folder, 'sales.csv')
  const lines = Array.from({ length: ROWS }, (_, n) => `${source.id}c${n},o${n},${(n % 900) + 0.5},buyer${n}@example.test`)
  lines[99] = `${source.id}c99,o99,ten,`
  lines[5_000] = 'too,few'
  writeFileSync(file, ['Click,Order,Sum,Mail', ...lines, ''].join('\n'))

  // The edge hears of the source a moment after the console.
  const known = async () => (await fetch(`${source.postback_url}`, { method: 'HEAD' })).status
  expect(await settled(known, (status) => status === 200, 5_000)).toBe(200)
  for (const _ of KILLS) expect(await importing(file)).toMatchObject({ code: null, signal: 'SIGKILL' })
  const last = await importing(file)
  expect(last.err).toContain('goes on after row')
  expect(last).toMatchObject({
    code: 3,
    out: expect.stringMatching(/^12000 rows: 11998 received, .* 1 refused, 1 not sent; .*errors\.csv says why/),
  })
  const errors = readFileSync(`${file}.errors.csv`, 'utf8').trim().split('\r\n')
  expect(errors[0]).toBe('row,line,code,reason')
  expect(errors.slice(1).map((line) => line.split(',').slice(0, 3).join())).toEqual(['100,101,value_invalid', '5001,5002,column_count'])

  const where = `workspace_id = '${stack.workspace.id}' AND source_id = '${source.id}'`
  const counts = () =>
    sql(`SELECT countIf(status = 'held'), uniqExactIf(transaction_id, status = 'held'), countIf(status = 'duplicate'), countIf(status = 'received')
      FROM postback.v_events WHERE ${where} AND status != 'quarantined'`)
  const seen = await settled(
    counts,
    ([held, , duplicates, received]) => received === 0 && Number(held) + Number(duplicates) >= ROWS - 2 + KILLS.length * BATCH,
    90_000,
  )
  expect(seen.slice(0, 2)).toEqual([ROWS - 2, ROWS - 2])
  expect(seen[2]).toBe(KILLS.length * BATCH)
  expect(requests).toBe(ROWS / BATCH + KILLS.length)
})

test('a dry run reads every row and sends none', async () => {
  const file = join(folder, 'dry.csv')
  writeFileSync(file, 'Click,Order,Sum,Mail\nc1,o1,1.5,\nc2,o2,x,\n{clickid},o3,1,\n')
  const before = requests
  const { code, out } = await importing(file, ['--dry-run'])
  expect([code, requests - before]).toEqual([3, 0])
  expect(out).toContain('row 1 is read as {"event":"Purchase"')
  expect(out).toContain('3 rows, 2 not right')
  expect(readFileSync(`${file}.errors.csv`, 'utf8')).toMatch(/2,3,value_invalid.*\r\n3,4,macro_unreplaced/)
})
