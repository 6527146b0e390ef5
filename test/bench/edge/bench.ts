import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { waitUntil } from '../../../src/local/child.ts'
import { sourceOf } from '../../support/workspace.ts'
import { recordsIn } from '../backlog.ts'
import { cpuUsOf, withChildren } from '../cpu.ts'
import type { Report } from '../figures.ts'
import type { Ground, RunningRole } from '../ground.ts'
import type { Options } from '../options.ts'
import { EDGE_PEERS } from '../peers/index.ts'
import type { EdgePeer } from '../peers/peer.ts'
import { middleOf, orderOf, type Turn } from '../peers/turns.ts'
import { areasIn } from '../profile.ts'
import { type Fired, fireAllGood } from './fire.ts'
import type { Load } from './load.ts'
import { edgeReport, type Measured, OURS, PACED_SHARE, SOAK_SHARE } from './report.ts'
import { BATCH_ITEMS, KEPT } from './requests.ts'
import { type Soaked, soak } from './soak.ts'

type Tell = (line: string) => void
type LoadOf = (given: Partial<Load>) => Load

const KNOWN_WITHIN_MS = 20_000
const BATCHES_AT_ONCE = 2
/** Of a leg's warm-up, before the first leg. A broker that has just started takes some five times the CPU for a record that it takes once
 *  its JVM has compiled what writes them, and here that is CPU which servers and generator wait for. */
const BROKER_WARM_UPS = 4

/** CPU and rate at the door, beside servers that do less or the same: the same load in turns; then ours at half of its rate, its batch
 *  route, two processes behind its port, and with `--soak` a long load with the broker away. */
export async function benchEdge(ground: Ground, options: Options, tell: Tell): Promise<Report> {
  const peers = peersOf(options)
  for (const peer of peers) await peer.prepare(tell)
  const startedMs = Date.now()
  const before = await recordsIn(ground, 'postbacks')
  const loadOf: LoadOf = (given) => ({
    ...options,
    url: sourceOf(ground.stack, 'generic').postback_url,
    kind: 'single',
    good: KEPT[given.kind ?? 'single'],
    mark: `b${randomUUID().slice(0, 8)}`,
    ratePerS: null,
    ...given,
  })
  const one = await alone(ground, options, peers, loadOf, tell)
  const two = ground.alone ? await withTwo(ground, options, loadOf, tell) : null
  const soaked = options.soakMs === null ? null : await soakOne(ground, options, loadOf, one.ratePerS, tell)

  const fired = [...one.turns.filter(({ name }) => name === OURS).map(({ result }) => result), one.paced, two, soaked?.fired ?? null]
  const singles = fired.reduce((sum, result) => sum + (result?.acknowledged ?? 0), 0)
  const acknowledged = singles + one.batch.acknowledged * BATCH_ITEMS
  const kept = (await recordsIn(ground, 'postbacks')) - before
  if (kept < acknowledged) throw new Error(`${acknowledged} postbacks were acknowledged, and the log holds ${kept} of them.`)
  const { figures, run } = edgeReport({ ...one, two, soaked, acknowledged, kept, options })
  if (options.profileDir === null) return { figures, run }
  return { figures, run: { ...run, profile_us_per_event: areasIn(options.profileDir, startedMs, acknowledged) } }
}

