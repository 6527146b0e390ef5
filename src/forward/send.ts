import type { Attempt } from '../events/outcome.ts'
import type { PlatformDefinition, PlatformEvent, Target, Verdict } from '../platforms/definition.ts'
import type { Http } from './http.ts'
import { kept } from './mask.ts'

/** What became of one event: the last word of the platform, and the calls it took part in. */
export type Sent = { readonly verdict: Verdict; readonly attempts: readonly Omit<Attempt, 'n'>[] }

/** Sends a batch. A refused batch is halved until the bad events are alone, so that neighbours are delivered: k bad ones among
 *  n cost at most about 2k log2(n) calls. Answers in the order of `events`. */
export async function sendBatch(
  events: readonly PlatformEvent[],
  target: Target,
  deps: { readonly platform: PlatformDefinition; readonly http: Http },
): Promise<Sent[]> {
  const { platform, http } = deps
  const called = await http.call(platform.request(events, target), platform.limits.timeoutMs)
  const verdict: Verdict =
    called.kind === 'reply' ? platform.verdict(called.reply, events.length) : { kind: 'retry', why: called.kind, traceId: null }
  const split = verdict.kind === 'refused' && events.length > 1
  const secrets = [...platform.secrets(target), ...(target.accessToken === undefined ? [] : [target.accessToken])]
  const attempts = events.map((event) => ({
    latency_ms: called.latencyMs,
    request: kept(JSON.stringify(event), secrets),
    http_status: called.kind === 'reply' ? called.reply.status : null,
    response: kept(called.kind === 'reply' ? called.reply.body : called.detail, secrets),
    verdict: split ? ('split' as const) : verdict.kind,
    trace_id: verdict.traceId,
  }))
  if (!split) return attempts.map((attempt) => ({ verdict, attempts: [attempt] }))
  const middle = Math.ceil(events.length / 2)
  const halves = [await sendBatch(events.slice(0, middle), target, deps), await sendBatch(events.slice(middle), target, deps)].flat()
  return halves.map((sent, index) => {
    const first = attempts[index]
    return first === undefined ? sent : { verdict: sent.verdict, attempts: [first, ...sent.attempts] }
  })
}

/** Cuts prepared events into batches of at most `batchMax` events and `batchMaxBytes` of JSON. */
export function cut<Item extends { readonly event: PlatformEvent }>(
  items: readonly Item[],
  limits: PlatformDefinition['limits'],
): Item[][] {
  const batches: Item[][] = []
  let bytes = 0
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item.event)) + 1
    const last = batches.at(-1)
    if (last === undefined || last.length >= limits.batchMax || bytes + size > limits.batchMaxBytes) {
      batches.push([item])
      bytes = size
    } else {
      last.push(item)
      bytes += size
    }
  }
  return batches
}
