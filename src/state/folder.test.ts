import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openFolder, type SetAside } from './folder.ts'
import { foreign, IDENTITY_FILE, type Identity, STATE_FORMAT, writeIdentity } from './identity.ts'
import { asideCounts, asidesOf } from './set-aside.ts'
import { begun, NO_STARTS, opened, suspicious, writeStarts } from './starts.ts'

const ours: Identity = {
  format: STATE_FORMAT,
  clusterId: 'c1',
  topics: { clicks: { id: 'a', partitions: 12 }, pending: { id: 'b', partitions: 12 } },
}

test.each([
  { name: 'the same logs', found: ours, why: null },
  { name: 'another format', found: { ...ours, format: STATE_FORMAT - 1 }, why: 'other_format' },
  { name: 'another cluster', found: { ...ours, clusterId: 'c2' }, why: 'other_cluster' },
  { name: 'a topic made again', found: { ...ours, topics: { ...ours.topics, pending: { id: 'z', partitions: 12 } } }, why: 'other_topic' },
  { name: 'a topic less', found: { ...ours, topics: { clicks: { id: 'a', partitions: 12 } } }, why: 'other_topic' },
  { name: 'a topic more', found: { ...ours, topics: { ...ours.topics, more: { id: 'c', partitions: 12 } } }, why: 'other_topic' },
  { name: 'more partitions', found: { ...ours, topics: { ...ours.topics, clicks: { id: 'a', partitions: 24 } } }, why: 'other_partitions' },
])('state of $name: $why', ({ found, why }) => expect(foreign(found, ours)).toBe(why))

let root: string
let path: string
let told: SetAside[]
let nowMs: number
let exits: (() => void)[]
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'postback-folder-'))
  path = join(root, 'attribution-0')
  told = []
  exits = []
  nowMs = 1_764_000_000_000
})
afterEach(() => rmSync(root, { recursive: true, force: true }))
const open = (identity = ours) =>
  openFolder({ path, identity, nowMs: () => nowMs++, onSetAside: (one) => void told.push(one), onExit: (work) => void exits.push(work) })
const leave = (name: string, text: string) => {
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, name), text)
}

test('an empty place gets an identity, and is known by it the next time', () => {
  open().opened()
  leave('data', 'x')
  open().opened()
  expect(told).toEqual([])
  expect(readFileSync(join(path, 'data'), 'utf8')).toBe('x')
})

test.each<{ name: string; prepare: () => void; why: string }>([
  { name: 'another cluster', prepare: () => open({ ...ours, clusterId: 'c2' }), why: 'other_cluster' },
  { name: 'nobody knows which', prepare: () => leave('data.mdb', 'x'), why: 'identity_missing' },
  { name: 'a torn identity', prepare: () => leave(IDENTITY_FILE, '{"format": 2, "clus'), why: 'identity_unreadable' },
  {
    name: 'an identity that is a folder',
    prepare: () => mkdirSync(join(path, IDENTITY_FILE), { recursive: true }),
    why: 'identity_unreadable',
  },
  { name: 'a file in its place', prepare: () => writeFileSync(path, 'x'), why: 'identity_unreadable' },
])('state of $name is set aside, told, and begun anew', ({ prepare, why }) => {
  prepare()
  open().opened()
  expect(told).toEqual([expect.objectContaining({ folder: path, why, aside: expect.stringContaining('attribution-0.aside-20251124T') })])
  expect(existsSync(told[0]?.aside ?? '')).toBe(true)
  expect(readdirSync(path).toSorted()).toEqual([IDENTITY_FILE, 'starts.json'])
})

test('the last two that were set aside are kept, each with its reason', () => {
  for (const clusterId of ['c2', 'c3', 'c4', 'c5']) open({ ...ours, clusterId })
  expect(asidesOf(path)).toEqual(told.slice(-2).map(({ aside }) => aside))
  expect(asideCounts(path).get('other_cluster')).toBe(2)
  expect(asideCounts(path).get('corrupt')).toBe(0)
})

test('what the process finds broken is set aside once, and its Fault says what happens now', () => {
  const folder = open()
  leave('data.mdb', 'x')
  const fault = folder.judge(Object.assign(new Error('MDB_CORRUPTED'), { code: -30_796 }))
  expect(fault).toMatchObject({ code: 'state_corrupt', message: expect.stringContaining('rebuilt from the topics') })
  folder.judge(fault)
  expect(told).toEqual([expect.objectContaining({ why: 'corrupt', detail: 'MDB_CORRUPTED' })])
  expect(existsSync(path)).toBe(false)
})

test('a full disk says nothing against the folder', () => {
  const folder = open()
  expect(folder.judge(Object.assign(new Error('no space'), { code: 28 }))).toMatchObject({
    code: 'state_full',
    message: expect.stringContaining(path),
  })
  const other = new Error('anything else')
  expect(folder.judge(other)).toBe(other)
  expect(told).toEqual([])
})

test.each([
  { name: 'twice amid opening', starts: begun(begun(NO_STARTS)), why: 'crashes' },
  { name: 'once amid opening', starts: begun(NO_STARTS), why: undefined },
  { name: 'nine times after opening', starts: nine(), why: undefined },
  { name: 'ten times after opening', starts: opened(begun(nine())), why: 'crashes' },
])('a folder whose processes died $name: $why', ({ starts, why }) => {
  mkdirSync(path)
  writeIdentity(path, ours)
  writeStarts(path, starts)
  expect(suspicious(starts)).toBe(why !== undefined)
  open()
  expect(told[0]?.why).toBe(why)
})

test('a process that ends in order, or dies long after it had settled, says nothing against the folder', () => {
  for (let start = 0; start < 12; start++) {
    open()
    exits.at(-1)?.()
  }
  expect(told).toEqual([])
  vi.useFakeTimers()
  for (let start = 0; start < 12; start++) {
    const folder = open()
    folder.opened()
    folder.settled()
    vi.advanceTimersByTime(60_000)
  }
  vi.useRealTimers()
  expect(told).toEqual([])
})

function nine() {
  let starts = NO_STARTS
  for (let start = 0; start < 9; start++) starts = opened(begun(starts))
  return starts
}
