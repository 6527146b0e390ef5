import { z } from 'zod'
import { ClickInput } from '../read-click.ts'
import { JSON_TYPE, type Operation } from './operation.ts'
import { ClicksReply } from './shapes.ts'

const TEXT = 'text/plain'

export const clicks: readonly Operation[] = [
  {
    id: 'redirect',
    method: 'get',
    path: '/c/{click_key}',
    tag: 'Clicks',
    summary: 'Note a click and send the visitor on',
    description: 'Platform ids and utm_* are handed on byte for byte. It redirects also while nothing can be stored.',
    access: 'click key',
    places: { click_key: 'The click key of the source; it may only write clicks.' },
    query: z.object({
      to: z.string().describe('https, on a host of redirect_hosts; {click_id} in it is replaced.'),
      click_id: z.string().optional().describe('Absent: one is made.'),
      click_param: z.string().optional().describe('The name under which the id is handed on, where `to` has no place for it.'),
      fbclid: z.string().optional(),
      gclid: z.string().optional(),
      ttclid: z.string().optional(),
      utm_campaign: z.string().optional(),
    }),
    replies: { 302: { description: 'Location is the target with its ids.' } },
    problems: ['target_not_allowed'],
    examples: {
      ad: {
        summary: 'The URL of an ad',
        params: { click_key: '{click_key}', to: 'https://example.com/offer?c={click_id}', fbclid: 'IwAR0abc' },
        status: 302,
      },
      elsewhere: {
        ...{ summary: 'A host that is not listed', params: { click_key: '{click_key}', to: 'https://evil.example/' }, status: 400 },
        answer: { code: 'target_not_allowed' },
      },
    },
  },
  {
    id: 'clicks',
    method: 'post',
    path: '/api/v1/clicks',
    tag: 'Clicks',
    summary: 'Hand in one click, or up to 10,000',
    description:
      'One object, a list of them, or {clicks: [...]}. A click is found by click_id and by each of its aliases. Roles owner, admin and editor.',
    access: 'api key',
    body: { [JSON_TYPE]: z.union([ClickInput, z.array(ClickInput).max(10_000), z.object({ clicks: z.array(ClickInput).max(10_000) })]) },
    replies: { 200: { description: 'items says it of each.', schema: ClicksReply } },
    problems: ['body_too_large', 'invalid_json', 'validation_failed', 'overloaded'],
    examples: {
      one: {
        summary: 'One click',
        body: { click_id: 'w2PZ7kAb3FqYcR9dLm1e', aliases: ['6888c6c36a77d44662342c40'], fbclid: 'IwAR0abc', client_ip: '203.0.113.7' },
        status: 200,
        answer: { accepted: 1, rejected: 0, items: [{ index: 0, status: 'accepted', click_id: 'w2PZ7kAb3FqYcR9dLm1e' }] },
      },
      list: {
        ...{
          summary: 'A list of which one is not right',
          body: [
            { click_id: 'c1', gclid: 'Cj0K' },
            { click_id: 'c2', cost: 'free' },
          ],
          status: 200,
        },
        answer: {
          accepted: 1,
          rejected: 1,
          items: [
            { index: 0, status: 'accepted' },
            { index: 1, status: 422 },
          ],
        },
      },
      wrong: {
        summary: 'One that is not right',
        body: { click: 'c1' },
        status: 422,
        answer: { code: 'validation_failed', errors: [{ param: 'click', sent: 'c1' }] },
      },
    },
  },
  {
    id: 'pixelScript',
    method: 'get',
    path: '/pixel.js',
    tag: 'Clicks',
    summary: 'The script of a landing page',
    description: 'Sends the ids of the page as one click, and gives window.postback = {clickId, eventId(parts)}.',
    access: 'click key',
    query: z.object({ key: z.string().describe('The click key of the source.') }),
    replies: { 200: { description: 'JavaScript', type: 'text/javascript' } },
    examples: { script: { summary: 'The script', params: { key: '{click_key}' }, status: 200 } },
  },
  {
    id: 'pixelBeacon',
    method: 'post',
    path: '/api/v1/clicks/pixel',
    tag: 'Clicks',
    summary: 'What the script sends',
    access: 'click key',
    query: z.object({ key: z.string().describe('The click key of the source.') }),
    body: { [TEXT]: z.string().describe('One click as JSON') },
    replies: { 204: { description: 'Stored' } },
    problems: ['body_too_large', 'invalid_json', 'validation_failed', 'overloaded'],
    examples: {
      page: {
        summary: 'A landing page',
        params: { key: '{click_key}' },
        type: TEXT,
        body: '{"click_id":"c1","ttclid":"E.C.P.x","utm":{}}',
        status: 204,
      },
      broken: { summary: 'Not JSON', params: { key: '{click_key}' }, type: TEXT, body: '{', status: 400, answer: { code: 'invalid_json' } },
    },
  },
]
