import { type Figure, type Report, ratio, rounded } from '../figures.ts'
import type { Options } from '../options.ts'
import { middleOf, spreadOf, type Turn } from '../peers/turns.ts'
import type { Fired } from './fire.ts'
import { BATCH_ITEMS } from './requests.ts'
import type { Soaked } from './soak.ts'

export const OURS = 'edge'
/** Of what ours can take at most. */
export const PACED_SHARE = 0.5
export const SOAK_SHARE = 0.8

export type Measured = {
  readonly turns: readonly Turn<Fired>[]
  /** Of ours in its turns, at most. */
  readonly ratePerS: number
  readonly paced: Fired
  readonly batch: Fired
  readonly batchBrokerCpuUs: number | null
  readonly two: Fired | null
  readonly soaked: Soaked | null
  readonly acknowledged: number
  readonly kept: number
  readonly options: Options
}

export function edgeReport({ turns, paced, batch, batchBrokerCpuUs, two, soaked, acknowledged, kept, options }: Measured): Report {
  const middle = (name: string, figure: (fired: Fired) => number): Figure => middleOf(turns, name, figure)
  const cpuTo = (peer: string): Figure => ratio(middle(OURS, cpuOf), middle(peer, cpuOf))
  const rateTo = (peer: string): Figure => ratio(middle(OURS, rateOf), middle(peer, rateOf))
  return {
    figures: {
      cpu_us_per_request: middle(OURS, cpuOf),
      requests_per_s: middle(OURS, rateOf),
      p99_ms: middle(OURS, (fired) => fired.p99Ms ?? Number.NaN),
      rate_ratio_to_node_http: rateTo('node-http'),
      cpu_ratio_to_go_edge: cpuTo('go-edge'),
      batch_events_per_s: batch.perSecond * BATCH_ITEMS,
      batch_cpu_us_per_event: batch.cpuUsPerAnswer / BATCH_ITEMS,
      requests_per_s_of_two: two?.perSecond ?? null,
      cpu_us_per_request_of_two: two?.cpuUsPerAnswer ?? null,
    },
    run: {
      order: turns.map(({ name }) => name).join(' '),
      turns: turns.map(({ name, result }) => ({ name, ...told(result) })),
      spread: rounded(spreadOf(turns, OURS, cpuOf)),
      request_is: 'one postback over keep-alive, answered once all replicas have it; CPU is user + system of the subject alone',
      rate_ratio_to_node_http_is: 'ours / theirs, one process each: the goal is 0.35',
      cpu_ratio_to_go_edge_is: 'ours / theirs: below 1 we need less, the goal is 0.75 and then 0.6',
      rate_ratio_to_go_edge: rounded(rateTo('go-edge')),
      cpu_ratio_to_node_http: rounded(cpuTo('node-http')),
      cpu_ratio_to_go_edge_lean: rounded(cpuTo('go-edge-lean')),
      paced_at_half: told(paced),
      two_processes: two === null ? null : told(two),
      batch_cpu_us_per_event_is: 'of the edge, per item of batches of 1,000: the goal is 15',
      batch_broker_cpu_us_per_event: batchBrokerCpuUs === null ? null : rounded(batchBrokerCpuUs / (batch.acknowledged * BATCH_ITEMS)),
      soak: soaked === null ? null : soakTold(soaked, options),
      acknowledged,
      kept,
      connections: options.connections,
      warm_up_s: options.warmUpMs / 1_000,
      measured_s: options.measureMs / 1_000,
    },
  }
}

const cpuOf = (fired: Fired): number => fired.cpuUsPerAnswer
const rateOf = (fired: Fired): number => fired.perSecond

const told = ({ perSecond, cpuUsPerAnswer, p50Ms, p99Ms, generatorCores }: Fired) => ({
  requests_per_s: rounded(perSecond),
  cpu_us_per_request: rounded(cpuUsPerAnswer),
  p50_ms: rounded(p50Ms),
  p99_ms: rounded(p99Ms),
  generator_cores: rounded(generatorCores),
})

const soakTold = ({ fired, awayMs, spooled, lost, drainedMs }: Soaked, { soakMs }: Options) => ({
  ...told(fired),
  minutes: (soakMs ?? 0) / 60_000,
  longest_ms: rounded(fired.longestMs),
  acknowledged: fired.acknowledged,
  not_good: fired.failures,
  broker_away_s: awayMs / 1_000,
  spooled,
  unreadable_on_disk: lost,
  drained_after_s: rounded(drainedMs / 1_000),
})
