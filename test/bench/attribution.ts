import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { backlogFor, joinBacklog, WARM_SHARE } from './backlog.ts'
import { type Burst, openBurst } from './burst.ts'
import { type Drained, measured } from './drain.ts'
import { percentile, type Report, ratio, rounded } from './figures.ts'
import type { Ground } from './ground.ts'
import type { Options } from './options.ts'
import { followOutcomes, type Outcomes } from './outcomes.ts'
import { JOIN_PEERS } from './peers/index.ts'
import { middleOf, orderOf, spreadOf, type Turn } from './peers/turns.ts'

const OURS = 'attribution'
/** Of a process that has just started. */
const PACED_WARM_UP_MS = 3_000
const LAST_OUTCOMES_WITHIN_MS = 30_000

/** Drain of a backlog that lay ready, per CPU-second; then latency at a moderate rate. Peers drain the same topics in turns.
 *  `cpu_ratio` is ours divided by theirs, of joins per CPU-second: above 1 we are ahead. */
export async function benchAttribution(ground: Ground, options: Options, tell: (line: string) => void): Promise<Report> {
  const count = backlogFor(options.n)
  const burst = await openBurst(ground)
  try {
    tell(`${options.n} clicks into their topic`)
    await burst.clicks(options.n)
    const turns: Turn<Drained>[] = []
    let restoreMs: number | null = null
    let restoreKeptMs: number | null = null
    for (const name of orderOf(
      OURS,
      JOIN_PEERS.map((peer) => peer.name),
      options.rounds,
    )) {
      const isFirst = turns.length === 0
      tell(`${name}: ${count} postbacks lie ready`)
      const peer = JOIN_PEERS.find((one) => one.name === name)
      const { samples, role } = await joinBacklog(ground, burst, count, peer?.groupId ?? OURS, () =>
        peer === undefined ? ground.start(OURS) : peer.start(ground),
      )
      const drained = measured(samples, count * WARM_SHARE)
      turns.push({ name, result: drained })
      tell(`${name}: ${Math.round(drained.perSecond)} joins/s, ${Math.round(drained.cpuUsPerUnit.own ?? 0)} us CPU each`)
      if (isFirst) restoreMs = await role.ready
      await role.stop()
    }
    tell('latency at a moderate rate')
    const role = await ground.start(OURS)
    restoreKeptMs = await role.ready
    const outcomes = await followOutcomes(ground)
    check(outcomes, count * turns.length) // every turn laid its own backlog down, and ours comes last
    const latencies = await paced(burst, outcomes, options)
    await outcomes.stop()
    await role.stop()

    const cpu = middleOf(turns, OURS, (one) => one.cpuUsPerUnit.own ?? 0)
    return {
      figures: {
        cpu_us_per_event: cpu,
        joins_per_s: middleOf(turns, OURS, (one) => one.perSecond),
        p99_ms: percentile(latencies, 0.99),
        cpu_ratio_to_kafka_streams: ratio(
          middleOf(turns, 'kafka-streams', (one) => one.cpuUsPerUnit.own ?? 0),
          cpu,
        ),
        eos_cost: null, // needs a run of ours that promises less
        restore_s: restoreMs === null ? null : restoreMs / 1_000,
      },
      run: {
        order: turns.map(({ name }) => name).join(' '),
        clicks: options.n,
        postbacks: count,
        counted: turns.map(({ result }) => result.units),
        matched: outcomes.matched.size,
        spread: rounded(spreadOf(turns, OURS, (one) => one.perSecond)),
        broker_cpu_us_per_event: rounded(middleOf(turns, OURS, (one) => one.cpuUsPerUnit.kafka ?? Number.NaN)),
        p50_ms: rounded(percentile(latencies, 0.5)),
        latency_rate_per_s: options.ratePerS,
        restore_s_is: 'start of the process on an empty disk until ready, every click read from its topic',
        restart_s_disk_kept: restoreKeptMs === null ? null : rounded(restoreKeptMs / 1_000),
      },
    }
  } finally {
    await burst.close()
  }
}

/** A figure of a join that lost or doubled something is none. */
function check({ matched, repeated }: Outcomes, expected: number): void {
  if (matched.size !== expected || repeated > 0)
    throw new Error(`Of ${expected} postbacks ${matched.size} were matched, ${repeated} of them again.`)
}

/** Milliseconds from when each postback was due to be written until its outcome could be read, so that a stall is not hidden. */
async function paced(burst: Burst, outcomes: Outcomes, { ratePerS, measureMs }: Options): Promise<number[]> {
  const waiting = new Map<string, number>()
  const latencies: number[] = []
  const startedMs = performance.now() + PACED_WARM_UP_MS
  outcomes.onOutcome = (postbackId) => {
    const dueMs = waiting.get(postbackId)
    if (dueMs !== undefined && dueMs >= startedMs) latencies.push(performance.now() - dueMs)
    waiting.delete(postbackId)
  }
  const sent: Promise<void>[] = []
  for (let n = Math.ceil((-PACED_WARM_UP_MS * ratePerS) / 1_000); n < (ratePerS * measureMs) / 1_000; n++) {
    const dueMs = startedMs + (n * 1_000) / ratePerS
    if (dueMs - performance.now() > 1) await sleep(dueMs - performance.now())
    const postbackId = randomUUIDv7()
    waiting.set(postbackId, dueMs)
    sent.push(burst.one(postbackId))
  }
  await Promise.all(sent)
  const giveUpAt = performance.now() + LAST_OUTCOMES_WITHIN_MS
  while (waiting.size > 0 && performance.now() < giveUpAt) await sleep(20)
  if (waiting.size > 0)
    throw new Error(`${waiting.size} of ${sent.length} postbacks had no outcome within ${LAST_OUTCOMES_WITHIN_MS / 1_000} s.`)
  return latencies
}
