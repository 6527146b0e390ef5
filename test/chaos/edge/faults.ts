import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../../src/local/stack-file.ts'
import { withChildren } from '../../bench/cpu.ts'
import { chance } from '../scenario.ts'

/** So many kill -9 of edge processes and of brokers, pauses of one broker, and outages of all, each by its length. */
export type Plan = {
  readonly edgeKills: number
  readonly brokerKills: number
  readonly pauses: number
  readonly pauseMs: number
  readonly outages: number
  readonly outageMs: number
}

const EDGE_FIRST_MS = 3_000
/** A broker that was killed is in the replicas again by then, on a quiet machine; two of three are what an acknowledgement rests on. */
const BROKER_REST_MIN_MS = 8_000

type Step = { readonly kind: 'kill' | 'pause' | 'outage'; readonly forMs: number }

/** Does all of the plan within about so long; edge processes and brokers are victims side by side, brokers one at a time but for an
 *  outage. Resolves with what was done. */
export async function harm(stackFile: string, plan: Plan, withinMs: number, seed: number): Promise<Readonly<Record<string, number>>> {
  const done: Record<string, number> = {}
  const note = (what: string): void => {
    done[what] = (done[what] ?? 0) + 1
  }
  const pids = () => (JSON.parse(readFileSync(stackFile, 'utf8')) as Stack).pids
  const pick = <T>(list: readonly T[], turn: number, salt: number): T | undefined =>
    list[Math.floor(chance(seed, turn, salt) * list.length)]

  async function onEdges(): Promise<void> {
    await sleep(EDGE_FIRST_MS)
    for (let turn = 0; turn < plan.edgeKills; turn++) {
      const [owner, ...serving] = withChildren(pids().edge.slice(0, 1))
      // The one that started the others now and then; else one of those that serve the port.
      const isOwner = chance(seed, turn, 21) < 0.2
      const victim = isOwner ? owner : pick(serving, turn, 22)
      if (victim !== undefined && signal(victim, 'SIGKILL'))
        note(isOwner ? 'kill -9 of the first process of an edge' : 'kill -9 of an edge process')
      await sleep(Math.max(0, (withinMs - EDGE_FIRST_MS) / plan.edgeKills))
    }
  }

  async function onBrokers(): Promise<void> {
    const steps = stepsOf(plan, seed)
    const restMs = (withinMs - steps.reduce((sum, { forMs }) => sum + forMs, 0)) / Math.max(1, steps.length)
    for (const [turn, { kind, forMs }] of steps.entries()) {
      const all = pids().kafka_brokers
      const victims = kind === 'outage' ? all : [pick(all, turn, 23) ?? -1]
      for (const pid of victims) signal(pid, kind === 'kill' ? 'SIGKILL' : 'SIGSTOP')
      await sleep(forMs)
      for (const pid of victims) if (kind !== 'kill') signal(pid, 'SIGCONT')
      note({ kill: 'kill -9 of a broker', pause: 'pause of a broker', outage: 'pause of all brokers' }[kind])
      await sleep(Math.max(BROKER_REST_MIN_MS, restMs))
    }
  }
  await Promise.all([onEdges(), onBrokers()])
  return done
}

/** In an order that the seed decides. */
function stepsOf({ brokerKills, pauses, pauseMs, outages, outageMs }: Plan, seed: number): Step[] {
  const steps: Step[] = [
    ...Array<Step>(brokerKills).fill({ kind: 'kill', forMs: 0 }),
    ...Array<Step>(pauses).fill({ kind: 'pause', forMs: pauseMs }),
    ...Array<Step>(outages).fill({ kind: 'outage', forMs: outageMs }),
  ]
  return steps
    .map((step, index) => ({ step, at: chance(seed, index, 24) }))
    .sort((a, b) => a.at - b.at)
    .map(({ step }) => step)
}

/** False: it is gone already. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}
