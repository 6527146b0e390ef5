import { cpus, loadavg } from 'node:os'
import { createEnding } from '../../src/local/ending.ts'
import { benchEdge } from './edge/bench.ts'
import type { Report } from './figures.ts'
import { rounded } from './figures.ts'
import { benchForward } from './forward.ts'
import { type Ground, openGround } from './ground.ts'
import { benchAttribution } from './join/bench.ts'
import { type BenchName, type Options, readOptions } from './options.ts'
import { benchStore } from './store.ts'

export type Bench = (ground: Ground, options: Options, tell: (line: string) => void) => Promise<Report>

const RUN: Readonly<Record<BenchName, Bench>> = { edge: benchEdge, attribution: benchAttribution, store: benchStore, forward: benchForward }

const startedMs = performance.now()
const tell = (line: string): void => console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${line}`)

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const ending = createEnding()
  // Broken off is no success, even if everything ended well.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.run().finally(() => process.exit(1)))
  const before = loadavg()[0] ?? 0
  try {
    const ground = await openGround(options.stackFile, ending, tell)
    const { figures, run } = await RUN[options.name](ground, options, tell)
    print(options, Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, rounded(figure)])), {
      ...run,
      alone: ground.alone,
      node: process.version,
      cores: cpus().length,
      load_average_before: before,
    })
  } finally {
    await ending.run()
  }
}

/** The summary, then the one line that machines read. */
function print({ name, json }: Options, figures: Report['figures'], run: Report['run']): void {
  const line = (key: string, value: unknown): string =>
    `  ${key.padEnd(28)} ${typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? 'not measured')}`
  const lines = (values: object): string =>
    Object.entries(values)
      .map(([key, value]) => line(key, value))
      .join('\n')
  console.log(`\n${name}\n${lines(figures)}\n\nmeasured with\n${lines(run)}\n`)
  if (json) console.log(JSON.stringify({ bench: name, ...figures, run }))
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
