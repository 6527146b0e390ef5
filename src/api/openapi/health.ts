import { z } from 'zod'
import type { Operation } from './operation.ts'
import { ReadyState } from './shapes.ts'

/** Of every service. */
export const health: readonly Operation[] = [
  {
    ...{ id: 'healthz', method: 'get', path: '/healthz', tag: 'Health', summary: 'Whether the process lives', access: 'nobody asks' },
    replies: { 200: { description: 'It does', type: 'text/plain' } },
    examples: { alive: { summary: 'It does', status: 200 } },
  },
  {
    ...{ id: 'readyz', method: 'get', path: '/readyz', tag: 'Health', summary: 'Whether it takes requests', access: 'nobody asks' },
    replies: { 200: { description: 'It does', schema: ReadyState }, 503: { description: 'Not now; reason says why.', schema: ReadyState } },
    examples: { ready: { summary: 'It does', status: 200, answer: { ready: true } } },
  },
  {
    ...{ id: 'openapi', method: 'get', path: '/openapi.json', tag: 'Health', summary: 'This document', access: 'nobody asks' },
    replies: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
    examples: { document: { summary: 'This document', status: 200, answer: { openapi: '3.1.1' } } },
  },
]
