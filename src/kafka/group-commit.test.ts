import { afterEach, expect, test, vi } from 'vitest'
import { GenerationChanged } from './fault.ts'
import { createGroupCommit, type Part } from './group-commit.ts'
import { createOutputs } from './outputs.ts'

afterEach(() => void vi.useRealTimers())

const outputsOf = (count: number) =>
  createOutputs(Array.from({ length: count }, () => ({ topic: 't', partition: 0, key: null, value: null })))
const part = (name: string, isCurrent = () => true, count = 1): Part & { name: string } => ({ name, outputs: outputsOf(count), isCurrent })
const names = (parts: readonly Part[]): unknown[] => parts.map((one) => (one as Part & { name: string }).name)

function gated() {
  const runs: unknown[][] = []
  let gate = Promise.withResolvers<void>()
  return {
    runs,
    run: async (parts: readonly Part[]) => {
      runs.push(names(parts))
      await gate.promise
    },
    open() {
      gate.resolve()
      gate = Promise.withResolvers()
    },
    fail(error: Error) {
      gate.reject(error)
    },
  }
}
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

test('parts that come during a transaction share the next one', async () => {
  const gate = gated()
  const commit = createGroupCommit({ intervalMs: 0, run: gate.run, onFatal: () => undefined })
  const first = commit.add(part('a'))
  await until(() => gate.runs.length === 1)
  const later = [commit.add(part('b')), commit.add(part('c'))]
  gate.open()
  await first
  await until(() => gate.runs.length === 2)
  gate.open()
  await Promise.all(later)
  expect(gate.runs).toEqual([['a'], ['b', 'c']])
})

test('a part that is no longer ours is left out, the others go on', async () => {
  const runs: unknown[][] = []
  const commit = createGroupCommit({
    intervalMs: 0,
    run: async (parts) => void runs.push(names(parts)),
    onFatal: () => undefined,
  })
  const stale = commit.add(part('stale', () => false))
  const fresh = commit.add(part('fresh'))
  await expect(stale).rejects.toBeInstanceOf(GenerationChanged)
  await fresh
  expect(runs).toEqual([['fresh']])
})

test('a failed transaction is told once, and nothing is tried after it', async () => {
  const gate = gated()
  const fatal: unknown[] = []
  const commit = createGroupCommit({ intervalMs: 0, run: gate.run, onFatal: (error) => fatal.push(error) })
  let answered = false
  const answer = () => {
    answered = true
  }
  commit.add(part('a')).then(answer, answer)
  await until(() => gate.runs.length === 1)
  commit.add(part('b')).then(answer, answer)
  gate.fail(new Error('fenced'))
  await until(() => fatal.length === 1)
  await commit.idle()
  expect(gate.runs).toEqual([['a']])
  expect(answered).toBe(false)
})

test('held for a join: the running transaction ends, none begins until the release', async () => {
  const gate = gated()
  const commit = createGroupCommit({ intervalMs: 0, run: gate.run, onFatal: () => undefined })
  const first = commit.add(part('a'))
  await until(() => gate.runs.length === 1)
  let held = false
  const hold = commit.hold().then(() => {
    held = true
  })
  const second = commit.add(part('b'))
  await new Promise(setImmediate)
  expect(held).toBe(false)
  gate.open()
  await Promise.all([first, hold])
  expect(gate.runs).toEqual([['a']])
  commit.release()
  await until(() => gate.runs.length === 2)
  gate.open()
  await second
})

test('what has gathered past the bound does not wait for the interval', async () => {
  const runs: number[] = []
  const commit = createGroupCommit({
    intervalMs: 3_600_000,
    run: async (parts) => void runs.push(parts.reduce((sum, { outputs }) => sum + outputs.count, 0)),
    onFatal: () => undefined,
  })
  await commit.add(part('first')) // none before it: at once
  const many = part('many', () => true, 50_000)
  await commit.add(many)
  expect(runs).toEqual([1, 50_000])
})

test('batches go on while little waits, and no further than that', async () => {
  const gate = gated()
  const commit = createGroupCommit({ intervalMs: 0, run: gate.run, onFatal: () => undefined })
  await commit.admit(part('a'))
  await until(() => gate.runs.length === 1)
  await commit.admit(part('b'))
  let gone = false
  const much = commit.admit(part('c', () => true, 10_001)).then(() => {
    gone = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([gate.runs, gone]).toEqual([[['a']], false])
  gate.open()
  await much
  expect(gate.runs[1]).toEqual(['b', 'c'])
  gate.open()
  await commit.idle()
})

test('rebalance-leaves-no-transaction: hold commits what batches left that have long gone on, and waits for it', async () => {
  const gate = gated()
  const commit = createGroupCommit({ intervalMs: 60_000, run: gate.run, onFatal: () => undefined })
  await commit.admit(part('a'))
  await until(() => gate.runs.length === 1)
  await commit.admit(part('b'))
  let held = false
  const hold = commit.hold().then(() => {
    held = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([gate.runs, held]).toEqual([[['a']], false])
  gate.open()
  await until(() => gate.runs.length === 2)
  expect([gate.runs, held]).toEqual([[['a'], ['b']], false])
  gate.open()
  await hold
})

test('what was admitted and belongs to nobody any more is left out in silence', async () => {
  const runs: unknown[][] = []
  const commit = createGroupCommit({ intervalMs: 0, run: async (parts) => void runs.push(names(parts)), onFatal: () => undefined })
  await commit.admit(part('stale', () => false))
  await commit.add(part('fresh'))
  expect(runs).toEqual([['fresh']])
})

test('a transaction begins where a fetch is worked off, up to an eighth of the interval early or late', async () => {
  vi.useFakeTimers()
  const begunMs: number[] = []
  let isAtWork = false
  const run = async () => void begunMs.push(performance.now())
  const commit = createGroupCommit({ intervalMs: 80, isAtWork: () => isAtWork, run, onFatal: () => undefined })
  const put = () => void commit.add(part('a'))
  const until = (ms: number) => vi.advanceTimersByTimeAsync(ms - performance.now())
  const startMs = performance.now()
  const since = () => begunMs.map((ms) => ms - startMs)
  put()
  await until(startMs + 20)
  expect(since()).toEqual([0])

  isAtWork = true // early: at 72 it is worked off
  put()
  await until(startMs + 72)
  isAtWork = false
  commit.settled()
  await until(startMs + 100)
  expect(since()).toEqual([0, 72])

  put()
  await until(startMs + 150)
  isAtWork = true // late: work began before 152 and ends behind it
  await until(startMs + 158)
  expect(since()).toEqual([0, 72])
  isAtWork = false
  commit.settled()
  await until(startMs + 160)
  expect(since()).toEqual([0, 72, 158])

  isAtWork = true // it does not end
  put()
  await until(startMs + 300)
  expect(since()).toEqual([0, 72, 158, 248])
})

test('given-up: what waits once its generation has ended is told so, and what comes before the next begins too', async () => {
  const runs: unknown[][] = []
  const commit = createGroupCommit({ intervalMs: 0, run: async (parts) => void runs.push(names(parts)), onFatal: () => undefined })
  await commit.hold()
  const waiting = [commit.add(part('a')), commit.admit(part('b'))]
  commit.giveUp()
  for (const one of [...waiting, commit.add(part('c')), commit.admit(part('d'))])
    await expect(one).rejects.toBeInstanceOf(GenerationChanged)
  commit.release()
  await commit.add(part('e'))
  expect(runs).toEqual([['e']])
})
