import type { Attempt, Sender, Told } from './sender.ts'

/** What the topics hold of one postback. */
export type Kept = {
  readonly clickId: string
  readonly event: string | null
  readonly value: string | null
  readonly currency: string | null
  /** Attribution's decisions, in order. */
  readonly stages: readonly string[]
}
export type Heard = Pick<Sender, 'definition' | 'standing' | 'told' | 'replays'>

export type Row = {
  readonly sender: string
  readonly conversions: number
  readonly attempts: number
  /** Answered 2xx out of the spool. */
  readonly spooled: number
  readonly late: number
  /** Conversions that the sender holds for failed, late or cut, and that were counted all the same. */
  readonly unheard: number
  readonly broken: number
  readonly replays: number
  /** Conversions whose every attempt was under way at a process when it was killed, and that are nowhere. */
  readonly cut: number
  /** Written more than once, and counted once. */
  readonly repeats: number
  readonly longest_ms: number
  /** Of failures in a row, as the sender counts them. */
  readonly longest_run: number
}

/** A connection to a killed process may be handed over a moment after its death. */
const GONE_WITHIN_MS = 500
const SHOWN = 20

/** Whether every sender stayed with us and each conversion was counted once, told by id. `kept`: by postback id. `kills`: when a
 *  process was killed with what it had under way, by the clock of the attempts. */
export function judge(
  senders: readonly Heard[],
  kept: ReadonlyMap<string, Kept>,
  kills: readonly number[],
): { readonly differences: Readonly<Record<string, readonly string[]>>; readonly rows: readonly Row[] } {
  const differences: Record<string, string[]> = {}
  const note = (kind: string, what: string): void => {
    differences[kind] ??= []
    if (differences[kind].length < SHOWN) differences[kind].push(what)
  }
  const byClick = Map.groupBy(kept, ([, { clickId }]) => clickId)
  const fellToAKill = ({ fromMs, toMs }: Attempt): boolean => kills.some((atMs) => fromMs <= atMs + GONE_WITHIN_MS && toMs >= atMs)
  const known = new Set<string>()

  const rows = senders.map(({ definition, standing, told, replays }): Row => {
    const { id } = definition
    const row = { spooled: 0, late: 0, unheard: 0, broken: 0, cut: 0, repeats: 0, longest_ms: 0 }
    if (standing.isOff) note('turned us off', `${id} after ${standing.longestRun} failures in a row`)

    for (const one of told) {
      const { clickId, value } = one.conversion
      known.add(clickId)
      const postbacks = byClick.get(clickId) ?? []
      const counted = postbacks.flatMap(([, { stages }]) => stages.filter((stage) => stage === 'matched')).length
      const was = `${clickId}: ${story(one)}`
      if (counted > 1) note('counted twice', `${was}; ${postbacks.map(([postbackId]) => postbackId).join(', ')}`)
      if (counted > 0 && !one.isDelivered) row.unheard++
      if (postbacks.length > 1) row.repeats += postbacks.length - 1
      if (counted === 0) {
        const isCut = postbacks.length === 0 && one.attempts.every((attempt) => attempt.result.kind !== 'answered' && fellToAKill(attempt))
        if (isCut) row.cut++
        else note('lost', `${was}; ${postbacks.map(([, { stages }]) => stages.join(' ') || 'no decision').join(', ') || 'in no topic'}`)
      }
      for (const [postbackId, { event, value: read, currency }] of postbacks)
        if (event !== 'Purchase' || Number(read) !== Number(value) || currency !== 'USD')
          note('read otherwise', `${postbackId} of ${id}: ${event} ${read} ${currency}, not Purchase ${value} USD`)

      for (const attempt of one.attempts) {
        const { result, fromMs, toMs } = attempt
        row.longest_ms = Math.max(row.longest_ms, Math.round(toMs - fromMs))
        if (result.kind === 'late') row.late++
        if (result.kind === 'broken') {
          row.broken++
          if (!fellToAKill(attempt)) note('broken, and nobody was killed', was)
        }
        if (result.kind !== 'answered') continue
        const reply = replyOf(result)
        if (reply === null) note('answered otherwise than 2xx with a receipt', `${was}: ${result.body.slice(0, 200)}`)
        else if (!kept.has(reply.postback_id)) note('answered 2xx and not in postbacks', `${was}: ${reply.postback_id}`)
        if (reply?.durability === 'spool') row.spooled++
      }
    }
    return { sender: id, conversions: told.length, attempts: standing.attempts, ...row, replays, longest_run: standing.longestRun }
  })
  for (const [postbackId, { clickId }] of kept) if (!known.has(clickId)) note('of no sender', `${postbackId} for ${clickId}`)
  return { differences, rows }
}

const story = ({ attempts }: Told): string =>
  attempts
    .map(({ result, fromMs, toMs }) => {
      const what = result.kind === 'answered' ? result.status : result.kind === 'broken' ? result.why : 'late'
      return `${what} at ${(fromMs / 1_000).toFixed(1)} s after ${Math.round(toMs - fromMs)} ms`
    })
    .join(', ')

/** Null: no 2xx, or one that says nothing of what was kept. */
export function replyOf({ status, body }: { readonly status: number; readonly body: string }) {
  if (status < 200 || status > 299) return null
  try {
    const reply = JSON.parse(body) as { postback_id?: string; durability?: string }
    return reply.postback_id === undefined ? null : { postback_id: reply.postback_id, durability: reply.durability }
  } catch {
    return null
  }
}
