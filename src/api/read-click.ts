import { z } from 'zod'
import { readDecimal } from '../dialects/numbers.ts'
import { readTime } from '../dialects/times.ts'
import type { Click } from '../events/click.ts'
import { currencyCode } from '../events/currencies.ts'
import { PLATFORM_IDS, platformOfIds } from '../events/words.ts'
import type { FieldError } from './answer.ts'

const id = z.string().min(1).max(512)
const text = z.union([z.string().max(2_048), z.number().transform(String)]).nullish()
const FUTURE_MAX_MS = 10 * 60_000

/** A click as the API takes it: the canonical names, unknown ones refused. */
/** A click is repeated on every delivery, which must fit into a record. */
const UTM_MAX = 50

export const ClickInput = z.strictObject({
  /** Absent: one is minted and answered. */
  click_id: id.optional(),
  aliases: z.array(id).max(20).optional(),
  /** ISO 8601 or epoch milliseconds; absent: now. */
  clicked_at: z.union([z.string(), z.number()]).nullish(),
  platform: z.enum(PLATFORM_IDS).nullish(),
  campaign_id: text,
  adset_id: text,
  ad_id: text,
  fbclid: text,
  fbc: text,
  fbp: text,
  gclid: text,
  gbraid: text,
  wbraid: text,
  ttclid: text,
  ttp: text,
  client_ip: text,
  client_user_agent: text,
  landing_url: text,
  utm: z
    .record(z.string().max(64), z.string().max(512))
    .refine((utm) => Object.keys(utm).length <= UTM_MAX, `at most ${UTM_MAX} utm parameters`)
    .nullish(),
  cost: z.union([z.string(), z.number()]).nullish(),
  currency: z.string().nullish(),
  test: z.boolean().nullish(),
})
export type ClickInput = z.infer<typeof ClickInput>

export type ClickContext = {
  readonly workspaceId: string
  readonly sourceId: string | null
  readonly nowMs: number
  readonly newId: () => string
  /** Takes people out of text that should name none. */
  readonly withoutPeople: (text: string) => string
  readonly idWithoutPeople: (id: string) => string
}

export type ReadClick =
  | { readonly kind: 'click'; readonly click: Click }
  | { readonly kind: 'refused'; readonly errors: readonly FieldError[] }

/** The record of a click, under its first id; every id of it is listed. */
export function readClick(input: unknown, context: ClickContext): ReadClick {
  const parsed = ClickInput.safeParse(input)
  if (!parsed.success)
    return { kind: 'refused', errors: parsed.error.issues.map((issue) => wrong(issue.path.join('.'), issue.message, input)) }
  const given = parsed.data
  const clickedAt = timeOf(given.clicked_at, context.nowMs)
  if (clickedAt === undefined)
    return { kind: 'refused', errors: [wrong('clicked_at', 'ISO 8601 or epoch milliseconds, not in the future', input)] }
  const cost = given.cost === undefined || given.cost === null ? null : readDecimal(String(given.cost), '.')
  if (cost === undefined) return { kind: 'refused', errors: [wrong('cost', 'a decimal number such as 0.12', input)] }
  const currency = given.currency ? currencyCode(given.currency) : null
  if (currency === undefined) return { kind: 'refused', errors: [wrong('currency', 'an ISO 4217 code such as USD', input)] }

  const clickId = context.idWithoutPeople(given.click_id ?? context.newId())
  const fields = {
    fbclid: given.fbclid || null,
    fbc: given.fbc || null,
    fbp: given.fbp || null,
    gclid: given.gclid || null,
    gbraid: given.gbraid || null,
    wbraid: given.wbraid || null,
    ttclid: given.ttclid || null,
    ttp: given.ttp || null,
  }
  return {
    kind: 'click',
    click: {
      workspace_id: context.workspaceId,
      click_id: clickId,
      ids: [...new Set([clickId, ...(given.aliases ?? []).map(context.idWithoutPeople)])],
      source_id: context.sourceId,
      clicked_at: clickedAt,
      received_at: context.nowMs,
      platform: given.platform ?? platformOfIds(fields),
      campaign_id: given.campaign_id || null,
      adset_id: given.adset_id || null,
      ad_id: given.ad_id || null,
      ...fields,
      client_ip: given.client_ip || null,
      client_user_agent: given.client_user_agent || null,
      landing_url: given.landing_url ? context.withoutPeople(given.landing_url) : null,
      utm: Object.fromEntries(Object.entries(given.utm ?? {}).map(([name, value]) => [name, context.withoutPeople(value)])),
      cost,
      currency,
      test: given.test ?? false,
    },
  }
}

function timeOf(given: string | number | null | undefined, nowMs: number): number | undefined {
  if (given === undefined || given === null) return nowMs
  const ms = readTime(String(given), 'UTC')
  return ms === undefined || ms > nowMs + FUTURE_MAX_MS ? undefined : ms
}

function wrong(param: string, expected: string, input: unknown): FieldError {
  const record = typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {}
  const sent = typeof record[param] === 'string' || typeof record[param] === 'number' ? String(record[param]).slice(0, 100) : ''
  return { param, code: 'invalid', sent, expected, message: `${param || 'The click'} is not right.` }
}
