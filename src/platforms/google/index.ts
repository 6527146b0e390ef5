import { definePlatform } from '../definition.ts'
import { authorizeRequest, readAuthorized } from './authorize.ts'
import { prepare, requestBody } from './event.ts'
import { examples } from './examples.ts'
import { Credentials, Settings } from './settings.ts'
import { verdict } from './verdict.ts'

/** The Data Manager API: `uploadClickConversions` of the Google Ads API has been closed to newcomers since 15 June 2026. */
export const google = definePlatform<Settings, Credentials>({
  id: 'google',
  name: 'Google Ads (Data Manager)',
  docs: 'https://developers.google.com/data-manager/api',
  hosts: { api: 'https://datamanager.googleapis.com', oauth: 'https://oauth2.googleapis.com' },
  settings: Settings,
  credentials: Credentials,
  /** A conversion of a click under six hours old is answered TOO_RECENT_CLICK, a day later. */
  limits: { batchMax: 2_000, batchMaxBytes: 2_000_000, timeoutMs: 10_000, minClickAgeHours: 6 },
  eventNames: {},
  prepare,
  request: (events, target) => ({
    method: 'POST',
    url: `${target.hosts.api}/v1/events:ingest`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${target.accessToken ?? ''}` },
    body: JSON.stringify(requestBody(events, target)),
  }),
  verdict,
  authorize: { request: authorizeRequest, read: readAuthorized },
  secrets: ({ credentials, accessToken }) => [
    credentials.client_secret,
    credentials.refresh_token,
    ...(accessToken === undefined ? [] : [accessToken]),
  ],
  examples,
})
