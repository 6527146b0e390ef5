import { z } from 'zod'
import { JSON_TYPE, type Operation } from '../../api/openapi/operation.ts'
import { Source } from '../../api/openapi/shapes.ts'
import { Rule } from '../../workspaces/schema.ts'
import { destinationBodies } from '../api/destinations.ts'
import { ruleBodies } from '../api/rules.ts'
import { sourceBodies } from '../api/sources.ts'
import { RereadBody } from '../api/words.ts'
import { collectionOperations, ID } from './collection.ts'

const text = z.string().nullable()
const KeptWords = z.object({
  event: text.describe('As it was sent; null: that side was not sent.'),
  status: text,
  count: z.int(),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  postback_id: z.uuid().describe('The newest of them.'),
})
const KeyUse = Source.shape.key_versions.element.extend({
  first_used_at: z.iso.datetime().nullable().describe('When a postback came with it first; null: none has.'),
  last_used_at: z.iso.datetime().nullable(),
})
const Reread = z.object({ read_again: z.int(), still_unmapped: z.int(), next_cursor: text })
const SOURCE_ID = '{source_id}'
const onSource = { tag: 'Sources', access: 'api key', method: 'post', places: ID } as const

const sources = collectionOperations({
  ...{ path: 'sources', tag: 'Sources', one: 'source', place: SOURCE_ID, shape: Source, New: sourceBodies.New, Patch: sourceBodies.Patch },
  remove: 'All its keys are revoked for good. It stays in lists, since events name it.',
  create: {
    tracker: {
      summary: 'A tracker',
      body: {
        kind: 'tracker',
        tracker: 'keitaro',
        name: 'Keitaro',
        default_currency: 'USD',
        status_map: { dep: { event: 'Purchase', conversion_status: 'approved' } },
      },
      status: 201,
      answer: { kind: 'tracker', tracker: 'keitaro', revoked: false, key_versions: [{ version: 1, state: 'live' }], signing_secret: null },
    },
    backend: {
      summary: 'A backend that signs',
      body: { kind: 'backend', tracker: 'generic', name: 'Our shop', require_signature: true },
      status: 201,
      answer: { kind: 'backend', require_signature: true },
    },
    wrong: {
      summary: 'A currency that is none',
      body: { kind: 'tracker', tracker: 'keitaro', name: 'Keitaro', default_currency: 'usd' },
      status: 422,
      answer: {
        code: 'validation_failed',
        errors: [{ param: 'default_currency', sent: 'usd', expected: 'an ISO 4217 code in upper case' }],
      },
    },
  },
  patch: {
    name: {
      summary: 'Another name',
      params: { id: SOURCE_ID },
      body: { name: 'Keitaro, new' },
      status: 200,
      answer: { name: 'Keitaro, new' },
    },
    unknown: {
      ...{ summary: 'A field that there is not', params: { id: SOURCE_ID }, body: { key: 'mine' }, status: 422 },
      answer: { code: 'validation_failed', errors: [{ param: 'key', sent: '[secret]', expected: 'no such property' }] },
    },
  },
  actions: [
    {
      ...{ ...onSource, method: 'get', id: 'wordsOfSource', path: '/api/v1/sources/{id}/words', summary: 'Words that have no meaning yet' },
      description:
        'What the source sent and no map knows, most frequent first. Give it a meaning in status_map, then read what is kept again.',
      replies: {
        200: { description: 'At most 200 pairs of words', schema: z.object({ items: z.array(KeptWords), next_cursor: z.null() }) },
      },
      problems: ['not_found'],
      examples: { all: { summary: 'All of them', params: { id: SOURCE_ID }, status: 200, answer: { items: [] } } },
    },
    {
      ...{ ...onSource, id: 'rereadSource', path: '/api/v1/sources/{id}/reread', summary: 'Read what is kept for its words again' },
      description:
        'Each keeps its postback id and is decided once, however often this is called. next_cursor is not null: call again with it.',
      body: { [JSON_TYPE]: RereadBody },
      replies: { 200: { description: 'How many', schema: Reread } },
      problems: ['not_found', 'conflict', 'validation_failed', 'invalid_json', 'body_too_large', 'overloaded'],
      examples: {
        first: {
          ...{ summary: 'From the oldest on', params: { id: SOURCE_ID }, body: {}, status: 200 },
          answer: { read_again: 0, still_unmapped: 0, next_cursor: null },
        },
        cursor: {
          ...{ summary: 'A cursor that is none', params: { id: SOURCE_ID }, body: { cursor: 'x' }, status: 422 },
          answer: { code: 'validation_failed', errors: [{ param: 'cursor', sent: 'x', expected: 'next_cursor of the call before' }] },
        },
      },
    },
    {
      ...{ ...onSource, method: 'get', id: 'keysOfSource', path: '/api/v1/sources/{id}/keys', summary: 'Its keys, and when each was used' },
      description:
        'After a rotation: once last_used_at of the old version stays as it is, every sender has switched, and it can be revoked. Seconds behind.',
      replies: {
        200: { description: 'Every version, the oldest first', schema: z.object({ items: z.array(KeyUse), next_cursor: z.null() }) },
      },
      problems: ['not_found'],
      examples: {
        unused: {
          ...{ summary: 'One that nobody has used', params: { id: SOURCE_ID }, status: 200 },
          answer: { items: [{ version: 1, state: 'live', first_used_at: null, last_used_at: null }] },
        },
      },
    },
    {
      ...{ ...onSource, id: 'rotateSource', path: '/api/v1/sources/{id}/rotate', summary: 'A new key, beside the one in use' },
      description: 'The new key, click key and signing secret work at once; those in use work until the overlap ends, older ones no more.',
      body: { [JSON_TYPE]: sourceBodies.Rotate },
      replies: { 200: { description: 'With its new key', schema: Source } },
      problems: ['not_found', 'conflict', 'validation_failed', 'invalid_json', 'body_too_large', 'overloaded'],
      examples: {
        leaked: {
          ...{ summary: 'A leaked key', params: { id: SOURCE_ID }, body: { overlap_days: 2 }, status: 200 },
          answer: {
            key_versions: [
              { version: 1, state: 'retiring' },
              { version: 2, state: 'live' },
            ],
          },
        },
        long: {
          ...{ summary: 'An overlap that is too long', params: { id: SOURCE_ID }, body: { overlap_days: 31 }, status: 422 },
          answer: { code: 'validation_failed', errors: [{ param: 'overlap_days', sent: '31', expected: 'at most 30' }] },
        },
      },
    },
    {
      ...{ ...onSource, id: 'revokeSource', path: '/api/v1/sources/{id}/revoke', summary: 'End a key at once' },
      description: 'One version, or without it all of them, for good. Everywhere within 5 s.',
      body: { [JSON_TYPE]: sourceBodies.Revoke },
      replies: { 200: { description: 'As it is now', schema: Source } },
      problems: ['not_found', 'conflict', 'validation_failed', 'invalid_json', 'body_too_large', 'overloaded'],
      examples: {
        old: {
          ...{ summary: 'The version that leaked', params: { id: SOURCE_ID }, body: { version: 1 }, status: 200 },
          answer: {
            revoked: false,
            key_versions: [
              { version: 1, state: 'revoked' },
              { version: 2, state: 'live' },
            ],
          },
        },
      },
    },
  ],
})

