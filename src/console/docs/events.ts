import { z } from 'zod'
import type { Operation } from '../../api/openapi/operation.ts'
import { DELIVERY_STAGES, STATUSES, VERDICTS } from '../../events/stages.ts'
import { EventsQuery, StatsParams } from '../api/events.ts'

const text = z.string().nullable()
const at = z.iso.datetime()
const Event = z.looseObject({
  postback_id: z.uuid(),
  event_id: z.string(),
  received_at: at,
  event_time: at.nullable(),
  source_id: z.string(),
  tracker: z.string(),
  campaign_id: text,
  platform: text,
  event: text,
  conversion_status: text,
  click_id: text,
  transaction_id: text,
  value: text,
  currency: text,
  status: z.enum(STATUSES),
  why: z.string().optional(),
  test: z.boolean(),
  deliveries: z.array(
    z.object({
      platform: z.string(),
      destination_id: z.string(),
      status: z.enum(Object.keys(DELIVERY_STAGES) as [keyof typeof DELIVERY_STAGES]),
      why: z.string().optional(),
    }),
  ),
})
const Detail = Event.extend({
  reading: z.record(z.string(), z.unknown()).nullable(),
  unread: z.record(z.string(), z.string()),
  click: z.record(z.string(), z.unknown()).nullable(),
  timeline: z.array(z.looseObject({ at, stage: z.string(), why: z.string().optional() })),
  attempts: z.array(z.looseObject({ platform: z.string(), destination_id: z.string(), n: z.int(), at, verdict: z.enum(VERDICTS) })),
})
const Counts = z.looseObject({
  received: z.int(),
  duplicate: z.int(),
  quarantined: z.int(),
  deferred: z.int(),
  held: z.int(),
  matched: z.int(),
  unmatched: z.int(),
  success_rate: z.number().nullable().describe('matched / (matched + unmatched + held)'),
  unmatched_by: z.record(z.string(), z.int()),
  value_by_currency: z.record(z.string(), z.string()),
  platforms: z.record(z.string(), z.record(z.string(), z.int())),
})

export const events: readonly Operation[] = [
  {
    ...{
      id: 'listEvents',
      method: 'get',
      path: '/api/v1/postback/events',
      tag: 'Events',
      access: 'api key',
      summary: 'Events, newest first',
    },
    query: EventsQuery,
    replies: { 200: { description: 'A page of them', schema: z.object({ items: z.array(Event), next_cursor: text }) } },
    problems: ['validation_failed'],
    examples: {
      held: { summary: 'Those that wait for their click', params: { status: 'held', limit: '20' }, status: 200 },
      wrong: {
        ...{ summary: 'A status that there is not', params: { status: 'lost' }, status: 422 },
        answer: { code: 'validation_failed', errors: [{ param: 'status', sent: 'lost' }] },
      },
    },
  },
  {
    ...{ id: 'followEvents', method: 'get', path: '/api/v1/postback/events/stream', tag: 'Events', access: 'api key' },
    summary: 'Events as they change',
    description: 'Server-sent events: `changed` with a list of events as data. Last-Event-ID goes on where a connection broke off.',
    replies: { 200: { description: 'A stream', type: 'text/event-stream' } },
    problems: ['rate_limited'],
    examples: { follow: { summary: 'From now on', status: 200 } },
  },
  {
    ...{ id: 'getEvent', method: 'get', path: '/api/v1/postback/events/{postback_id}', tag: 'Events', access: 'api key' },
    summary: 'Everything about one event',
    description: 'How it was read, which click it met, what each platform was sent and answered.',
    places: { postback_id: 'As the receipt has it.' },
    replies: { 200: { description: 'The event', schema: Detail } },
    problems: ['not_found'],
    examples: {
      one: { summary: 'One', params: { postback_id: '{postback_id}' }, status: 200, answer: { postback_id: '{postback_id}' } },
      missing: {
        ...{ summary: 'One that is not there', params: { postback_id: '01900000-0000-7000-8000-000000000000' }, status: 404 },
        answer: { code: 'not_found' },
      },
    },
  },
  {
    ...{ id: 'stats', method: 'get', path: '/api/v1/postback/stats', tag: 'Events', access: 'api key', summary: 'Counts, rates and sums' },
    description: 'Without `from`: the 24 hours before `to`. Test events are left out.',
    query: StatsParams,
    replies: {
      200: {
        description: 'Of the cohort that was received in that time',
        schema: Counts.extend({
          groups: z.array(Counts.extend({ key: text })).optional(),
          buckets: z.array(Counts.extend({ at })).optional(),
        }),
      },
    },
    problems: ['validation_failed'],
    examples: {
      byTracker: { summary: 'By tracker', params: { group_by: 'tracker' }, status: 200 },
      hours: { summary: 'By hour', params: { bucket: 'hour', tz: 'Europe/Berlin' }, status: 200 },
      wrong: {
        ...{ summary: 'A time zone that there is not', params: { tz: 'Mars/Base' }, status: 422 },
        answer: { code: 'validation_failed', errors: [{ param: 'tz', sent: 'Mars/Base' }] },
      },
    },
  },
]
