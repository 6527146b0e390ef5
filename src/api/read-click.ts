import { isIP } from 'node:net'
import { z } from 'zod'
import { readDecimal } from '../dialects/numbers.ts'
import { readTime } from '../dialects/times.ts'
import type { Click } from '../events/click.ts'
import { currencyCode } from '../events/currencies.ts'
import { PLATFORM_IDS, platformOfIds } from '../events/words.ts'
import type { FieldError } from './answer.ts'
import { idWithoutPeople, keepable, withoutPeople } from './read/private.ts'

const idText = z.string().min(1).max(512)
const text = z.union([z.string().max(2_048), z.number().transform(String)]).nullish()
const FUTURE_MAX_MS = 10 * 60_000

/** A click as the API takes it: the canonical names, unknown ones refused. */
/** A click is repeated on every delivery, which must fit into a record. */
const UTM_MAX = 50

export const ClickInput = z.strictObject({
  /** Absent: one is minted and answered. */
  click_id: idText.optional(),
  aliases: z.array(idText).max(20).optional(),
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

  if (given.client_ip && isIP(given.client_ip) === 0)
    return { kind: 'refused', errors: [wrong('client_ip', 'one IPv4 or IPv6 address', input)] }

  const id = (sent: string | null | undefined): string | null => (sent ? idWithoutPeople(sent) : null)
  const clickId = idWithoutPeople(given.click_id ?? context.newId())
  const fields = {
    fbclid: id(given.fbclid),
    fbc: id(given.fbc),
    fbp: id(given.fbp),
    gclid: id(given.gclid),
    gbraid: id(given.gbraid),
    wbraid: id(given.wbraid),
    ttclid: id(given.ttclid),
    ttp: id(given.ttp),
  }
  return {
    kind: 'click',
    click: {
      workspace_id: context.workspaceId,
      click_id: clickId,
      ids: [...new Set([clickId, ...(given.aliases ?? []).map(idWithoutPeople)])],
      source_id: context.sourceId,
      clicked_at: clickedAt,
      received_at: context.nowMs,
      platform: given.platform ?? platformOfIds(fields),
      campaign_id: id(given.campaign_id),
      adset_id: id(given.adset_id),
      ad_id: id(given.ad_id),
      ...fields,
      client_ip: given.client_ip || null,
      client_user_agent: given.client_user_agent ? withoutPeople(given.client_user_agent) : null,
      landing_url: given.landing_url ? withoutPeople(given.landing_url) : null,
      utm: Object.fromEntries(Object.entries(given.utm ?? {}).map(([name, value]) => [withoutPeople(name), keepable(name, value)])),
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
  const sent =
    typeof record[param] === 'string' || typeof record[param] === 'number' ? withoutPeople(String(record[param])).slice(0, 100) : ''
  return { param, code: 'invalid', sent, expected, message: `${param || 'The click'} is not right.` }
}
