import { type Answer, bodyError, json, problem, text } from '../api/answer.ts'
import { postbackConfig } from '../api/config.ts'
import { parseJson } from '../api/read/json.ts'
import { decodeUtf8 } from '../api/read/params.ts'
import { CURRENCIES } from '../events/currencies.ts'
import { openApi } from './api-access.ts'
import { receiveBatch } from './batch.ts'
import { CORS, redirect, takeBeacon, takeClicks } from './clicks.ts'
import { receive } from './conversions.ts'
import type { EdgeDeps } from './deps.ts'
import { description } from './description.ts'
import { keyOf } from './gate.ts'
import { pixel } from './pixel.ts'
import type { EdgeRequest } from './request.ts'

export const CONVERSIONS = '/api/v1/postback/conversions'
const TEST_MAX_BYTES = 1024 * 1024

type Answering = Promise<Answer | null> | Answer
/** `name` is the route's label in the metrics. `answer` null: the sender is gone. */
export type Routed = { readonly name: string; readonly answer: Answering }
type Route = (name: string, methods: readonly string[], handle: () => Answering) => Routed

/** Every public path, by hand: the receive route is asked first and needs no router. */
export function route(deps: EdgeDeps, request: EdgeRequest): Routed {
  const { path } = request
  const on: Route = (name, methods, handle) => ({ name, answer: refusedMethod(request, methods) ?? handle() })
  if (path === CONVERSIONS || path === `${CONVERSIONS}/`)
    return on('conversions', ['GET', 'POST'], () => receive(deps, request, keyOf(request.pairs())))
  if (path.startsWith('/c/')) return on('redirect', ['GET', 'HEAD'], () => redirect(deps, request, path.slice(3)))
  switch (path) {
    case `${CONVERSIONS}/batch`:
      return on('batch', ['POST'], () => receiveBatch(deps, request))
    case `${CONVERSIONS}/currencies`:
      return on('currencies', ['GET', 'HEAD'], () => json(200, { items: CURRENCIES }))
    case '/api/v1/postback/config':
      return on('config', ['GET', 'HEAD'], () => config(deps, request))
    case '/api/v1/postback/test':
      return on('test', ['POST'], () => tryOut(deps, request))
    case '/api/v1/clicks':
      return on('clicks', ['POST'], () => takeClicks(deps, request))
    case '/api/v1/clicks/pixel':
      return on('pixel', ['POST'], () => takeBeacon(deps, request))
    case '/pixel.js':
      return on('pixel.js', ['GET', 'HEAD'], () => pixel(deps, request))
    case '/openapi.json':
      return on('openapi', ['GET', 'HEAD'], () => description(deps))
    case '/healthz':
      return on('healthz', ['GET', 'HEAD'], () => text(200, 'ok\n'))
    case '/readyz':
      return on('readyz', ['GET', 'HEAD'], () => readiness(deps))
  }
  if (path.startsWith(`${CONVERSIONS}/`) && !path.slice(CONVERSIONS.length + 1).includes('/'))
    return on('conversions', ['GET', 'POST'], () => receive(deps, request, path.slice(CONVERSIONS.length + 1)))
  return { name: 'none', answer: problem('not_found') }
}

/** What link checkers, browsers and proxies ask before or instead of the real thing: answered, and nothing is recorded. */
function refusedMethod(request: EdgeRequest, methods: readonly string[]): Answer | null {
  const { method } = request
  if (methods.includes(method)) return isPrefetch(request) && !request.path.startsWith('/c/') ? text(200, '') : null
  const allow = [...new Set([...methods, 'HEAD', 'OPTIONS'])].join(', ')
  if (method === 'OPTIONS') return text(200, '', { allow, ...preflight(request) })
  if (method === 'HEAD') return text(200, '')
  return problem('method_not_allowed', {}, { allow })
}

const preflight = ({ path }: EdgeRequest): Record<string, string> =>
  path === '/api/v1/clicks/pixel'
    ? { ...CORS, 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'content-type', 'access-control-max-age': '86400' }
    : {}

const isPrefetch = (request: EdgeRequest): boolean =>
  /prefetch|prerender|preview/i.test(request.header('sec-purpose') || request.header('purpose') || request.header('x-moz'))

function config(deps: EdgeDeps, request: EdgeRequest): Answer {
  // The URLs carry the keys of the sources.
  const access = openApi(deps, request, ['owner', 'admin', 'editor'])
  return access.kind === 'shut' ? access.answer : json(200, postbackConfig(access.workspace, deps))
}

async function tryOut(deps: EdgeDeps, request: EdgeRequest): Promise<Answer | null> {
  const access = openApi(deps, request, ['owner', 'admin', 'editor', 'viewer'])
  if (access.kind === 'shut') return access.answer
  const body = await request.read(TEST_MAX_BYTES)
  if (body.kind === 'aborted') return null
  if (body.kind === 'too_large') return problem('body_too_large', { max_bytes: TEST_MAX_BYTES })
  const parsed = parseJson(decodeUtf8(body.bytes).text)
  if (parsed.kind === 'invalid')
    return problem('invalid_json', {
      errors: [bodyError('invalid_json', 'The body is not valid JSON.', 'Send {method, url, headers, body}.')],
    })
  const tried = await deps.tryRequest(access.workspace, parsed.value)
  const answer = json(tried.status, tried.body)
  return tried.status === 200 ? answer : { ...answer, type: 'application/problem+json; charset=utf-8' }
}

function readiness(deps: EdgeDeps): Answer {
  const state = deps.draining() ? { ready: false, reason: 'draining' } : deps.readiness()
  return json(state.ready ? 200 : 503, state)
}
