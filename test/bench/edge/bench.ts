import { randomUUID } from 'node:crypto'
import { waitUntil } from '../../../src/local/child.ts'
import { sourceOf } from '../../support/workspace.ts'
import { postbacksEnd } from '../backlog.ts'
import { cpuUsOf } from '../cpu.ts'
import { type Report, ratio, rounded } from '../figures.ts'
import type { Ground } from '../ground.ts'
import type { Options } from '../options.ts'
import { EDGE_PEERS } from '../peers/index.ts'
import type { RunningPeer } from '../peers/peer.ts'
import { middleOf, orderOf, spreadOf, type Turn } from '../peers/turns.ts'
import { type Fired, fire } from './fire.ts'
import type { Load } from './load.ts'
import { BATCH_ITEMS } from './requests.ts'

const OURS = 'edge'
const KNOWN_WITHIN_MS = 20_000
const BATCHES_AT_ONCE = 2
/** Latency is told at half of what the edge can take: at its limit it only tells the length of the queue. */
const PACED_SHARE = 0.5

/** Requests per CPU-second at the door, beside servers that do less or the same. `rate_ratio` and `cpu_ratio` are ours divided
 *  by theirs, of requests per second and per CPU-second: above 1 we are ahead. */
export async function benchEdge(ground: Ground, options: Options, tell: (line: string) => void): Promise<Report> {
  const edge = await ground.start('edge')
  await edge.ready
  await knownToEdge(ground)
  const ours = { url: sourceOf(ground.stack, 'generic').postback_url, pids: edge.pids, stop: edge.stop }
  const subjects = new Map<string, RunningPeer<{ readonly url: string }>>([[OURS, ours]])
  const before = await postbacksEnd(ground)
  const load = (given: Partial<Load> & Pick<Load, 'url'>): Load => ({
    ...options,
    kind: 'single',
    mark: `b${randomUUID().slice(0, 8)}`,
    ratePerS: null,
    ...given,
  })
  let acknowledged = 0
  try {
    for (const peer of EDGE_PEERS) subjects.set(peer.name, await peer.start(ground))
    const turns: Turn<Fired>[] = []
    for (const name of orderOf(
      OURS,
      EDGE_PEERS.map((peer) => peer.name),
      options.rounds,
    )) {
      const subject = subjects.get(name)
      if (subject === undefined) continue
      tell(`${name}: full load of ${options.connections} connections`)
      const result = await fire(load({ url: subject.url }), subject.pids)
      tell(`${name}: ${Math.round(result.perSecond)} requests/s, ${Math.round(result.cpuUsPerAnswer)} us CPU each`)
      turns.push({ name, result })
      if (name === OURS) acknowledged += result.acknowledged
    }
    const rate = middleOf(turns, OURS, (one) => one.perSecond)
    const cpu = middleOf(turns, OURS, (one) => one.cpuUsPerAnswer)

    const pacedPerS = Math.max(1, Math.floor((rate ?? 0) * PACED_SHARE))
    tell(`${OURS}: ${pacedPerS} requests/s at even distances`)
    const paced = await fire(load({ url: ours.url, ratePerS: pacedPerS }), edge.pids)
    tell(`${OURS}: batches of ${BATCH_ITEMS}`)
    const brokerBefore = brokerCpuUs(ground)
    const batch = await fire(load({ url: batchUrl(ground), kind: 'batch', connections: BATCHES_AT_ONCE }), edge.pids)
    const brokerAfter = brokerCpuUs(ground)
    acknowledged += paced.acknowledged + batch.acknowledged * BATCH_ITEMS

    const kept = (await postbacksEnd(ground)) - before
    if (kept < acknowledged) throw new Error(`${acknowledged} postbacks were acknowledged, and the log holds ${kept} of them.`)
    return {
      figures: {
        cpu_us_per_request: cpu,
        requests_per_s: rate,
        p99_ms: paced.p99Ms,
        rate_ratio_to_node_http: ratio(
          rate,
          middleOf(turns, 'node-http', (one) => one.perSecond),
        ),
        cpu_ratio_to_go_edge: ratio(
          middleOf(turns, 'go-edge', (one) => one.cpuUsPerAnswer),
          cpu,
        ),
        batch_events_per_s: batch.perSecond * BATCH_ITEMS,
      },
      run: {
        order: turns.map(({ name }) => name).join(' '),
        turns: turns.map(({ name, result }) => ({ name, ...told(result) })),
        spread: rounded(spreadOf(turns, OURS, (one) => one.perSecond)),
        cpu_ratio_to_node_http: rounded(
          ratio(
            middleOf(turns, 'node-http', (one) => one.cpuUsPerAnswer),
            cpu,
          ),
        ),
        paced: { rate_per_s: pacedPerS, ...told(paced) },
        batch_cpu_us_per_event: rounded(batch.cpuUsPerAnswer / BATCH_ITEMS),
        batch_broker_cpu_us_per_event:
          brokerBefore === null || brokerAfter === null ? null : rounded((brokerAfter - brokerBefore) / (batch.acknowledged * BATCH_ITEMS)),
        acknowledged,
        kept,
        connections: options.connections,
        warm_up_s: options.warmUpMs / 1_000,
        measured_s: options.measureMs / 1_000,
      },
    }
  } finally {
    await Promise.all([...subjects.values()].map((subject) => subject.stop()))
  }
}

const told = ({ perSecond, cpuUsPerAnswer, p50Ms, p99Ms, generatorCores }: Fired) => ({
  requests_per_s: rounded(perSecond),
  cpu_us_per_request: rounded(cpuUsPerAnswer),
  p50_ms: rounded(p50Ms),
  p99_ms: rounded(p99Ms),
  generator_cores: rounded(generatorCores),
})

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
