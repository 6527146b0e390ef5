import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { IDENTITY_FILE } from '../../src/state/identity.ts'
import { openState } from '../../src/state/lmdb.ts'
import { asidesOf } from '../../src/state/set-aside.ts'
import { countInApi, type Plan, sendClicks, sendPostbacks, settled } from '../support/run-through.ts'
import { ownWorkspace } from '../support/workspace.ts'

const KNOWN = 40
const PLAN = { postbacks: 60, known: KNOWN, perSecond: 300 }
const FOLDER = join(dirname(inject('stackFile')), 'state', 'attribution-0')

const pidOf = (): number => (JSON.parse(readFileSync(inject('stackFile'), 'utf8')) as Stack).pids.attribution[0] ?? Number.NaN
const files = (folder: string, name: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path))
    .map((path) => join(folder, path))

function flip(path: string, every: number, from = 0): void {
  const bytes = readFileSync(path)
  for (let at = from; at < bytes.length; at += every) bytes[at] = (bytes[at] as number) ^ 0xff // inside the file
  writeFileSync(path, bytes, { flag: 'r+' })
}

function rewriteIdentity(change: (identity: { clusterId: string; topics: Record<string, { id: string }> }) => void): void {
  const path = join(FOLDER, IDENTITY_FILE)
  const identity = JSON.parse(readFileSync(path, 'utf8'))
  change(identity)
  writeFileSync(path, JSON.stringify(identity))
}

/** Breaks the folder of a process that stands still, and ends it: the next one finds it so. */
async function breakState(how: () => void | Promise<void>): Promise<void> {
  const pid = pidOf()
  process.kill(pid, 'SIGSTOP')
  await how()
  process.kill(pid, 'SIGKILL')
}

async function aheadOfItsLog(): Promise<void> {
  const state = openState(FOLDER)
  const key = Buffer.concat([Buffer.from([0, 0]), Buffer.from('pending')])
  const next = Buffer.alloc(6)
  next.writeUIntBE(1_000_000_000, 0, 6)
  state.table('positions').put(key, next)
  await state.close()
}

test.each<{ name: string; how: () => void | Promise<void>; why: string | null }>([
  {
    name: 'is of another cluster',
    why: 'other_cluster',
    how: () => rewriteIdentity((identity) => Object.assign(identity, { clusterId: 'another' })),
  },
  {
    name: 'is of a topic that was made again',
    why: 'other_topic',
    how: () => rewriteIdentity(({ topics }) => Object.assign(topics.pending ?? {}, { id: 'another' })),
  },
  { name: 'has no identity', why: 'identity_unreadable', how: () => writeFileSync(join(FOLDER, IDENTITY_FILE), '') },
  { name: 'has read more than there is', why: 'ahead_of_log', how: aheadOfItsLog },
  { name: 'has flipped bytes in what is held', why: 'corrupt', how: () => flip(join(FOLDER, 'data.mdb'), 512, 100) },
  { name: 'was cut off', why: 'corrupt', how: () => truncateSync(join(FOLDER, 'data.mdb'), 9_000) },
  {
    name: 'has flipped bytes in its clicks', // cut there, and read again from the topic
    why: null,
    how: () => {
      for (const path of files(FOLDER, /^clicks.*\.log$/)) flip(path, 400, 200)
    },
  },
])(
  'a state that $name is never used: $why',
  async ({ how, why }) => {
    const stack = await ownWorkspace(inject('stack') as Stack)
    const plan: Plan = { mark: `b${Date.now().toString(36)}`, ...PLAN }
    const counts = () => countInApi(stack)
    await sendClicks(stack, plan, 0, KNOWN)
    await sendPostbacks(stack, plan)
    expect(await settled(counts, ({ matched, held }) => matched === KNOWN && held === 20, 90_000)).toMatchObject({
      matched: KNOWN,
      held: 20,
    })

    const before = new Set(asidesOf(FOLDER))
    await breakState(how)
    const pids = new Set<number>()
    const watching = setInterval(() => pids.add(pidOf()), 50)
    await sendClicks(stack, plan, KNOWN, KNOWN + 10)
    await sendPostbacks(stack, plan)
    const after = await settled(
      counts,
      ({ matched, duplicate, forwarded }) => matched === KNOWN + 10 && duplicate >= 60 && forwarded === KNOWN + 10,
      120_000,
    )
    clearInterval(watching)
    expect(after).toMatchObject({ matched: KNOWN + 10, held: 10, forwarded: KNOWN + 10 })
    expect(after.duplicate).toBeGreaterThanOrEqual(60)
    const reasons = asidesOf(FOLDER)
      .filter((aside) => !before.has(aside))
      .map((aside) => (JSON.parse(readFileSync(join(aside, 'set-aside.json'), 'utf8')) as { why: string }).why)
    expect(reasons).toEqual(why === null ? [] : [why])
    // The one that was killed, the one that found it broken, and the one that began anew.
    expect(pids.size).toBeLessThanOrEqual(3)
  },
  300_000,
)

test('a restore that is killed every two seconds goes on each time, and ends with the same counts', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const plan: Plan = { mark: `r${Date.now().toString(36)}`, postbacks: 600, known: 5_000, perSecond: 300 }
  const counts = () => countInApi(stack)
  await sendClicks(stack, plan, 0, plan.known)
  await sendPostbacks(stack, plan)
  await settled(counts, ({ matched }) => matched === 600, 120_000)
  const before = asidesOf(FOLDER).length
  await breakState(() => rewriteIdentity((identity) => Object.assign(identity, { clusterId: 'another' })))
  for (let kills = 0; kills < 5; kills++) {
    await sleep(2_000)
    try {
      process.kill(pidOf(), 'SIGKILL')
    } catch {} // it is just starting again
  }
  await sendPostbacks(stack, plan)
  const after = await settled(counts, ({ duplicate, forwarded }) => duplicate >= 600 && forwarded === 600, 180_000)
  expect(after).toMatchObject({ matched: 600, held: 0, forwarded: 600 })
  expect(after.duplicate).toBeGreaterThanOrEqual(600)
  expect(asidesOf(FOLDER).length).toBeLessThanOrEqual(before + 2)
}, 400_000)
