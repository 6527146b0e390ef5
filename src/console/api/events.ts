import { z } from 'zod'
import { STATUSES } from '../../events/stages.ts'
import { PLATFORM_IDS } from '../../events/words.ts'
import { type EventFilters, isCursor, MAX_LIMIT } from '../../store/list-events.ts'
import { BUCKETS, GROUPS, type StatsQuery } from '../../store/stats.ts'
import type { Access, ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { invalid, Refusal } from '../problem.ts'
import { showEvent } from './shown-event.ts'
import { isTimeZone, TIME_ZONE_EXPECTED } from './time-zones.ts'
import { defined, instantMs } from './values.ts'

const DAY_MS = 86_400_000
/** Clocks of edge and console may differ by this much; without `to` nothing received just now is left out. */
const SKEW_MS = 60_000
const BUCKETS_MAX: Readonly<Record<string, number>> = { minute: 14 * DAY_MS, hour: 400 * DAY_MS, day: 4_000 * DAY_MS }

const Instant = z.string().transform((text, context) => {
  const ms = instantMs(text)
  if (ms === undefined) context.addIssue({ code: 'custom', message: 'an ISO 8601 instant since 1970, such as 2026-11-24T09:00:00Z' })
  return ms ?? z.NEVER
})
const text = z.string().min(1).max(512)

const SUBS = Array.from({ length: 20 }, (_, index) => `sub${index + 1}`)
export const EventsQuery = z.strictObject({
  status: z.enum(STATUSES).optional(),
  event: text.optional(),
  source_id: text.optional(),
  platform: z.enum(PLATFORM_IDS).optional(),
  campaign_id: text.optional(),
  why: text.optional(),
  ...(Object.fromEntries(SUBS.map((name) => [name, text.optional()])) as Readonly<Record<string, z.ZodOptional<typeof text>>>),
  from: Instant.optional(),
  to: Instant.optional(),
  q: text.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).optional(),
  cursor: z.string().refine(isCursor, 'next_cursor of the page before').optional(),
})
export const StatsParams = z.strictObject({
  from: Instant.optional(),
  to: Instant.optional(),
  group_by: z.enum(GROUPS).optional(),
  bucket: z.enum(BUCKETS).optional(),
  tz: z.string().refine(isTimeZone, TIME_ZONE_EXPECTED).optional(),
})

export function serveEvents(router: ApiRouter, access: Access, deps: Pick<ConsoleDeps, 'reads' | 'nowMs'>): void {
  const { reads, nowMs } = deps

  router.get('/postback/events', async (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'events.read')
    ctx.body = await reads.listEvents(workspace.id, filtersOf(parse(EventsQuery, queryOf(ctx))))
  })
  router.get('/postback/events/:postback_id', async (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'events.read')
    const id = z.uuid().safeParse(ctx.params.postback_id)
    const event = id.success ? await reads.getEvent(workspace.id, id.data.toLowerCase()) : null
    if (event === null) throw new Refusal('not_found')
    ctx.body = showEvent(event)
  })
  /** Without `from`: the 24 hours before `to`; without `to`: until now. */
  router.get('/postback/stats', async (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'events.read')
    const { from, to, ...rest } = defined(parse(StatsParams, queryOf(ctx)))
    const end = to ?? nowMs() + SKEW_MS
    const query: StatsQuery = { from: from ?? end - DAY_MS, to: end, ...rest }
    const longest = rest.bucket === undefined ? undefined : BUCKETS_MAX[rest.bucket]
    if (longest !== undefined && query.to - query.from > longest) {
      throw invalid([
        { param: 'bucket', sent: String(rest.bucket), expected: `a range of at most ${longest / DAY_MS} days, or wider buckets` },
      ])
    }
    ctx.body = await reads.stats(workspace.id, query)
  })
}

function filtersOf(query: z.infer<typeof EventsQuery>): EventFilters {
  const given = Object.entries(defined(query))
  const [subs, rest] = [true, false].map((isSub) => Object.fromEntries(given.filter(([name]) => SUBS.includes(name) === isSub)))
  // names and types are those of the schema
  return { ...rest, ...(Object.keys(subs ?? {}).length > 0 && { subs: subs as Record<string, string> }) }
}

/** A parameter that comes twice is its last one. */
function queryOf(ctx: Ctx): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(ctx.querystring))
}
