import type { RowBatch } from './sink.ts'

export type Collector = {
  /** Resolves when the flush that took this batch is stored. */
  add(batch: RowBatch): Promise<void>
}

type Waiting = { readonly batch: RowBatch; readonly done: () => void; readonly failed: (error: unknown) => void }

/** Gathers the batches of many partitions into one flush, so that ClickHouse gets few large inserts: a flush starts
 *  `lingerMs` after its first batch or with `maxRows` rows, never while another is under way. What came together stays
 *  together, since its deduplication token names it. */
export function createCollector(deps: {
  readonly flush: (batches: readonly RowBatch[]) => Promise<void>
  readonly maxRows: number
  readonly lingerMs: number
}): Collector {
  const { flush, maxRows, lingerMs } = deps
  let waiting: Waiting[] = []
  let rows = 0
  let timer: NodeJS.Timeout | undefined
  let flushing = false
  let due = false

  async function run(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    due = false
    const taken = waiting
    waiting = []
    rows = 0
    flushing = true
    try {
      await flush(taken.map(({ batch }) => batch))
      for (const { done } of taken) done()
    } catch (error) {
      for (const { failed } of taken) failed(error)
    }
    flushing = false
    if (due) void run()
  }

  function start(): void {
    if (waiting.length === 0) return
    if (flushing) due = true
    else void run() // it hands its outcome to those who wait
  }

  return {
    add(batch) {
      return new Promise((done, failed) => {
        waiting.push({ batch, done, failed })
        rows += batch.rows.length
        if (rows >= maxRows) start()
        else timer ??= setTimeout(start, lingerMs)
      })
    },
  }
}
