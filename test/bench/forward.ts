import { PLATFORM_IDS } from '../../src/events/words.ts'
import { answers, waitUntil } from '../../src/local/child.ts'
import { backlogFor, joined, partsCpuUs, WARM_SHARE } from './backlog.ts'
import { openBurst } from './burst.ts'
import { cpuUsOf } from './cpu.ts'
import { measured, watch } from './drain.ts'
import { type Report, rounded } from './figures.ts'
import type { Ground } from './ground.ts'
import type { Options } from './options.ts'

const UP_WITHIN_MS = 60_000

/** Deliveries of a backlog, a third for each platform, to the twins: per CPU-second of the forwarders. */
export async function benchForward(ground: Ground, options: Options, tell: (line: string) => void): Promise<Report> {
  const count = backlogFor(options.n)
  const burst = await openBurst(ground)
  try {
    const base = ground.alone ? 0 : await forwarded(ground)
    tell(`${count} clicks and postbacks, joined`)
    await joined(ground, burst, count)
    await (await ground.start('twins')).ready
    tell('the forwarders come')
    const roles = await Promise.all(PLATFORM_IDS.map((platform) => ground.start(`forward.${platform}`)))
    const cpuOf = () => Object.fromEntries(PLATFORM_IDS.map((platform, index) => [platform, cpuUsOf(roles[index]?.pids ?? [])]))
    await Promise.all(metricsUrls(ground).map((url) => waitUntil('metrics of a forwarder', null, () => answers(url), UP_WITHIN_MS)))
    const samples = await watch({
      total: count,
      progress: async () => ({ done: (await forwarded(ground)) - base }),
      cpuUs: () => ({ ...cpuOf(), ...partsCpuUs(ground, 'kafka') }),
    })
    const drained = measured(samples, count * WARM_SHARE)
    await Promise.all(roles.map((role) => role.stop()))
    const arrived = ground.alone ? await believed(ground) : null // twins of a running stack know others' events too
    if (arrived !== null && arrived !== count) throw new Error(`${count} events were forwarded, and the twins have ${arrived}.`)
    const own = PLATFORM_IDS.reduce((sum, platform) => sum + (drained.cpuUsPerUnit[platform] ?? 0), 0)
    return {
      figures: { events_per_s: drained.perSecond, cpu_us_per_event: own },
      run: {
        events: count,
        counted: drained.units,
        at_twins: arrived,
        platforms: PLATFORM_IDS,
        broker_cpu_us_per_event: rounded(drained.cpuUsPerUnit.kafka ?? null),
      },
    }
  } finally {
    await burst.close()
  }
}

const metricsUrls = ({ stack }: Ground): string[] =>
  PLATFORM_IDS.flatMap((platform) => (stack.admin_urls[`forward.${platform}`] ?? []).map((url) => `${url}/metrics`))

/** Conversions that the twins believe in, after their own deduplication. */
async function believed({ stack }: Ground): Promise<number> {
  const lists = await Promise.all(
    Object.values(stack.twins).map(async (url) => (await (await fetch(`${url}/_twin/conversions`)).json()) as { items: unknown[] }),
  )
  return lists.reduce((sum, { items }) => sum + items.length, 0)
}

/** Events that platforms accepted, as the forwarders count them since their start. */
async function forwarded(ground: Ground): Promise<number> {
  const pages = await Promise.all(metricsUrls(ground).map(async (url) => (await fetch(url)).text()))
  return pages.reduce((sum, page) => sum + forwardedIn(page), 0)
}

/** The sum over one page of the text format. Throws when an event ended otherwise: what is not sent costs less. */
export function forwardedIn(page: string): number {
  let sum = 0
  for (const [, labels = '', value] of page.matchAll(/^postback_deliveries_total\{([^}]*)\} (\S+)$/gm)) {
    const stage = /stage="([^"]*)"/.exec(labels)?.[1]
    if (stage === 'forwarded') sum += Number(value)
    else if (stage !== 'confirmed') throw new Error(`Not every event was forwarded: ${labels} ${value}`)
  }
  return sum
}