/** One process, in turns with its peers, and then what it does beside. */
async function alone(
  ground: Ground,
  options: Options,
  peers: readonly EdgePeer[],
  loadOf: LoadOf,
  tell: Tell,
): Promise<Pick<Measured, 'turns' | 'ratePerS' | 'paced' | 'batch' | 'batchBrokerCpuUs'>> {
  const edge = await startEdge(ground, options, {})
  const running: { stop(): Promise<void> }[] = [edge]
  try {
    const subjects = new Map([[OURS, { load: loadOf({}), pids: edge.pids, topic: null as string | null }]])
    for (const peer of peers) {
      const { url, topic, pids, stop } = await peer.start(ground)
      running.push({ stop })
      subjects.set(peer.name, { load: loadOf({ url, good: peer.answers }), pids, topic })
    }
    tell(`the broker warms up: ${lineOf(await fireAllGood(loadOf({ warmUpMs: options.warmUpMs * BROKER_WARM_UPS }), edge.pids))}`)
    const turns: Turn<Fired>[] = []
    for (const name of orderOf(OURS, [...subjects.keys()].slice(1), options.rounds)) {
      const subject = subjects.get(name)
      if (subject === undefined) continue
      const had = subject.topic === null ? 0 : await recordsIn(ground, subject.topic)
      const result = await fireAllGood({ ...subject.load, mark: `b${randomUUID().slice(0, 8)}` }, subject.pids)
      if (subject.topic !== null && (await recordsIn(ground, subject.topic)) - had < result.acknowledged)
        throw new Error(`${name} has acknowledged records that are not in its topic.`)
      tell(`${name}: ${lineOf(result)}`)
      turns.push({ name, result })
    }
    const ratePerS = middleOf(turns, OURS, (fired) => fired.perSecond) ?? 1
    const paced = await fireAllGood(loadOf({ ratePerS: Math.max(1, Math.floor(ratePerS * PACED_SHARE)) }), edge.pids)
    tell(`${OURS} at half of that: ${lineOf(paced)}`)
    const brokerBefore = brokerCpuUs(ground)
    const batch = await fireAllGood(loadOf({ url: batchUrl(ground), kind: 'batch', connections: BATCHES_AT_ONCE }), edge.pids)
    const brokerAfter = brokerCpuUs(ground)
    tell(`${OURS}: ${Math.round(batch.perSecond * BATCH_ITEMS)} events/s in batches, ${batch.cpuUsPerAnswer / BATCH_ITEMS} us CPU each`)
    return {
      turns,
      ratePerS,
      paced,
      batch,
      batchBrokerCpuUs: brokerBefore === null || brokerAfter === null ? null : brokerAfter - brokerBefore,
    }
  } finally {
    await Promise.all(running.map((subject) => subject.stop()))
  }
}

async function withTwo(ground: Ground, options: Options, loadOf: LoadOf, tell: Tell): Promise<Fired> {
  const edge = await startEdge(ground, options, { EDGE_PROCESSES: '2' })
  try {
    const result = await fireAllGood(loadOf({}), withChildren(edge.pids))
    tell(`${OURS} of two processes: ${lineOf(result)}`)
    return result
  } finally {
    await edge.stop()
  }
}

async function soakOne(ground: Ground, options: Options, loadOf: LoadOf, maximumPerS: number, tell: Tell): Promise<Soaked> {
  const edge = await startEdge(ground, options, {})
  try {
    const ratePerS = Math.floor(maximumPerS * SOAK_SHARE)
    const measureMs = options.soakMs ?? options.measureMs
    tell(`${OURS}: ${ratePerS} requests/s for ${measureMs / 60_000} minutes`)
    return await soak(ground, edge, loadOf({ ratePerS, measureMs }), tell)
  } finally {
    await edge.stop()
  }
}

async function startEdge(ground: Ground, { profileDir }: Options, env: Readonly<Record<string, string>>): Promise<RunningRole> {
  // Written when the process ends. https://nodejs.org/api/cli.html#--cpu-prof
  const profiled = profileDir === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(profileDir)}` }
  const edge = await ground.start('edge', { ...env, ...profiled })
  await edge.ready
  await knownToEdge(ground)
  return edge
}

/** Throws when one is asked for that there is not. */
function peersOf({ peers }: Options): readonly EdgePeer[] {
  return peers.map((name) => {
    const found = EDGE_PEERS.find((peer) => peer.name === name)
    if (found === undefined)
      throw new Error(`--peers takes none, or of ${EDGE_PEERS.map((peer) => peer.name).join(', ')}, comma separated.`)
    return found
  })
}

function lineOf({ perSecond, cpuUsPerAnswer, p99Ms, generatorCores }: Fired): string {
  const rate = `${Math.round(perSecond)} requests/s, ${cpuUsPerAnswer.toFixed(1)} us CPU each, p99 ${p99Ms?.toFixed(1)} ms`
  return `${rate} (generator ${generatorCores.toFixed(2)} cores)`
}

const batchUrl = ({ stack }: Ground): string => `${stack.edge_url}/api/v1/postback/conversions/batch?key=${sourceOf(stack, 'generic').key}`

/** Null where the broker is no process of this machine. */
const brokerCpuUs = ({ stack }: Ground): number | null => (stack.pids.kafka > 0 ? cpuUsOf([stack.pids.kafka]) : null)

/** The edge reads its configuration from the log: only then it serves the sources by their own settings. */
function knownToEdge({ stack }: Ground): Promise<void> {
  const ask = () => fetch(`${stack.edge_url}/api/v1/postback/config`, { headers: { authorization: `Bearer ${stack.workspace.api_key}` } })
  return waitUntil(
    'edge with the workspace of the bench',
    null,
    async () => ((await (await ask()).json()) as { sources?: unknown[] }).sources?.length === stack.workspace.sources.length,
    KNOWN_WITHIN_MS,
  )
}
