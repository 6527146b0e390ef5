import { resolve } from 'node:path'
import { ownWorkspace } from '../../support/workspace.ts'
import { openBurst, tenantOf } from '../burst.ts'
import { median, type Report, ratio, rounded } from '../figures.ts'
import { type Ground, NO_LIMIT } from '../ground.ts'
import type { Options } from '../options.ts'
import { followOutcomes } from '../outcomes.ts'
import { JOIN_PEERS } from '../peers/index.ts'
import { orderOf, spreadOf, type Turn } from '../peers/turns.ts'
import { brokerUsOf, eventsPerSecond, ownUsOf } from './event.ts'
import { ownJoiner } from './own.ts'
import { paced } from './paced.ts'
import { afterKill, fromEmpty } from './restore.ts'
import { growth, sampleMemory } from './soak.ts'
import { type JoinTurn, joinTurn } from './turn.ts'

const OURS = 'attribution'
const AT_LEAST_ONCE = 'attribution-at-least-once'
const STREAMS = 'kafka-streams'
const MIB = 1_048_576
const SUBJECTS = [ownJoiner(OURS, {}), ownJoiner(AT_LEAST_ONCE, { ATTRIBUTION_GUARANTEE: 'at_least_once' }), ...JOIN_PEERS]

/** The same load in turns: ours, what it promises lowered, and Kafka Streams, ours again after each. Then latency at half of our
 *  maximum, and how long a lost process or a lost disk takes. */
