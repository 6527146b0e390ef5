import { everflow as everflowDialect } from '../../src/dialects/everflow/index.ts'
import { keitaro as keitaroDialect } from '../../src/dialects/keitaro/index.ts'
import { redtrack as redtrackDialect } from '../../src/dialects/redtrack/index.ts'
import { voluum as voluumDialect } from '../../src/dialects/voluum/index.ts'
import { is2xx, never, type SenderDefinition, SHORTEST_TIMEOUT_MS } from './definition.ts'
import { fill } from './fill.ts'

const MINUTE_MS = 60_000

/** "It collects them in a queue, then send when the next cron job is running", by GET or POST as the source is set up:
 *  https://docs.keitaro.io/en/campaigns-and-streams/s2s-postback.html. Time-out and retries are on no page we found: it has none of
 *  them here. That the job runs every minute, sends one after the other and opens a connection for each is how PHP jobs do it, unread. */
export const keitaro: SenderDefinition = {
  id: 'keitaro',
  tracker: 'keitaro',
  connection: 'new',
  timeoutMs: SHORTEST_TIMEOUT_MS,
  concurrency: 1,
  followsRedirects: false,
  isSuccess: is2xx,
  isTriedAgain: never,
  againAfterMs: [],
  gathersMs: MINUTE_MS,
  turnsOff: null,
  call: ({ clickId, transactionId, value }) => ({
    method: 'GET',
    params: fill(keitaroDialect, {
      '{subid}': clickId,
      '{revenue}': value,
      '{currency}': 'USD',
      '{status}': 'sale',
      '{tid}': transactionId,
    }),
    body: null,
  }),
}

/** "by requesting a unique URL via an HTTP (GET or POST) method ... when a conversion has been successfully registered":
 *  https://doc.voluum.com/en/traffic_source_postback_url.html. No page tells of a time-out or of a second attempt. */
export const voluum: SenderDefinition = {
  id: 'voluum',
  tracker: 'voluum',
  connection: 'kept',
  timeoutMs: SHORTEST_TIMEOUT_MS,
  concurrency: 8,
  followsRedirects: false,
  isSuccess: is2xx,
  isTriedAgain: never,
  againAfterMs: [],
  gathersMs: 0,
  turnsOff: null,
  call: ({ clickId, transactionId, value }) => ({
    method: 'GET',
    params: fill(voluumDialect, {
      '{clickid}': clickId,
      '{payout}': value,
      '{currency}': 'USD',
      '{conversion.type}': 'Purchase',
      '{transaction.id}': transactionId,
    }),
    body: null,
  }),
}

/** GET, as its postback addresses are used: https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/.
 *  No page tells of a time-out or of a second attempt. */
export const redtrack: SenderDefinition = {
  id: 'redtrack',
  tracker: 'redtrack',
  connection: 'kept',
  timeoutMs: SHORTEST_TIMEOUT_MS,
  concurrency: 4,
  followsRedirects: false,
  isSuccess: is2xx,
  isTriedAgain: never,
  againAfterMs: [],
  gathersMs: 0,
  turnsOff: null,
  call: ({ clickId, value }) => ({
    method: 'GET',
    params: fill(redtrackDialect, {
      '{clickid}': clickId,
      '{sum}': value,
      '{currency}': 'USD',
      '{type}': 'Purchase',
      '{status}': 'approved',
    }),
    body: null,
  }),
}

/** "postbacks are deactivated after 10 consecutive failures in 72 hours (previously 25)", by the postback's delivery alone:
 *  https://helpdesk.everflow.io/collaborator/managing-postbacks-as-a-partner, as of 13 March 2026. Which answers are failures stands
 *  behind what we could read of that page: here whatever is not 2xx, no answer included. Earlier pages told of up to 25 attempts;
 *  here there is one. A run is far shorter than 72 hours, so nothing is forgotten in it. */
export const everflow: SenderDefinition = {
  id: 'everflow',
  tracker: 'everflow',
  connection: 'kept',
  timeoutMs: SHORTEST_TIMEOUT_MS,
  concurrency: 4,
  followsRedirects: false,
  isSuccess: is2xx,
  isTriedAgain: never,
  againAfterMs: [],
  gathersMs: 0,
  turnsOff: { after: 10, failed: 'attempts' },
  call: ({ clickId, value }) => ({
    method: 'GET',
    params: fill(everflowDialect, { '{sub1}': clickId, '{event_name}': 'Purchase', '{payout_amount}': value }),
    body: null,
  }),
}
