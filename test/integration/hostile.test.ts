import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { consoleShapes } from '../support/hostile/console-shapes.ts'
import { type EdgePlaces, edgeShapes } from '../support/hostile/edge-shapes.ts'
import { AT_ONCE, faultsOf } from '../support/hostile/faults.ts'
import { post } from '../support/hostile/packet.ts'
import { transportShapes } from '../support/hostile/transport.ts'
import { settled } from '../support/run-through.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const stackFile = inject('stackFile') as string
const PATH = '/api/v1/postback/conversions'
const WITHIN_MS = 300_000
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

const pidsOf = (): Stack['pids'] => (JSON.parse(readFileSync(stackFile, 'utf8')) as Stack).pids
const logOf = (role: string): string =>
  globSync(join(dirname(stackFile), 'logs', `${role}*.log`))
    .map((file) => readFileSync(file, 'utf8'))
    .join('')
const failures = (role: string): number => logOf(role).split(/a request could not be handled|request failed/).length - 1
const rssOf = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test(
  'no-request-breaks-the-door: the edge',
  async () => {
    const [before, failed] = [pidsOf(), failures('edge')]
    const target = `${PATH}/${places.key}`
    expect(await faultsOf(stack.edge_url, [...transportShapes(target), ...edgeShapes(places)], false)).toEqual([])
    expect(failures('edge'), 'nothing was answered for want of a better answer').toBe(failed)
    expect(pidsOf().edge, 'no process has ended').toEqual(before.edge)
    expect((await fetch(`${stack.edge_url}${PATH}?key=${places.key}&event=Lead&click_id=after`)).status).toBe(200)
  },
  WITHIN_MS,
)

test(
  'no-request-breaks-the-door: the console',
  async () => {
    const [before, failed] = [pidsOf(), failures('console')]
    expect(await faultsOf(stack.console_url, [...transportShapes('/docs'), ...consoleShapes(places.apiKey)], true)).toEqual([])
    expect(failures('console'), 'nothing was answered for want of a better answer').toBe(failed)
    expect(pidsOf().console, 'no process has ended').toEqual(before.console)
  },
  WITHIN_MS,
)

test(
  'memory-is-bounded: bodies as large as they may be, many at once, leave the edge as it was',
  async () => {
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
      targets.map((target) => ({
        name: `bomb ${n} to ${target.slice(0, 20)}`,
        bytes: post(target, body, { headers }),
        // Who is refused while he still sends may lose the answer with the connection.
        maySay: 'nothing' as const,
      })),
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
  },
  WITHIN_MS,
)
