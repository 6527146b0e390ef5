import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

/** Numbers above zero from the command line, by the names of `defaults`, and `seed`, which may be zero and is drawn where none is
 *  given. Throws with `usage` for what is no number. */
export function runOptions<Name extends string>(usage: string, defaults: Readonly<Record<Name, string>>): (name: Name | 'seed') => number {
  const texts = { ...defaults, seed: String(randomInt(1_000_000)) }
  const options = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, { type: 'string' as const, default: String(text) }]),
  )
  const { values } = parseArgs({ options })
  return (name) => {
    const value = Number(values[name])
    if (!Number.isFinite(value) || value < 0 || (name !== 'seed' && value === 0)) throw new Error(`--${name} takes a number.\n${usage}`)
    return value
  }
}

/** Runs a long test from the command line: its lines carry the seconds since its start, and it ends 1 when it throws. */
export function runLong(work: (tell: (line: string) => void) => Promise<number>): void {
  const started = performance.now()
  work((line) => console.log(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s] ${line}`)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error)
      process.exit(1)
    },
  )
}
