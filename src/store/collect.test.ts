import { expect, test, vi } from 'vitest'
import { createCollector } from './collect.ts'
import type { RowBatch } from './sink.ts'

const batch = (partition: number, rows = 1): RowBatch => ({
  topic: 'clicks',
  partition,
  firstOffset: 0,
  nextOffset: rows,
  rows: Array.from({ length: rows }, () => ['clicks', {}] as const),
})

test('batches of one linger are one flush, and each add waits for it', async () => {
  vi.useFakeTimers()
  try {
    const flushes: number[][] = []
    const stored = Promise.withResolvers<void>()
    const collector = createCollector({
      maxRows: 100,
      lingerMs: 300,
      flush: async (batches) => {
        flushes.push(batches.map(({ partition }) => partition))
        await stored.promise
      },
    })
    let done = 0
    const adds = [0, 1].map((partition) => collector.add(batch(partition)).then(() => done++))
    await vi.advanceTimersByTimeAsync(299)
    expect(flushes).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(flushes).toEqual([[0, 1]])
    expect(done).toBe(0)
    stored.resolve()
    await Promise.all(adds)
    expect(done).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})

test('enough rows start a flush at once; what comes during it goes together into the next', async () => {
  const flushes: number[][] = []
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const collector = createCollector({
    maxRows: 2,
    lingerMs: 60_000,
    flush: async (batches) => {
      flushes.push(batches.map(({ partition }) => partition))
      await gates[flushes.length - 1]?.promise
    },
  })
  const first = collector.add(batch(0, 2))
  const second = collector.add(batch(1, 2))
  const third = collector.add(batch(2, 2))
  expect(flushes).toEqual([[0]])
  gates[0]?.resolve()
  await first
  await vi.waitFor(() => expect(flushes).toEqual([[0], [1, 2]]))
  gates[1]?.resolve()
  await Promise.all([second, third])
})

test('a flush that fails fails those who wait for it, and no others', async () => {
  let failing = true
  const collector = createCollector({
    maxRows: 1,
    lingerMs: 1,
    flush: async () => {
      if (failing) throw new Error('aborted')
    },
  })
  await expect(collector.add(batch(0))).rejects.toThrow('aborted')
  failing = false
  await collector.add(batch(0))
})
