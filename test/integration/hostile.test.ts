import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { consoleShapes } from '../support/hostile/console-shapes.ts'
import { type EdgePlaces, edgeShapes } from '../support/hostile/edge-shapes.ts'
import { type Hostile, post } from '../support/hostile/packet.ts'
import { type Answered, exchange } from '../support/hostile/raw-http.ts'
import { transportShapes } from '../support/hostile/transport.ts'
import { settled } from '../support/run-through.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const stackFile = inject('stackFile') as string
const PATH = '/api/v1/postback/conversions'
/** As a fault of ours would be shown: V8's frames, our own paths, ClickHouse's words. */
const INSIDE = /\n\s+at |node:internal|node_modules\/|\/src\/[a-z-]+\/|(?:Type|Range|Reference|Syntax)Error\b|ClickHouseError|DB::Exception/
const AT_ONCE = 8
/** Generous: a process that keeps what it is sent goes far beyond it. */
const RSS_MAX_BYTES = 900 * 1024 * 1024

let stack: Stack
let places: EdgePlaces
beforeAll(async () => {
  stack = await ownWorkspace(inject('stack') as Stack)
  const tracker = sourceOf(stack, 'generic')
  places = {
    key: tracker.key,
    backendKey: sourceOf(stack, 'generic', 'backend').key,
    clickKey: tracker.click_key,
    apiKey: stack.workspace.api_key,
  }
  // The edge hears of the workspace a moment after the console.
  const headers = { authorization: `Bearer ${places.apiKey}` }
  const config = async () => (await fetch(`${stack.edge_url}/api/v1/postback/config`, { headers })).status
  expect(await settled(config, (status) => status === 200, 10_000)).toBe(200)
})

/** What is wrong with one answer; null: nothing. */
function faultOf(answer: Answered): string | null {
  const { status, headers, body } = answer
  const type = headers['content-type'] ?? ''
  if (!(status < 500)) return `answered ${status}`
  if (INSIDE.test(body)) return 'shows something of the inside'
  if (headers['x-content-type-options'] !== 'nosniff') return 'has no headers of ours'
  if (status < 400) return null
  if (!type.startsWith('application/problem+json')) return `${status} came as ${type || 'nothing'}`
  const problem = JSON.parse(body || 'null') as { status?: unknown; code?: unknown; detail?: unknown } | null
  const isProblem = problem?.status === status && typeof problem.code === 'string' && typeof problem.detail === 'string'
  return isProblem ? null : `${status} is no problem: ${body.slice(0, 200)}`
}

/** Sends all, some at a time, and tells of each that was not answered as it must be. */
async function faultsOf(url: string, shapes: readonly Hostile[], mayBeHtml: boolean): Promise<string[]> {
  const faults: string[] = []
  const left = [...shapes]
  const one = async (): Promise<void> => {
    for (let shape = left.shift(); shape !== undefined; shape = left.shift()) {
      const { name, bytes, status, maySay, endsThere } = shape
      const { answers, rest, isClosed } = await exchange(url, bytes)
      const tell = (what: string) => faults.push(`${name}: ${what}`)
      if (rest !== '') tell(`ended in ${JSON.stringify(rest.slice(0, 100))}`)
      if (answers.length === 0 && maySay !== 'nothing') tell('was not answered')
      if (answers.length > 1) tell(`was answered ${answers.length} times: ${answers.map((answer) => answer.status)}`)
      const [answer] = answers
      if (answer === undefined) continue
      const fault = faultOf(answer)
      if (fault !== null) tell(fault)
      if (status !== undefined && !status.includes(answer.status)) tell(`answered ${answer.status}: ${answer.body.slice(0, 200)}`)
      if (endsThere === true && answer.status >= 400 && !isClosed) tell('left the connection open')
      if (!mayBeHtml && /html/.test(answer.headers['content-type'] ?? '')) tell('came as HTML')
      if (/\s|^(?!https:\/\/example\.com\/|\/)/.test(answer.headers.location ?? '/')) tell(`leads to ${answer.headers.location}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return faults
}

const pidsOf = (): Stack['pids'] => (JSON.parse(readFileSync(stackFile, 'utf8')) as Stack).pids
const logOf = (role: string): string =>
  globSync(join(dirname(stackFile), 'logs', `${role}*.log`))
    .map((file) => readFileSync(file, 'utf8'))
    .join('')
const failures = (role: string): number => logOf(role).split(/a request could not be handled|request failed/).length - 1
const rssOf = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test('no-request-breaks-the-door: the edge', async () => {
  const [before, failed] = [pidsOf(), failures('edge')]
  const target = `${PATH}/${places.key}`
  expect(await faultsOf(stack.edge_url, [...transportShapes(target), ...edgeShapes(places)], false)).toEqual([])
  expect(failures('edge'), 'nothing was answered for want of a better answer').toBe(failed)
  expect(pidsOf().edge, 'no process has ended').toEqual(before.edge)
  expect((await fetch(`${stack.edge_url}${PATH}?key=${places.key}&event=Lead&click_id=after`)).status).toBe(200)
})

test('no-request-breaks-the-door: the console', async () => {
  const [before, failed] = [pidsOf(), failures('console')]
  expect(await faultsOf(stack.console_url, [...transportShapes('/docs'), ...consoleShapes(places.apiKey)], true)).toEqual([])
  expect(failures('console'), 'nothing was answered for want of a better answer').toBe(failed)
  expect(pidsOf().console, 'no process has ended').toEqual(before.console)
})

test('memory-is-bounded: bodies as large as they may be, many at once, leave the edge as it was', async () => {
  const open = '{"event":"Lead","click_id":"c","note":"'
  const bombs = [
    `[${Array.from({ length: 10_000 }, (_, n) => `{"event":"Lead","click_id":"bomb${n}","sub1":"${'x'.repeat(900)}"}`).join(',')}]`,
    '['.repeat(9_900_000),
    `[{${Array.from({ length: 900_000 }, (_, n) => `"k${n}":0`).join(',')}}]`,
    `{"event":"Lead","a":"${'\\u0000'.repeat(1_600_000)}"}`,
    `${open}${'é'.repeat(4_900_000)}"}`,
  ]
  const targets = [`${PATH}/batch?key=${places.key}`, '/api/v1/clicks']
  const headers = [`Authorization: Bearer ${places.apiKey}`]
  const shapes = bombs.flatMap((body, n) =>
    targets.map((target) => ({ name: `bomb ${n} to ${target.slice(0, 20)}`, bytes: post(target, body, { headers }) })),
  )
  let peak = 0
  const watching = setInterval(() => {
    for (const pid of pidsOf().edge) peak = Math.max(peak, rssOf(pid))
  }, 50)
  const faults = await faultsOf(stack.edge_url, [...shapes, ...shapes], false)
  clearInterval(watching)
  console.log(`at most ${Math.round(peak / 2 ** 20)} MB under ${shapes.length * 2} bodies of 10 MB, ${AT_ONCE} at once`)
  // An edge that sheds load says so, and says when to come again.
  expect(faults.filter((fault) => !/answered 503$/.test(fault))).toEqual([])
  expect(peak).toBeLessThan(RSS_MAX_BYTES)
})
