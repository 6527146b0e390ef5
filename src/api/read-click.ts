import { isIP } from 'node:net'
import { z } from 'zod'
import { readDecimal } from '../dialects/numbers.ts'
import { readTime } from '../dialects/times.ts'
import type { Click } from '../events/click.ts'
import { currencyCode } from '../events/currencies.ts'
import { PLATFORM_IDS, platformOfIds } from '../events/words.ts'
import type { FieldError } from './answer.ts'
import { inputErrors, wrongField } from './input-errors.ts'
import { idWithoutPeople, keepable, withoutPeople } from './read/private.ts'

const idText = z.string().min(1).max(512)
const text = z.union([z.string().max(2_048), z.number().transform(String)]).nullish()
const FUTURE_MAX_MS = 10 * 60_000

/** A click is repeated on every delivery, which must fit into a record. */
const UTM_MAX = 50

/** A click as the API takes it: the canonical names, unknown ones refused. */
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

const SHORT_TEXT = 'a text or a number of at most 2,048 characters'
const EXPECTED: Readonly<Record<keyof ClickInput, string>> = {
  click_id: 'a text of 1 to 512 characters',
  aliases: 'a list of at most 20 texts of 1 to 512 characters',
  clicked_at: 'ISO 8601 or epoch milliseconds, not in the future',
  platform: `one of ${PLATFORM_IDS.join(', ')}`,
  campaign_id: SHORT_TEXT,
  adset_id: SHORT_TEXT,
  ad_id: SHORT_TEXT,
  fbclid: SHORT_TEXT,
  fbc: SHORT_TEXT,
  fbp: SHORT_TEXT,
  gclid: SHORT_TEXT,
  gbraid: SHORT_TEXT,
  wbraid: SHORT_TEXT,
  ttclid: SHORT_TEXT,
  ttp: SHORT_TEXT,
  client_ip: 'one IPv4 or IPv6 address',
  client_user_agent: SHORT_TEXT,
  landing_url: SHORT_TEXT,
  utm: `an object of at most ${UTM_MAX} texts, each of at most 512 characters under a name of at most 64`,
  cost: 'a decimal number such as 0.12',
  currency: 'an ISO 4217 code such as USD',
  test: 'true or false',
}

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
  // Read one by one, so that a sender learns of every wrong field at once.
  const clickedAt = readField(input, 'clicked_at', (sent) => timeOf(sent, context.nowMs))
  const cost = readField(input, 'cost', (sent) => readDecimal(sent, '.'))
  const currency = readField(input, 'currency', currencyCode)
  const clientIp = readField(input, 'client_ip', (sent) => (isIP(sent) === 0 ? undefined : sent))
  const errors = parsed.success ? [] : inputErrors(parsed.error, input, EXPECTED)
  for (const [name, read] of Object.entries({ clicked_at: clickedAt, cost, currency, client_ip: clientIp } as const))
    if (read === undefined && !errors.some((one) => one.param === name))
      errors.push(wrongField([name], input, EXPECTED[name as keyof ClickInput]))
  if (!parsed.success || clickedAt === undefined || cost === undefined || currency === undefined || clientIp === undefined)
    return { kind: 'refused', errors }
  const given = parsed.data

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
      clicked_at: clickedAt ?? context.nowMs,
      received_at: context.nowMs,
      platform: given.platform ?? platformOfIds(fields),
      campaign_id: id(given.campaign_id),
      adset_id: id(given.adset_id),
      ad_id: id(given.ad_id),
      ...fields,
      client_ip: clientIp,
      client_user_agent: given.client_user_agent ? withoutPeople(given.client_user_agent) : null,
      landing_url: given.landing_url ? withoutPeople(given.landing_url) : null,
      utm: Object.fromEntries(Object.entries(given.utm ?? {}).map(([name, value]) => [withoutPeople(name), keepable(name, value)])),
      cost,
      currency,
      test: given.test ?? false,
    },
  }
}

/** null: the field was not sent, or is of a type that the schema refuses; undefined: it was, and cannot be read. */
function readField<T>(input: unknown, name: keyof ClickInput, read: (sent: string) => T | undefined): T | null | undefined {
  const record = typeof input === 'object' && input !== null ? (input as Partial<Record<string, unknown>>) : {}
  const sent = Object.hasOwn(record, name) ? record[name] : undefined
  return (typeof sent === 'string' && sent !== '') || typeof sent === 'number' ? read(String(sent)) : null
}

function timeOf(sent: string, nowMs: number): number | undefined {
  const ms = readTime(sent, 'UTC')
  return ms === undefined || ms > nowMs + FUTURE_MAX_MS ? undefined : ms
}
