import { resolve } from 'node:path'
import { ownWorkspace } from '../../support/workspace.ts'
import { type Burst, openBurst, type Tenant, tenantOf } from '../burst.ts'
import { median, type Report } from '../figures.ts'
import { type Ground, NO_LIMIT } from '../ground.ts'
import type { Options } from '../options.ts'
import { followOutcomes } from '../outcomes.ts'
import { JOIN_PEERS } from '../peers/index.ts'
import type { JoinPeer } from '../peers/peer.ts'
import { orderOf, type Turn } from '../peers/turns.ts'
import { areasIn } from '../profile.ts'
import { brokerUsOf, ownUsOf } from './event.ts'
import { ownJoiner } from './own.ts'
import { paced } from './paced.ts'
import { AT_LEAST_ONCE, joinReport, type Measured, OURS } from './report.ts'
import { afterKill, fromEmpty } from './restore.ts'
import { sampleMemory } from './soak.ts'
import { type JoinTurn, joinTurn } from './turn.ts'

type Tell = (line: string) => void

/** The same load in turns: ours, ours with a lower promise, Kafka Streams, and ours again after each. Then latency at half of
 *  our maximum, and how long it takes after the loss of the process or of its disk. */
export async function benchAttribution(ground: Ground, options: Options, tell: Tell): Promise<Report> {
  const { clicks, postbacks, workspaces } = options.join
  const order = subjectsOf(options)
  for (const peer of new Set(order)) await peer.prepare(tell)
  const startedMs = Date.now()
  const burst = await openBurst(ground, await tenantsOf(ground, workspaces))
  try {
    tell(`${clicks} clicks into their topic`)
    await burst.clicks(clicks)
    const turns: Turn<JoinTurn>[] = []
    for (const peer of order) {
      const env = peer.name === OURS ? profiled(options) : {}
      const result = await joinTurn(ground, burst, peer, { clicks, postbacks, env }, tell)
      turns.push({ name: peer.name, result })
      tell(`${peer.name}: ${lineOf(result)}`)
    }
    const ours = turns.filter(({ name }) => name === OURS).map(({ result }) => result)
    const half = (median(ours.map((turn) => turn.postbacks.perSecond)) ?? 0) / 2
    const pace = { ratePerS: options.join.ratePerS ?? Math.round(half), forMs: options.soakMs ?? options.measureMs }
    const { figures, run } = joinReport({
      turns,
      load: { clicks, postbacks, workspaces },
      pace,
      ...(await after(ground, burst, pace, tell)),
    })
    if (options.profileDir === null) return { figures, run }
    return { figures, run: { ...run, profile_us_per_event: areasIn(options.profileDir, startedMs, postbacks * ours.length) } }
  } finally {
    await burst.close()
  }
}

/** What is measured on the state that the last turn left. */
async function after(
  ground: Ground,
  burst: Burst,
  pace: Measured['pace'],
  tell: Tell,
): Promise<Pick<Measured, 'latency' | 'memory' | 'killed' | 'restoredMs'>> {
  tell(`latency at ${pace.ratePerS}/s for ${pace.forMs / 1_000} s`)
  const role = await ground.start(OURS)
  await role.ready
  const outcomes = await followOutcomes(ground, 'outcomes')
  const sampled = sampleMemory(role.pids)
  const latency = await paced(burst, outcomes, pace)
  const memory = sampled.stop()
  await outcomes.stop()
  tell('kill -9 amid work')
  const killed = await afterKill(ground, burst, role)
  await role.stop()
  tell('restore from an empty disk')
  return { latency, memory, killed, restoredMs: await fromEmpty(ground, burst) }
}

/** Throws when one is asked for that there is not. */
function subjectsOf({ peers, rounds }: Options): readonly JoinPeer[] {
  const all = [ownJoiner(OURS, {}), ownJoiner(AT_LEAST_ONCE, { ATTRIBUTION_GUARANTEE: 'at_least_once' }), ...JOIN_PEERS]
  return orderOf(OURS, peers, rounds).map((name) => {
    const found = all.find((one) => one.name === name)
    if (found === undefined) throw new Error(`--peers takes none, or of ${all.map((one) => one.name).join(', ')}, comma separated.`)
    return found
  })
}

/** The profile is written when the process ends. https://nodejs.org/api/cli.html#--cpu-prof */
const profiled = ({ profileDir }: Options): Readonly<Record<string, string>> =>
  profileDir === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(profileDir)}` }

/** The bench's own workspace, and others beside it. */
async function tenantsOf({ stack }: Ground, count: number): Promise<Tenant[]> {
  const tenants = [tenantOf(stack)]
  while (tenants.length < count) tenants.push(tenantOf(await ownWorkspace(stack, NO_LIMIT)))
  return tenants
}

function lineOf(turn: JoinTurn): string {
  const parts = `click ${turn.clicks.cpuUsPerUnit.own?.toFixed(1)} + postback ${turn.postbacks.cpuUsPerUnit.own?.toFixed(1)}`
  const broker = `broker ${brokerUsOf(turn).toFixed(1)}`
  return `${Math.round(turn.postbacks.perSecond)} joins/s, ${ownUsOf(turn).toFixed(1)} us CPU an event (${parts}), ${broker}`
}
