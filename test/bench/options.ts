import { parseArgs } from 'node:util'

export const BENCHES = ['edge', 'attribution', 'store', 'forward'] as const
export type BenchName = (typeof BENCHES)[number]

export type Options = {
  readonly name: BenchName
  /** One JSON object as the last line. */
  readonly json: boolean
  /** `stack.json` of a stack that runs; null: the bench brings up its own and runs each role alone. */
  readonly stackFile: string | null
  /** Postbacks that count, of store and forward: about so many of a backlog of twice as many. */
  readonly n: number
  /** Of each leg of the edge. */
  readonly warmUpMs: number
  /** Of each leg of the edge, and of the paced part of attribution. */
  readonly measureMs: number
  /** Of the edge under full load. */
  readonly connections: number
  readonly join: {
    /** Loaded from an empty state in each turn. */
    readonly clicks: number
    /** Joined in each turn; the first of them warm up. */
    readonly postbacks: number
    /** Whose they are, by Zipf's law. */
    readonly workspaces: number
    /** Postbacks a second of the paced part; null: half of what ours joined. */
    readonly ratePerS: number | null
  }
  /** Who is measured beside ours, of edge and attribution. */
  readonly peers: readonly string[]
  /** How long the paced part of attribution takes, and the edge with the broker away; null: measureMs, and not at all. */
  readonly soakMs: number | null
  /** How often peers are measured; ours is measured before the first and after each. */
  readonly rounds: number
  /** Where V8 writes the CPU profile of each of our edges, and of each attribution process that drains; null: none, as for every
   *  figure that counts. */
  readonly profileDir: string | null
}

const PEERS: Readonly<Partial<Record<BenchName, string>>> = {
  edge: 'node-http,go-edge',
  attribution: 'attribution-at-least-once,kafka-streams',
}

export const USAGE = `npm run bench -- ${BENCHES.join(' | ')} [--json]
  --stack FILE       a running stack's stack.json, not for attribution; without it the bench brings up its own
  --n N              postbacks: of store and forward those that count, 50000, of a backlog of twice as many; of attribution
                     all of each turn, 400000; the first 40 % warm up
  --clicks N         clicks of attribution: as --n
  --workspaces 50    whose they are
  --warm-up 10       seconds of each leg of the edge before it counts
  --seconds 10       seconds that count: each leg of the edge, the paced part of attribution
  --connections 64   of the edge under full load
  --rate N           postbacks a second of the paced part of attribution; half of its maximum
  --soak MINUTES     how long the paced part of attribution takes, in place of --seconds; of the edge: so long at 80 % of its
                     maximum, the broker away for a minute of it
  --peers A,B        beside attribution: ${PEERS.attribution}; there is also kafka-streams-lean; beside the edge:
                     ${PEERS.edge}; there is also go-edge-lean; none: nobody
  --rounds 1         how often peers are measured, in the order A-B-A-B-...-A
  --profile DIR      a CPU profile of each of our edges, or of our processes that join a backlog, goes there; it costs, so no
                     figure of such a run counts
of the size that the goals are set for: npm run bench -- attribution --json --n 1000000 --rounds 2`

/** Throws an Error that tells what is wrong and how it is used. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const name = BENCHES.find((one) => one === positionals[0])
  if (name === undefined || positionals.length > 1) throw new Error(USAGE)
  const count = (option: Numeric, least = 1, absent = ''): number => {
    const value = Number(values[option] ?? absent)
    if (!Number.isInteger(value) || value < least) throw new Error(`--${option} takes a whole number from ${least}.\n${USAGE}`)
    return value
  }
  return {
    name,
    json: values.json,
    stackFile: values.stack ?? null,
    n: count('n', 1_000, '50000'),
    warmUpMs: count('warm-up') * 1_000,
    measureMs: count('seconds') * 1_000,
    connections: count('connections'),
    rounds: count('rounds'),
    join: {
      postbacks: count('n', 1_000, '400000'),
      clicks: count('clicks', 1_000, values.n ?? '400000'),
      workspaces: count('workspaces'),
      ratePerS: values.rate === undefined ? null : count('rate'),
    },
    peers: (values.peers ?? PEERS[name] ?? '').split(',').filter((peer) => peer !== '' && peer !== 'none'),
    soakMs: values.soak === undefined ? null : count('soak') * 60_000,
    profileDir: values.profile ?? null,
  }
}

type Numeric = 'n' | 'clicks' | 'workspaces' | 'seconds' | 'soak' | 'connections' | 'rate' | 'rounds' | 'warm-up'

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        stack: { type: 'string' },
        n: { type: 'string' },
        clicks: { type: 'string' },
        workspaces: { type: 'string', default: '50' },
        'warm-up': { type: 'string', default: '10' },
        seconds: { type: 'string', default: '10' },
        connections: { type: 'string', default: '64' },
        rate: { type: 'string' },
        soak: { type: 'string' },
        peers: { type: 'string' },
        rounds: { type: 'string', default: '1' },
        profile: { type: 'string' },
      },
    })
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}
