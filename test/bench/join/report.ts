import { type Figure, median, type Report, ratio, rounded } from '../figures.ts'
import { spreadOf, type Turn } from '../peers/turns.ts'
import { brokerUsOf, eventsPerSecond, ownUsOf, postbackUsOf } from './event.ts'
import type { Paced } from './paced.ts'
import { growth, type MemorySample } from './soak.ts'
import type { JoinTurn } from './turn.ts'

export const OURS = 'attribution'
export const AT_LEAST_ONCE = 'attribution-at-least-once'
const STREAMS = 'kafka-streams'
const MIB = 1_048_576

export type Measured = {
  readonly turns: readonly Turn<JoinTurn>[]
  readonly load: { readonly clicks: number; readonly postbacks: number; readonly workspaces: number }
  readonly pace: { readonly ratePerS: number; readonly forMs: number }
  readonly latency: Paced
  readonly memory: readonly MemorySample[]
  readonly killed: { readonly readyMs: number; readonly caughtUpMs: number }
  readonly restoredMs: number
}

export function joinReport({ turns, load, pace, latency, memory, killed, restoredMs }: Measured): Report {
  const middle = (name: string, figure: (turn: JoinTurn) => number): Figure =>
    median(turns.filter((turn) => turn.name === name).map(({ result }) => figure(result)))
  const toStreams = (figure: (turn: JoinTurn) => number): Figure => ratio(middle(OURS, figure), middle(STREAMS, figure))
  const toPlain = (figure: (turn: JoinTurn) => number): Figure => {
    const times = ratio(middle(OURS, figure), middle(AT_LEAST_ONCE, figure))
    return times === null ? null : times - 1
  }
  const names = [...new Set(turns.map(({ name }) => name))]
  return {
    figures: {
      cpu_us_per_event: middle(OURS, ownUsOf),
      joins_per_s: middle(OURS, (turn) => turn.postbacks.perSecond),
      p99_ms: latency.p99Ms,
      cpu_ratio_to_kafka_streams: toStreams(ownUsOf),
      eos_cost: toPlain(postbackUsOf),
      restore_s: middle(OURS, (turn) => turn.loadedMs / 1_000),
    },
    run: {
      order: turns.map(({ name }) => name).join(' '),
      ...load,
      event_is: 'one postback joined and the loading of one click; CPU of the subject itself, that of the broker apart',
      load_is:
        'ours: 5 % of the postbacks before their click, which comes once they are held; Kafka Streams: none, it cannot hold. ' +
        '2 % duplicates: ours tells them apart and delivers them to nobody, Kafka Streams joins them as all others',
      cpu_ratio_to_kafka_streams_is: 'ours / theirs: below 1 we need less, the goal is 0.5',
      cpu_ratio_with_broker: rounded(toStreams((turn) => ownUsOf(turn) + brokerUsOf(turn))),
      events_per_s_ratio: rounded(toStreams(eventsPerSecond)),
      eos_cost_is: 'CPU of a postback, ours and the broker: exactly once / at least once - 1',
      eos_cost_of_own_cpu: rounded(toPlain((turn) => turn.postbacks.cpuUsPerUnit.own ?? 0)),
      subjects: Object.fromEntries(
        names.map((name) => [name, { ...subject((figure) => middle(name, figure), load), spread: spread(turns, name) }]),
      ),
      latency_rate_per_s: pace.ratePerS,
      latency_seconds: pace.forMs / 1_000,
      latency_postbacks: latency.counted,
      p99_ms_of_warm_up: rounded(latency.warmUpP99Ms),
      p99_ms_of_10_s: {
        least: rounded(Math.min(...latency.p99MsOfWindows)),
        middle: rounded(median(latency.p99MsOfWindows)),
        most: rounded(Math.max(...latency.p99MsOfWindows)),
      },
      stolen_share: rounded(latency.stolenShare),
      p50_ms: rounded(latency.p50Ms),
      rss_anon_mb: {
        most: rounded(Math.max(...memory.map(({ rssAnon }) => rssAnon)) / MIB),
        last: rounded((memory.at(-1)?.rssAnon ?? 0) / MIB),
      },
      rss_anon_mb_gained_per_minute: rounded(growth(memory)),
      restore_s_is: 'start of the process on an empty disk until ready, every click read from its topic',
      restore_with_first_sights_s: rounded(restoredMs / 1_000),
      kill_9_until_ready_s: rounded(killed.readyMs / 1_000),
      kill_9_until_caught_up_s: rounded(killed.caughtUpMs / 1_000),
    },
  }
}

/** Medians over the turns of one subject; MB are of a million bytes on the disk, of 2^20 in memory. */
function subject(middle: (figure: (turn: JoinTurn) => number) => Figure, { postbacks }: Measured['load']): Record<string, Figure> {
  const figures: Record<string, (turn: JoinTurn) => number> = {
    cpu_us_per_event: ownUsOf,
    broker_cpu_us_per_event: brokerUsOf,
    cpu_us_per_click: (turn) => turn.clicks.cpuUsPerUnit.own ?? 0,
    cpu_us_per_postback: (turn) => turn.postbacks.cpuUsPerUnit.own ?? 0,
    broker_cpu_us_per_postback: (turn) => turn.postbacks.cpuUsPerUnit.kafka ?? 0,
    cpu_us_per_event_with_start: (turn) => turn.wholeCpuUs / postbacks,
    joins_per_s: (turn) => turn.postbacks.perSecond,
    clicks_per_s: (turn) => turn.clicks.perSecond,
    events_per_s: eventsPerSecond,
    restart_s: (turn) => turn.restartMs / 1_000,
    rss_mb: (turn) => turn.memory.rss / MIB,
    rss_anon_mb: (turn) => turn.memory.rssAnon / MIB,
    disk_mb_per_million_clicks: (turn) => turn.clicksDiskBytes / turn.clicksLoaded,
    disk_mb_at_the_end: (turn) => turn.diskBytes / 1e6,
  }
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, rounded(middle(figure))]))
}

const spread = (turns: readonly Turn<JoinTurn>[], name: string): Figure => rounded(spreadOf(turns, name, ownUsOf))