const Destination = z.looseObject({
  id: z.string(),
  platform: z.string(),
  name: z.string(),
  settings: z.record(z.string(), z.unknown()),
  sandbox: z.boolean(),
  active: z.boolean(),
  send_unmatched: z.boolean(),
  event_map: z.record(z.string(), z.string().nullable()),
  min_click_age: z.number().nullable(),
  test_code: z.string().nullable(),
  resumed_at: z.iso.datetime().nullable(),
})
const DESTINATION_ID = '{destination_id}'
const PIXEL = { platform: 'meta', name: 'Main pixel', settings: { pixel_id: '1234567890123456' }, credentials: { access_token: 'EAAB...' } }

const destinations = collectionOperations({
  ...{ path: 'destinations', tag: 'Destinations', one: 'destination', place: DESTINATION_ID, shape: Destination },
  ...{ New: destinationBodies.New, Patch: destinationBodies.Patch },
  remove: 'Refused with 409 conflict while a rule leads to it.',
  create: {
    meta: {
      summary: 'A Meta pixel; the token never comes out again',
      body: { ...PIXEL, sandbox: true },
      status: 201,
      answer: { platform: 'meta', active: true },
    },
    wrong: {
      ...{ summary: 'Without its token', body: { ...PIXEL, credentials: {} }, status: 422 },
      answer: { code: 'validation_failed', errors: [{ param: 'credentials.access_token', sent: '' }] },
    },
  },
  patch: {
    pause: {
      summary: 'Send nothing there',
      params: { id: DESTINATION_ID },
      body: { active: false },
      status: 200,
      answer: { active: false },
    },
  },
  actions: [
    {
      ...{
        id: 'resumeDestination',
        method: 'post',
        path: '/api/v1/destinations/{id}/resume',
        tag: 'Destinations',
        access: 'api key',
        places: ID,
      },
      summary: 'What was blocked goes out again',
      description: 'Once its fault is mended, such as a token that had expired.',
      replies: { 200: { description: 'As it is now', schema: Destination } },
      problems: ['not_found', 'conflict', 'overloaded'],
      examples: { mended: { summary: 'Mended', params: { id: DESTINATION_ID }, status: 200, answer: { id: DESTINATION_ID } } },
    },
  ],
})

const RULE_ID = '{rule_id}'
const rules = collectionOperations({
  ...{ path: 'rules', tag: 'Rules', one: 'rule', place: RULE_ID, shape: Rule, New: ruleBodies.New, Patch: ruleBodies.Patch },
  remove: 'Without any rule a conversion goes to every destination of its platform.',
  create: {
    keepBack: {
      summary: 'Keep leads back',
      body: { name: 'No leads', when: { event: ['Lead'] }, destination_ids: [] },
      status: 201,
      answer: { name: 'No leads', when: { event: ['Lead'] } },
    },
    wrong: {
      ...{ summary: 'A destination that there is not', body: { name: 'x', when: {}, destination_ids: ['nowhere'] }, status: 422 },
      answer: { code: 'validation_failed', errors: [{ param: 'destination_ids.0', sent: 'nowhere' }] },
    },
  },
  patch: { first: { summary: 'Try it first', params: { id: RULE_ID }, body: { position: 0 }, status: 200, answer: { id: RULE_ID } } },
})

export const configuration: readonly Operation[] = [...sources, ...destinations, ...rules]
