import { z } from 'zod'
import type { Item } from './columns.ts'
import { ImportFault } from './fault.ts'

const Wrong = z.looseObject({ code: z.string(), message: z.string() })
const Answered = z.looseObject({
  index: z.int(),
  /** Of an accepted item a word, of a refused one the HTTP status. */
  status: z.union([z.enum(['received', 'deferred', 'quarantined']), z.int()]),
  code: z.string().optional(),
  detail: z.string().optional(),
  warnings: z.array(Wrong).optional(),
  errors: z.array(Wrong).optional(),
})
const Reply = z.looseObject({ items: z.array(Answered) })
export type Answered = z.infer<typeof Answered>

/** Items that the edge did not look at for want of room, and takes later. */
const LATER = new Set(['rate_limited', 'overloaded', 'spool_full'])
const isLater = ({ code }: Answered): boolean => code !== undefined && LATER.has(code)

export type SendDeps = {
  readonly url: string
  readonly key: string
  readonly giveUpAfterMs: number
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  /** Says why nothing moves. */
  readonly onWait: (why: string, ms: number) => void
  /** True once the person wants it to stop. */
  readonly stopped: () => boolean
}

const ANSWER_WITHIN_MS = 60_000
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000] as const
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504])

/** Sends items as one batch until the edge has taken it, as Retry-After says and else with growing pauses. Answers for the first
 *  items, in their order: fewer than were sent where a limit let only some of them in, and none where it was stopped while it
 *  waited. `name` is the same whenever these items are sent. Throws ImportFault for what sending again cannot mend. */
export async function sendBatch(items: readonly Item[], name: string, deps: SendDeps): Promise<readonly Answered[]> {
  let patienceEndsMs = deps.nowMs() + deps.giveUpAfterMs
  for (let attempt = 0; !deps.stopped(); attempt++) {
    const reply = await attemptOf(items, name, deps)
    if (reply.kind === 'taken') {
      const answered = answersOf(reply.body, items.length)
      const first = answered.findIndex(isLater)
      if (first !== 0) return first === -1 ? answered : answered.slice(0, first)
    }
    const askedMs = reply.retryAfterMs
    // Whoever says when to come back is there: the patience is for those who do not.
    if (askedMs !== null) patienceEndsMs += askedMs
    const waitMs = Math.max(askedMs ?? 0, BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)] ?? 0)
    const why = reply.kind === 'taken' ? 'the limit of the workspace is reached' : reply.why
    if (deps.nowMs() + waitMs > patienceEndsMs) throw new ImportFault(`Gave up: ${why}. Run this again to go on where it was.`)
    deps.onWait(why, waitMs)
    await deps.sleep(waitMs)
  }
  return []
}

type Attempt =
  | { readonly kind: 'taken'; readonly body: unknown; readonly retryAfterMs: number | null }
  | { readonly kind: 'again'; readonly why: string; readonly retryAfterMs: number | null }

async function attemptOf(items: readonly Item[], name: string, { url, key, nowMs }: SendDeps): Promise<Attempt> {
  let response: Response
  let text: string
  try {
    response = await fetch(`${url}/api/v1/postback/conversions/batch?key=${encodeURIComponent(key)}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', 'idempotency-key': name },
      body: JSON.stringify(items),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    text = await response.text()
  } catch {
    return { kind: 'again', why: `${url} does not answer`, retryAfterMs: null }
  }
  const retryAfterMs = retryAfter(response.headers.get('retry-after'), nowMs())
  if (response.status === 200) return { kind: 'taken', body: parsed(text), retryAfterMs }
  if (AGAIN.has(response.status)) return { kind: 'again', why: `the edge answered ${response.status}`, retryAfterMs }
  throw new ImportFault(sentenceOf(response.status, parsed(text)))
}

function answersOf(body: unknown, count: number): readonly Answered[] {
  const reply = Reply.safeParse(body)
  if (!reply.success || reply.data.items.length !== count || reply.data.items.some(({ index }, at) => index !== at))
    throw new ImportFault('The answer is not one of a batch route: it does not tell of each row. Check --url.')
  return reply.data.items
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from now; null where there is none. */
export function retryAfter(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === '') return null
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1_000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

function sentenceOf(status: number, body: unknown): string {
  const problem = z.looseObject({ code: z.string(), detail: z.string(), errors: z.array(Wrong).optional() }).safeParse(body)
  if (!problem.success) return `The edge answered ${status}, and not as its API does. Check --url.`
  const { code, detail, errors = [] } = problem.data
  return [`${code}: ${detail}`, ...errors.slice(0, 3).map(({ message }) => message)].join(' ')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
