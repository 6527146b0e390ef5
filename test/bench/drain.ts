import { setTimeout as sleep } from 'node:timers/promises'

export type Progress = {
  /** Counts up to the total. */
  readonly done: number
  /** What the figures are per, where that is not what `done` counts. */
  readonly units?: number
}
/** CPU microseconds since their start, by process group. */
export type CpuUs = Readonly<Record<string, number>>
export type Sample = Progress & { readonly atMs: number; readonly cpuUs: CpuUs }

export type Drained = {
  readonly units: number
  readonly seconds: number
  readonly perSecond: number
  readonly cpuUsPerUnit: CpuUs
}

const EVERY_MS = 100
const STALLED_AFTER_MS = 90_000

/** Watches a backlog until it is worked off. Throws when nothing moves. */
export async function watch(deps: {
  readonly total: number
  readonly progress: () => Promise<Progress>
  readonly cpuUs: () => CpuUs
}): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  let movedMs = performance.now()
  for (;;) {
    const progress = await deps.progress()
    const sample = { ...progress, atMs: performance.now(), cpuUs: deps.cpuUs() }
    if (progress.done > (samples.at(-1)?.done ?? 0)) movedMs = sample.atMs
    samples.push(sample)
    if (progress.done >= deps.total) return samples
    if (sample.atMs - movedMs > STALLED_AFTER_MS)
      throw new Error(`Stands still at ${progress.done} of ${deps.total} for ${STALLED_AFTER_MS / 1_000} s.`)
    await sleep(EVERY_MS)
  }
}

/** From the first sample that is past the warm-up to the last one. Throws when that is no time at all. */
export function measured(samples: readonly Sample[], warm: number): Drained {
  const [first, last] = [samples.find(({ done }) => done >= warm), samples.at(-1)]
  if (first === undefined || last === undefined || first === last)
    throw new Error('It was done before it could be measured: take a larger --n.')
  const units = (last.units ?? last.done) - (first.units ?? first.done)
  const seconds = (last.atMs - first.atMs) / 1_000
  const cpuUsPerUnit = Object.fromEntries(Object.entries(last.cpuUs).map(([name, us]) => [name, (us - (first.cpuUs[name] ?? 0)) / units]))
  return { units, seconds, perSecond: units / seconds, cpuUsPerUnit }
}
