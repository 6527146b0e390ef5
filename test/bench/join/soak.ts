import { type Memory, memoryOf } from '../memory.ts'

const EVERY_MS = 2_000
const MIB = 1_048_576

export type MemorySample = Memory & { readonly atMs: number }

/** Samples the memory of these processes until it is stopped. */
export function sampleMemory(pids: readonly number[]): { stop(): MemorySample[] } {
  const samples: MemorySample[] = []
  const timer = setInterval(() => samples.push({ atMs: performance.now(), ...memoryOf(pids) }), EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      return samples
    },
  }
}

/** MiB a minute by least squares, of the samples past the first third, which lets a process fill its heap; null of fewer than two. */
export function growth(samples: readonly MemorySample[]): number | null {
  const late = samples.slice(Math.floor(samples.length / 3))
  if (late.length < 2) return null
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [atMean, anonMean] = [mean(late.map(({ atMs }) => atMs)), mean(late.map(({ rssAnon }) => rssAnon))]
  const over = late.reduce((sum, { atMs, rssAnon }) => sum + (atMs - atMean) * (rssAnon - anonMean), 0)
  const under = late.reduce((sum, { atMs }) => sum + (atMs - atMean) ** 2, 0)
  return ((over / under) * 60_000) / MIB
}
