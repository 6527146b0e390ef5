import type { Delivery } from '../events/conversion.ts'
import type { Attempt } from '../events/outcome.ts'
import type { PlatformDefinition, PlatformEvent, Target, Verdict } from '../platforms/definition.ts'
import { isTest } from '../platforms/facts.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import type { Destination } from '../workspaces/schema.ts'
import type { Http } from './http.ts'
import { concluded, moved, type Result, told } from './results.ts'
import { cut, sendBatch } from './send.ts'
import type { Targets } from './targets.ts'

const HOUR_MS = 3_600_000
/** How long deliveries wait for the configuration they were routed by. */
const CONFIG_WAIT_MS = 5_000
const AGAIN_AFTER_MS = 10_000
/** Calls to the platform under way at once, in all. */
const CALLS_MAX = 16

type Blocked = Extract<Verdict, { kind: 'blocked' }>
type Ready = { readonly delivery: Delivery; readonly event: PlatformEvent }

/** Brings deliveries to one platform and says what became of each. It keeps nothing: what it answers is written by the shell
 *  in one transaction with the offset, so a crash between the call and the commit repeats the call under the same event id. */
export function createEngine(deps: {
  readonly platform: PlatformDefinition
  readonly workspaces: WorkspaceCopy
  readonly targets: Targets
  readonly http: Http
  readonly nowMs: () => number
}): { deliver(deliveries: readonly Delivery[]): Promise<Result[]> } {
  const { platform, workspaces, targets, http, nowMs } = deps
  const slot = createSlots(CALLS_MAX)
  /** Destinations found broken: nothing more is tried there until someone resumes them. A new process asks once again. */
  const broken = new Map<string, { readonly verdict: Blocked; readonly sinceMs: number }>()

  async function deliver(deliveries: readonly Delivery[]): Promise<Result[]> {
    const newest = Math.max(-1, ...deliveries.map((delivery) => delivery.workspaces_offset))
    if (!(await workspaces.waitFor(newest, CONFIG_WAIT_MS))) return deliveries.map(later)
    // A test code stands beside a whole batch, so test events go in batches of their own.
    const byDestination = Map.groupBy(
      deliveries,
      ({ conversion, destination_id }) => `${conversion.workspace_id} ${destination_id} ${isTest(conversion)}`,
    )
    return (await Promise.all([...byDestination.values()].map(toDestination))).flat()
  }

  /** Without the configuration it was routed by, nothing can be said of a delivery; it comes again soon, no attempt counted. */
  const later = (delivery: Delivery): Result => moved({ ...delivery, due_at: Math.max(delivery.due_at, nowMs() + AGAIN_AFTER_MS) }, nowMs())

  async function toDestination(deliveries: readonly Delivery[]): Promise<Result[]> {
    const workspaceId = deliveries[0]?.conversion.workspace_id ?? ''
    const destination = workspaces.get(workspaceId)?.destinations.find((one) => one.id === deliveries[0]?.destination_id)
    if (destination?.active !== true) return deliveries.map((delivery) => told(delivery, 'suppressed', 'rule', null, nowMs()))
    const found = broken.get(destination.id)
    if (found !== undefined && (destination.resumed_at ?? 0) < found.sinceMs) {
      return deliveries.flatMap((delivery) => concluded(delivery, found.verdict, [], nowMs()))
    }
    broken.delete(destination.id)
    const test = deliveries[0] !== undefined && isTest(deliveries[0].conversion)
    const open = () => targets.open(workspaceId, test ? destination : { ...destination, test_code: null })
    const opened = await open()
    const results: Result[] = []
    const ready: Ready[] = []
    for (const delivery of deliveries) {
      const waiting = tooRecent(delivery, destination)
      if (waiting !== null) results.push(...waiting)
      else if (opened.kind === 'verdict')
        results.push(...concluded(delivery, opened.verdict, [uncalled(opened.verdict, opened.detail)], nowMs()))
      else prepare(delivery, opened.target, results, ready)
    }
    if (opened.kind === 'verdict') return results
    /** An access token may end before its time; that is no fault of the credentials, so one more is asked for. */
    const refreshed = async (): Promise<Target | null> => {
      if (platform.authorize === undefined) return null
      targets.forget(destination)
      const again = await open()
      return again.kind === 'target' ? again.target : null
    }
    const sent = await Promise.all(cut(ready, platform.limits).map((batch) => slot(() => send(batch, opened.target, refreshed))))
    const blocked = sent.flatMap((batch) => batch.verdicts).find((verdict): verdict is Blocked => verdict.kind === 'blocked')
    if (blocked !== undefined) broken.set(destination.id, { verdict: blocked, sinceMs: nowMs() })
    return [...results, ...sent.flatMap((batch) => batch.results)]
  }

  /** A platform that wants clicks to be some hours old gets nothing before; the delivery waits in the tiers. */
  function tooRecent(delivery: Delivery, destination: Destination): Result[] | null {
    const minAgeHours = destination.min_click_age ?? platform.limits.minClickAgeHours
    const clickedAt = delivery.conversion.click?.clicked_at
    const dueAt = Math.max(delivery.due_at, clickedAt === undefined ? 0 : clickedAt + Math.round(minAgeHours * HOUR_MS))
    if (dueAt <= nowMs()) return null
    const waiting = { ...delivery, due_at: dueAt, why: delivery.why ?? 'too_recent' }
    const first = delivery.why === null ? [told(waiting, 'queued', 'too_recent', null, nowMs())] : []
    return [...first, moved(waiting, nowMs())]
  }

  function prepare(delivery: Delivery, target: Target, results: Result[], ready: Ready[]): void {
    const prepared = platform.prepare(delivery.conversion, target, nowMs())
    if (prepared.kind === 'event') ready.push({ delivery, event: prepared.event })
    else results.push(told(delivery, prepared.kind, prepared.why, null, nowMs()))
  }

  async function send(
    batch: readonly Ready[],
    target: Target,
    refreshed: () => Promise<Target | null>,
  ): Promise<{ results: Result[]; verdicts: Verdict[] }> {
    const events = batch.map(({ event }) => event)
    let sent = await sendBatch(events, target, { platform, http })
    if (sent.every(({ verdict }) => verdict.kind === 'blocked' && verdict.why === 'token')) {
      const another = await refreshed()
      if (another !== null) sent = await sendBatch(events, another, { platform, http })
    }
    const results = batch.flatMap(({ delivery }, index) => {
      const outcome = sent[index]
      return outcome === undefined ? [] : concluded(delivery, outcome.verdict, outcome.attempts, nowMs())
    })
    return { results, verdicts: sent.map(({ verdict }) => verdict) }
  }

  return { deliver }
}

/** The attempt that failed before the platform's events door was reached. */
const uncalled = (verdict: Verdict, detail: string): Omit<Attempt, 'n'> => ({
  latency_ms: 0,
  request: '',
  http_status: null,
  response: detail,
  verdict: verdict.kind,
  trace_id: verdict.traceId,
})

/** Runs at most `max` at a time, the others in the order they came. */
function createSlots(max: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let free = max
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
