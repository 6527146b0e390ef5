import { TryInput } from '../try-request.ts'
import { JSON_TYPE, type Operation } from './operation.ts'
import { Config, Tried } from './shapes.ts'

/** Served by edge and console alike. */
export const settingUp: readonly Operation[] = [
  {
    id: 'config',
    method: 'get',
    path: '/api/v1/postback/config',
    tag: 'Setting up',
    summary: 'URLs to paste, for each source and each known tracker',
    description: 'Each template says what its parameters are read as, and what would come of them. Roles owner, admin and editor.',
    access: 'api key',
    replies: { 200: { description: 'The URLs hold the keys of the sources.', schema: Config } },
    examples: { all: { summary: 'Every source', status: 200 } },
  },
  {
    id: 'test',
    method: 'post',
    path: '/api/v1/postback/test',
    tag: 'Setting up',
    summary: 'Try a URL or a request out',
    description:
      'How it is read, what is wrong with it, what it would match, and the exact payload each destination would get. Nothing is sent or kept.',
    access: 'api key',
    body: { [JSON_TYPE]: TryInput },
    replies: { 200: { description: 'What would happen', schema: Tried } },
    problems: ['body_too_large', 'invalid_json', 'validation_failed'],
    examples: {
      url: {
        summary: 'A URL as the tracker calls it',
        body: {
          url: 'https://edge.example/api/v1/postback/conversions?key={key}&event=Purchase&click_id={clickid}&value=12,50&currency=EUR',
        },
        status: 200,
        answer: {
          dialect: 'generic',
          reading: { event: 'Purchase', value: '12.50' },
          problems: [{ code: 'macro_unreplaced', param: 'click_id' }],
          matching: { status: 'unmatched', why: 'macro_unreplaced' },
          deliveries: [],
        },
      },
      request: {
        summary: 'A request with a body',
        body: {
          method: 'POST',
          url: 'https://edge.example/api/v1/postback/conversions/{key}',
          body: { event: 'Lead', gclid: 'Cj0KEQ', value: 3, currency: 'USD' },
        },
        status: 200,
        answer: { reading: { event: 'Lead', gclid: 'Cj0KEQ' }, matching: { status: 'matched' } },
      },
      nothing: {
        summary: 'No URL',
        body: { method: 'PUT' },
        status: 422,
        answer: {
          code: 'validation_failed',
          errors: [
            { param: 'method', sent: 'PUT', expected: 'GET or POST' },
            { param: 'url', sent: '' },
          ],
        },
      },
    },
  },
]
