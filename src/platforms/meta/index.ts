import { z } from 'zod'
import { definePlatform } from '../definition.ts'
import { EVENT_NAMES, prepare } from './event.ts'
import { examples } from './examples.ts'
import { verdict } from './verdict.ts'

export const Settings = z.strictObject({
  /** The dataset (pixel) as Events Manager shows it. */
  pixel_id: z.string().regex(/^\d{5,20}$/, '5 to 20 digits, as Events Manager shows it'),
})
export type Settings = z.infer<typeof Settings>
export const Credentials = z.strictObject({ access_token: z.string().min(1).max(1_000) })
export type Credentials = z.infer<typeof Credentials>

/** Valid for two years from its release on 29 July 2026; a call without a version fails. */
const VERSION = 'v26.0'

export const meta = definePlatform<Settings, Credentials>({
  id: 'meta',
  name: 'Meta Conversions API',
  docs: 'https://developers.facebook.com/documentation/ads-commerce/conversions-api',
  hosts: { api: 'https://graph.facebook.com' },
  settings: Settings,
  credentials: Credentials,
  limits: { batchMax: 1_000, batchMaxBytes: 1_000_000, timeoutMs: 10_000, minClickAgeHours: 0 },
  eventNames: EVENT_NAMES,
  prepare,
  /** The token goes in the body, where Meta's own library has it: a URL ends up in logs. */
  request: (events, { hosts, settings, credentials, testCode }) => ({
    method: 'POST',
    url: `${hosts.api}/${VERSION}/${settings.pixel_id}/events`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      data: events,
      ...(testCode !== null && { test_event_code: testCode }),
      access_token: credentials.access_token,
    }),
  }),
  verdict,
  secrets: ({ credentials }) => [credentials.access_token],
  examples,
})
