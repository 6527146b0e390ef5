import { z } from 'zod'
import { definePlatform } from '../definition.ts'
import { EVENT_NAMES, prepare } from './event.ts'
import { examples } from './examples.ts'
import { verdict } from './verdict.ts'

export const Settings = z.strictObject({
  /** The pixel code as TikTok Events Manager shows it. */
  pixel_code: z.string().regex(/^[A-Za-z0-9]{10,40}$/, '10 to 40 letters and digits, as Events Manager shows it'),
})
export type Settings = z.infer<typeof Settings>
export const Credentials = z.strictObject({ access_token: z.string().min(1).max(1_000) })
export type Credentials = z.infer<typeof Credentials>

export const tiktok = definePlatform<Settings, Credentials>({
  id: 'tiktok',
  name: 'TikTok Events API',
  docs: 'https://business-api.tiktok.com/portal/docs?id=1771100779668482',
  hosts: { api: 'https://business-api.tiktok.com' },
  settings: Settings,
  credentials: Credentials,
  limits: { batchMax: 1_000, batchMaxBytes: 1_000_000, timeoutMs: 10_000, minClickAgeHours: 0 },
  eventNames: EVENT_NAMES,
  prepare,
  request: (events, { hosts, settings, credentials, testCode }) => ({
    method: 'POST',
    url: `${hosts.api}/open_api/v1.3/event/track/`,
    headers: { 'content-type': 'application/json', 'access-token': credentials.access_token },
    body: JSON.stringify({
      event_source: 'web',
      event_source_id: settings.pixel_code,
      ...(testCode !== null && { test_event_code: testCode }),
      data: events,
    }),
  }),
  verdict,
  secrets: ({ credentials }) => [credentials.access_token],
  examples,
})
