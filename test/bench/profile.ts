import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** As V8 writes it. https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

/** Where the time of the main thread goes, of the innermost frame that one of these knows, in this order at each frame. */
const AREAS: readonly (readonly [area: string, frame: RegExp])[] = [
  ['idle', /^\((?:idle|program)\) /],
  ['gc', /^\(garbage collector\) /],
  ['crc', /crc32/i],
  ['state', /\/lmdb\/|\/src\/state\//],
  ['sha256', /^(?:fingerprint|deliveryKey|hash) |\/internal\/crypto\//],
  ['avro decode', /^(?:decode|decodeAsync) .*\/src\/kafka\/codec\.ts/],
  ['avro encode', /^encode .*\/src\/kafka\/codec\.ts/],
  [
    'produce',
    /kafkajs\/src\/(?:producer|protocol\/(?:encoder|requests\/produce|message|recordBatch\/(?:v0\/index|record\/v0\/index)))|\/src\/kafka\/(?:outputs|produce|requests|transactions|group-commit|patches\/(?:grouping|record-batch|produce-request|send-messages|transaction-manager))\.ts/,
  ],
  ['fetch', /kafkajs\/src\/(?:consumer|protocol\/(?:decoder|requests\/fetch|recordBatch))|\/src\/kafka\/(?:reader|patches\/)/],
  [
    'network',
    /kafkajs\/src\/(?:network|broker)|node:(?:net|internal\/(?:stream_base_commons|streams|net))|^(?:writeBuffer|writev|onread|readStop) /,
  ],
  ['koa', /\/node_modules\/(?:koa|koa-compose|on-finished)\//],
  ['http', /node:(?:_http|internal\/http)/],
  ['metrics', /prom-client|\/src\/observe\/metrics/],
  ['reading', /\/src\/(?:api\/read|dialects)\//],
  ['limits', /\/src\/edge\/limits\//],
  ['decisions', /\/src\/(?:attribution|routing|events|workspaces)\//],
  ['edge', /\/src\/edge\//],
  ['start', /node:internal\/(?:modules|deps)|compileSourceTextModule/],
]

/** Microseconds of each area, and of each function by `name file`. */
export function timesOf(profile: CpuProfile): { areas: Map<string, number>; functions: Map<string, number> } {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const nameOf = (id: number): string => {
    const { functionName, url, lineNumber } = byId.get(id)?.callFrame ?? { functionName: '', url: '', lineNumber: 0 }
    return `${functionName || `(line ${lineNumber + 1})`} ${url}`
  }
  const areaOf = (id: number): string => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const found = AREAS.find(([, frame]) => frame.test(nameOf(at as number)))
      if (found !== undefined) return found[0]
    }
    return 'else'
  }
  const names = new Map(profile.nodes.map(({ id }) => [id, { area: areaOf(id), name: nameOf(id) }]))
  const [areas, functions] = [new Map<string, number>(), new Map<string, number>()]
  profile.samples.forEach((id, index) => {
    const { area, name } = names.get(id) ?? { area: 'else', name: '' }
    const us = profile.timeDeltas[index] ?? 0
    areas.set(area, (areas.get(area) ?? 0) + us)
    functions.set(name, (functions.get(name) ?? 0) + us)
  })
  return { areas, functions }
}

/** Microseconds of each area per unit, of all profiles that were written into a folder since then; the largest first. */
export function areasIn(dir: string, sinceMs: number, units: number): Record<string, number> {
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => join(dir, name))
    .filter((file) => statSync(file).mtimeMs >= sinceMs)
  const sum = new Map<string, number>()
  for (const file of files) {
    const { areas } = timesOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile) // V8 wrote it
    for (const [area, us] of areas) sum.set(area, (sum.get(area) ?? 0) + us)
  }
  return Object.fromEntries([...sum].toSorted(([, a], [, b]) => b - a).map(([area, us]) => [area, Number((us / units).toFixed(2))]))
}
