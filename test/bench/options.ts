import { parseArgs } from 'node:util'

export const BENCHES = ['edge', 'attribution', 'store', 'forward'] as const
export type BenchName = (typeof BENCHES)[number]

export type Options = {
  readonly name: BenchName
  /** One JSON object as the last line. */
  readonly json: boolean
  /** `stack.json` of a stack that runs; null: the bench brings up its own and runs each role alone. */
  readonly stackFile: string | null
  /** Postbacks that count, of attribution, store and forward: about so many of a backlog of twice as many. */
  readonly n: number
  /** Of each leg of the edge. */
  readonly warmUpMs: number
  /** Of each leg of the edge, and of the paced part of attribution. */
  readonly measureMs: number
  /** Of the edge under full load. */
  readonly connections: number
  /** Postbacks a second of the paced part of attribution. */
  readonly ratePerS: number
  /** How often peers are measured; ours is measured before the first and after each. */
  readonly rounds: number
}

export const USAGE = `npm run bench -- ${BENCHES.join(' | ')} [--json]
  --stack FILE       a running stack's stack.json; without it the bench brings up its own
  --n 50000          postbacks that count, of a backlog of twice as many (attribution, store, forward)
  --warm-up 10       seconds of each leg of the edge before it counts
  --seconds 10       seconds that count: each leg of the edge, the paced part of attribution
  --connections 64   of the edge under full load
  --rate 500         postbacks a second of the paced part of attribution
  --rounds 1         how often peers are measured, in the order A-B-A-B-...-A`

/** Throws an Error that tells what is wrong and how it is used. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const name = BENCHES.find((one) => one === positionals[0])
  if (name === undefined || positionals.length > 1) throw new Error(USAGE)
  const count = (option: 'n' | 'seconds' | 'connections' | 'rate' | 'rounds' | 'warm-up', least = 1): number => {
    const value = Number(values[option])
    if (!Number.isInteger(value) || value < least) throw new Error(`--${option} takes a whole number from ${least}.\n${USAGE}`)
    return value
  }
  return {
    name,
    json: values.json,
    stackFile: values.stack ?? null,
    n: count('n', 1_000),
    warmUpMs: count('warm-up') * 1_000,
    measureMs: count('seconds') * 1_000,
    connections: count('connections'),
    ratePerS: count('rate'),
    rounds: count('rounds'),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        stack: { type: 'string' },
        n: { type: 'string', default: '50000' },
        'warm-up': { type: 'string', default: '10' },
        seconds: { type: 'string', default: '10' },
        connections: { type: 'string', default: '64' },
        rate: { type: 'string', default: '500' },
        rounds: { type: 'string', default: '1' },
      },
    })
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}