export async function benchAttribution(ground: Ground, options: Options, tell: (line: string) => void): Promise<Report> {
  const { clicks, postbacks } = options.join
  const others = [AT_LEAST_ONCE, ...JOIN_PEERS.map(({ name }) => name)].filter((name) => options.join.peers.includes(name))
  const burst = await openBurst(ground, await tenantsOf(ground, options.join.workspaces))
  try {
    tell(`${clicks} clicks into their topic`)
    await burst.clicks(clicks)
    const turns: Turn<JoinTurn>[] = []
    for (const name of orderOf(OURS, others, options.rounds)) {
      const peer = SUBJECTS.find((one) => one.name === name)
      if (peer === undefined) throw new Error(`there is no subject ${name}`)
      const env = options.profileDir === null || peer.name.startsWith('kafka') ? {} : profiled(options.profileDir)
      const result = await joinTurn(ground, burst, peer, { clicks, postbacks, env }, tell)
      turns.push({ name, result })
      tell(
        `${name}: ${Math.round(result.postbacks.perSecond)} joins/s, CPU ${ownUsOf(result).toFixed(1)} us an event and ` +
          `${brokerUsOf(result).toFixed(1)} of the broker (postback ${result.postbacks.cpuUsPerUnit.own?.toFixed(1)}, click ${result.clicks.cpuUsPerUnit.own?.toFixed(1)})`,
      )
    }
    const of = (name: string) => turns.filter((turn) => turn.name === name).map(({ result }) => result)
    const middle = (name: string, figure: (turn: JoinTurn) => number) => median(of(name).map(figure))
    const ours = of(OURS)
    const first = ours[0] as JoinTurn // it begins and ends with ours

    const ratePerS = options.join.ratePerS ?? Math.round((middle(OURS, (turn) => turn.postbacks.perSecond) ?? 0) / 2)
    tell(`latency at ${ratePerS}/s`)
    const role = await ground.start(OURS)
    await role.ready
    const outcomes = await followOutcomes(ground, 'outcomes')
    const forMs = options.join.soakMs ?? options.measureMs
    const sampled = sampleMemory(role.pids)
    const latency = await paced(burst, outcomes, { ratePerS, forMs })
    const memory = sampled.stop()
    await outcomes.stop()
    tell('kill -9 amid work')
    const killed = await afterKill(ground, burst, role)
    await role.stop()
    tell('restore from an empty disk')
    const restored = await fromEmpty(ground, burst)

    const postbackUs = (turn: JoinTurn) => (turn.postbacks.cpuUsPerUnit.own ?? 0) + (turn.postbacks.cpuUsPerUnit.kafka ?? 0)
    const cheaper = middle(AT_LEAST_ONCE, postbackUs)
    const per = (name: string) => ({
      cpu_us_per_event: rounded(middle(name, ownUsOf)),
      broker_cpu_us_per_event: rounded(middle(name, brokerUsOf)),
      cpu_us_per_click: rounded(middle(name, (turn) => turn.clicks.cpuUsPerUnit.own ?? 0)),
      cpu_us_per_postback: rounded(middle(name, (turn) => turn.postbacks.cpuUsPerUnit.own ?? 0)),
      cpu_us_per_event_with_start: rounded(middle(name, (turn) => turn.wholeCpuUs / postbacks)),
      joins_per_s: rounded(middle(name, (turn) => turn.postbacks.perSecond)),
      events_per_s: rounded(middle(name, eventsPerSecond)),
      load_s: rounded(middle(name, (turn) => turn.loadedMs / 1_000)),
      restart_s: rounded(middle(name, (turn) => turn.restartMs / 1_000)),
      rss_mb: rounded(middle(name, (turn) => turn.memory.rss / MIB)),
      rss_anon_mb: rounded(middle(name, (turn) => turn.memory.rssAnon / MIB)),
      disk_mb_per_million_clicks: rounded(middle(name, (turn) => turn.clicksDiskBytes / clicks)),
      disk_mb: rounded(middle(name, (turn) => turn.diskBytes / 1e6)),
      spread: rounded(spreadOf(turns, name, ownUsOf)),
    })
    return {
      figures: {
        cpu_us_per_event: middle(OURS, ownUsOf),
        joins_per_s: middle(OURS, (turn) => turn.postbacks.perSecond),
        p99_ms: latency.p99Ms,
        cpu_ratio_to_kafka_streams: ratio(middle(OURS, ownUsOf), middle(STREAMS, ownUsOf)),
        eos_cost: cheaper === null ? null : (ratio(middle(OURS, postbackUs), cheaper) ?? Number.NaN) - 1,
        restore_s: first.loadedMs / 1_000,
      },
      run: {
        order: turns.map(({ name }) => name).join(' '),
        clicks,
        postbacks,
        workspaces: options.join.workspaces,
        an_event_is: 'one postback joined and one click loaded; CPU of the subject itself, that of the broker apart',
        cpu_ratio_to_kafka_streams_is: 'ours / theirs: below 1 we need less, the goal is 0.5',
        cpu_ratio_with_broker: rounded(
          ratio(
            middle(OURS, (turn) => ownUsOf(turn) + brokerUsOf(turn)),
            middle(STREAMS, (turn) => ownUsOf(turn) + brokerUsOf(turn)),
          ),
        ),
        rate_ratio_to_kafka_streams: rounded(ratio(middle(OURS, eventsPerSecond), middle(STREAMS, eventsPerSecond))),
        load: 'ours: 5 % of the postbacks before their click, which comes later; Kafka Streams: none, it cannot wait. 2 % duplicates: ours knows them and delivers them to nobody, Kafka Streams joins them',
        subjects: Object.fromEntries([OURS, ...others].map((name) => [name, per(name)])),
        eos_cost_is: 'CPU of a postback, ours and the broker, exactly once / at least once - 1',
        latency_rate_per_s: ratePerS,
        p50_ms: rounded(latency.p50Ms),
        paced_postbacks: latency.sent,
        paced_seconds: forMs / 1_000,
        rss_anon_mb: {
          most: rounded(Math.max(...memory.map(({ rssAnon }) => rssAnon)) / MIB),
          last: rounded((memory.at(-1)?.rssAnon ?? 0) / MIB),
        },
        rss_anon_mb_per_minute: rounded(growth(memory)),
        restore_s_is: 'start of the process on an empty disk until ready, every click read from its topic',
        restore_with_first_sights_s: rounded(restored / 1_000),
        after_kill_9_s: rounded(killed.readyMs / 1_000),
        after_kill_9_caught_up_s: rounded(killed.caughtUpMs / 1_000),
      },
    }
  } finally {
    await burst.close()
  }
}

/** Written when the process ends. https://nodejs.org/api/cli.html#--cpu-prof */
const profiled = (dir: string): Readonly<Record<string, string>> => ({ NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(dir)}` })

/** The bench's own workspace, and others beside it. */
async function tenantsOf({ stack }: Ground, count: number) {
  const tenants = [tenantOf(stack)]
  while (tenants.length < count) tenants.push(tenantOf(await ownWorkspace(stack, NO_LIMIT)))
  return tenants
}
