import Router from '@koa/router'
import Koa from 'koa'
import { sessionToken } from './access/cookie.ts'
import { createIdentify } from './access/identify.ts'
import { serveApiKeys } from './api/api-keys.ts'
import { serveDestinations } from './api/destinations.ts'
import { serveEvents } from './api/events.ts'
import { serveKeys } from './api/keys.ts'
import { serveRules } from './api/rules.ts'
import { serveSession } from './api/session.ts'
import { serveSettings } from './api/settings.ts'
import { serveSources } from './api/sources.ts'
import { serveTools } from './api/tools.ts'
import { serveWords } from './api/words.ts'
import { serveWorkspaces } from './api/workspaces.ts'
import { type ApiRouter, type Ctx, createAccess, header, type State } from './context.ts'
import type { ConsoleDeps } from './deps.ts'
import { serveDocs } from './docs/routes.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { servePages } from './page/pages.ts'
import { Refusal } from './problem.ts'
import { createHub } from './stream/hub.ts'
import { serveStream } from './stream/route.ts'

export type { ConsoleDeps } from './deps.ts'

const POLL_MS = 500

export type Console = {
  readonly app: Koa<State>
  /** Every route of the API, as `GET /api/v1/sources/:id`. */
  readonly routes: readonly string[]
  /** Ends the open streams, so that a server can end. */
  close(): void
}

/** Page and API. */
export function createConsole(deps: ConsoleDeps): Console {
  const { log, metrics } = deps
  const closing = new AbortController()
  const identify = createIdentify(deps)
  const access = createAccess(identify)
  const hub = createHub({
    reads: deps.reads,
    nowMs: deps.nowMs,
    everyMs: POLL_MS,
    onError: (error) => log.warn({ error: nameOf(error) }, 'events could not be followed'),
  })

  const api: ApiRouter = new Router<State>({ prefix: '/api/v1' })
  serveSession(api, identify, deps)
  serveWorkspaces(api, access, deps)
  serveSettings(api, access, deps)
  serveSources(api, access, deps)
  serveWords(api, access, deps)
  serveKeys(api, access, deps)
  serveDestinations(api, access, deps)
  serveRules(api, access, deps)
  serveApiKeys(api, access, deps)
  serveStream(api, access, { hub, closing: closing.signal })
  serveEvents(api, access, deps)
  serveTools(api, access, deps)

  const pages: ApiRouter = new Router<State>()
  pages.get('/healthz', (ctx: Ctx) => {
    ctx.body = 'ok\n'
  })
  pages.get('/readyz', (ctx: Ctx) => {
    const { ready, reason } = deps.readiness()
    ctx.status = ready ? 200 : 503
    ctx.body = { ready, reason }
  })
  servePages(pages, identify)
  serveDocs(pages, deps)

  const app = new Koa<State>()
  app.use(async (ctx, next) => {
    ctx.set(SECURITY_HEADERS)
    try {
      await enter(ctx as Ctx, deps, next)
    } catch (error) {
      answerFailure(ctx as Ctx, error)
    }
    metrics.count('console_requests_total', { method: ctx.method, status: String(ctx.status) })
  })
  for (const router of [api, pages]) app.use(router.routes())
  app.use((ctx) => {
    throw noRoute(ctx as Ctx)
  })
  app.on('error', (error) => log.error({ error: nameOf(error) }, 'a response broke off'))

  function answerFailure(ctx: Ctx, error: unknown): void {
    if (!(error instanceof Refusal)) log.error({ error: nameOf(error), path: routeOf(ctx) }, 'request failed')
    const refusal =
      error instanceof Refusal ? error : new Refusal('overloaded', 'The request failed on our side. Try again.', {}, { 'retry-after': '1' })
    ctx.status = refusal.status
    ctx.set(refusal.headers as Record<string, string>)
    ctx.body = JSON.stringify(refusal.body)
    ctx.set('content-type', 'application/problem+json; charset=utf-8')
  }

  const routes = api.stack.flatMap(({ methods, path }) =>
    methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`),
  )
  return { app, routes, close: () => closing.abort() }
}

const HEALTH = new Set(['/healthz', '/readyz'])

/** Who is there, and over TLS? Before anything else is looked at. */
async function enter(ctx: Ctx, deps: ConsoleDeps, next: () => Promise<unknown>): Promise<void> {
  const isTls = 'encrypted' in ctx.req.socket
  const client = deps.clientAddress(
    ctx.req.socket.remoteAddress ?? '',
    isTls,
    header(ctx, 'x-forwarded-for'),
    header(ctx, 'x-forwarded-proto'),
  )
  ctx.state.client = client
  if (!client.isHttps && !deps.allowHttp && !HEALTH.has(ctx.path)) throw new Refusal('https_required')
  const token = sessionToken(ctx.req.headers.cookie, client.isHttps)
  if (token !== undefined && !ctx.path.startsWith('/assets/')) await renew(token, deps)
  await next()
}

/** A session that could not be renewed just now is renewed by the next request. */
async function renew(token: string, { sessions, log }: ConsoleDeps): Promise<void> {
  try {
    await sessions.renew(token)
  } catch (error) {
    log.warn({ error: nameOf(error) }, 'a session could not be renewed')
  }
}

function noRoute(ctx: Ctx): Refusal {
  const layers = (ctx as Ctx & { matched?: readonly { readonly methods: readonly string[] }[] }).matched ?? [] // set by the routers
  const methods = [...new Set(layers.flatMap((layer) => layer.methods))]
  if (methods.length === 0) return new Refusal('not_found')
  return new Refusal('method_not_allowed', undefined, {}, { allow: methods.join(', ') })
}

/** The route's form, so that no id of a path reaches the log. */
const routeOf = (ctx: Ctx): string => (ctx as Ctx & { _matchedRoute?: string })._matchedRoute ?? 'none'

/** A message may quote a record or a query; names and codes do not. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? `${error.name} (${code})` : `${error.name}: ${error.stack?.split('\n')[1]?.trim() ?? ''}`
}
