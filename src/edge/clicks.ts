import { type Answer, bodyError, fieldErrors, json, problem, problemBody, text } from '../api/answer.ts'
import { findingsOf } from '../api/read/collect.ts'
import { listedItems } from '../api/read/items.ts'
import { parseJson } from '../api/read/json.ts'
import { decodeUtf8 } from '../api/read/params.ts'
import { type ClickContext, readClick } from '../api/read-click.ts'
import { detectMacroInId } from '../dialects/macros.ts'
import { readBoolean } from '../dialects/structured.ts'
import type { Click } from '../events/click.ts'
import { type ApiAccess, openApi } from './api-access.ts'
import { locate, type Redirect, readRedirect } from './click-target.ts'
import type { EdgeDeps, Outgoing } from './deps.ts'
import { keyOf, openGate } from './gate.ts'
import { overLimit } from './limits/over-limit.ts'
import { notStored } from './not-stored.ts'
import { clickRecords } from './produce.ts'
import type { EdgeRequest } from './request.ts'

const CLICKS_MAX = 10_000
const CLICKS_MAX_BYTES = 10 * 1024 * 1024
/** As much as `sendBeacon` sends. */
const BEACON_MAX_BYTES = 64 * 1024
const BEACONS_PER_POSTBACK = 20
/** As `api/read-click.ts` takes them. */
const UTM_MAX = 50
/** A visitor waits for the broker or the disk this long, and not longer. */
const VISITOR_WAITS_MS = 300
const TAKEN = [
  'campaign_id',
  'adset_id',
  'ad_id',
  'fbclid',
  'fbc',
  'fbp',
  'gclid',
  'gbraid',
  'wbraid',
  'ttclid',
  'ttp',
  'currency',
  'cost',
] as const
export const CORS = { 'access-control-allow-origin': '*' }

/** `GET /c/{click_key}?to=...`: notes the click and sends the visitor on, also when it can be stored nowhere. */
export async function redirect(deps: EdgeDeps, request: EdgeRequest, key: string): Promise<Answer> {
  const gate = openGate(deps, request, key, 'clk1')
  if (gate.kind === 'shut') return gate.answer
  const asked = readRedirect(request.query)
  const sent = asked.values.get('click_id') ?? ''
  const isUsable = sent.trim() !== '' && sent.length <= 512 && detectMacroInId(sent) === null
  const clickId = isUsable ? sent : deps.newId()
  const hosts = deps.workspaces.get(gate.ref.workspaceId)?.settings.redirect_hosts ?? []
  const location = locate(asked, clickId, hosts)
  if (location === null) return problem('target_not_allowed', { allowed_hosts: hosts })
  if (request.method === 'GET') {
    const click = redirectClick(asked, clickId, location, request, contextFor(deps, gate.ref.workspaceId, gate.ref.sourceId))
    if (click !== null) {
      const { promise: waited, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, VISITOR_WAITS_MS)
      await Promise.race([storeClick(deps, click), waited])
      clearTimeout(timer)
    }
    deps.metrics.count('edge_clicks_total', { via: 'redirect' })
  }
  return text(302, '', { location })
}

async function storeClick(deps: EdgeDeps, click: Click): Promise<void> {
  const stored = await deps.storage.keepAll(clickRecords(deps, click))
  if (stored.kind === 'refused') deps.metrics.count('edge_clicks_dropped_total', { why: stored.why })
}

function redirectClick({ values }: Redirect, clickId: string, location: string, request: EdgeRequest, context: ClickContext): Click | null {
  const taken = Object.fromEntries(TAKEN.flatMap((name) => (values.has(name) ? [[name, values.get(name)]] : [])))
  const common = {
    click_id: clickId,
    client_ip: request.client.ip,
    client_user_agent: request.header('user-agent').slice(0, 1_024),
    landing_url: location.slice(0, 2_048),
    utm: Object.fromEntries(
      [...values]
        .filter(([name]) => name.startsWith('utm_') && name.length <= 64)
        .slice(0, UTM_MAX)
        .map(([name, value]) => [name, value.slice(0, 512)]),
    ),
    test: readBoolean(values.get('test') ?? '') === true,
  }
  const read = readClick({ ...common, ...taken }, context)
  if (read.kind === 'click') return read.click
  // What cannot be read must not cost the click: it goes without.
  const wrong = new Set(read.errors.map(({ param }) => param))
  const again = readClick({ ...common, ...Object.fromEntries(Object.entries(taken).filter(([name]) => !wrong.has(name))) }, context)
  return again.kind === 'click' ? again.click : null
}

/** `POST /api/v1/clicks`: one click, a list of them, or `{clicks: [...]}`. */
export async function takeClicks(deps: EdgeDeps, request: EdgeRequest): Promise<Answer | null> {
  const access: ApiAccess = openApi(deps, request, ['owner', 'admin', 'editor'])
  if (access.kind === 'shut') return access.answer
  const body = await request.read(CLICKS_MAX_BYTES)
  if (body.kind === 'aborted') return null
  if (body.kind === 'too_large') return tooLarge(CLICKS_MAX_BYTES)
  const { text: sent, invalidUtf8 } = decodeUtf8(body.bytes)
  const parsed = parseJson(sent)
  if (parsed.kind === 'invalid') return notJson('Send one click as a JSON object, or a list of them.')
  const { value } = parsed
  const wrapped = typeof value === 'object' && value !== null && 'clicks' in value ? value.clicks : value
  const list = Array.isArray(wrapped) ? wrapped : [wrapped]
  if (list.length > CLICKS_MAX) {
    const expected = `at most ${CLICKS_MAX} clicks`
    return problem('validation_failed', {
      errors: [bodyError('too_many', 'Too many clicks in one request.', expected, String(list.length))],
    })
  }

  const context = contextFor(deps, access.workspace.id, null)
  const records: Outgoing[] = []
  const items: unknown[] = []
  let accepted = 0
  const listed = Array.isArray(wrapped) ? listedItems(list, parsed, sent, invalidUtf8) : [{ ...parsed, invalidUtf8 }]
  for (const [index, input] of listed.entries()) {
    const findings = findingsOf(input)
    const read = readClick(input.value, context)
    const errors = [...fieldErrors(findings.filter((one) => one.isError)), ...(read.kind === 'refused' ? read.errors : [])]
    if (read.kind === 'refused' || errors.length > 0) {
      items.push({ index, ...problemBody('validation_failed', { errors }) })
      continue
    }
    accepted++
    records.push(...clickRecords(deps, read.click))
    const warnings = findings.map(({ code, param, message, fix }) => ({ code, param, message, fix }))
    items.push({ index, status: 'accepted', click_id: read.click.click_id, ...(warnings.length > 0 ? { warnings } : {}) })
  }
  if (!Array.isArray(wrapped) && accepted === 0) {
    const [only] = items as [{ errors: unknown }]
    return problem('validation_failed', { errors: only.errors })
  }
  const stored = await deps.storage.keepAll(records)
  if (stored.kind === 'refused') return notStored(stored)
  deps.metrics.count('edge_clicks_total', { via: 'api' }, accepted)
  return json(200, { accepted, rejected: list.length - accepted, items })
}

/** `POST /api/v1/clicks/pixel?key=...`: the landing page's ids, as a beacon of any origin. */
export async function takeBeacon(deps: EdgeDeps, request: EdgeRequest): Promise<Answer | null> {
  const gate = openGate(deps, request, keyOf(request.pairs()), 'clk1')
  if (gate.kind === 'shut') return { ...gate.answer, headers: CORS }
  // Its key is public: what it may write has a limit of its own.
  const rate = { rate_limit_per_min: gate.rate.rate_limit_per_min * BEACONS_PER_POSTBACK, over_limit: 'reject' } as const
  const taken = deps.limiter.take(`pixel:${gate.ref.workspaceId}`, rate, true)
  if (taken.why !== null) {
    const answer = overLimit(rate, taken)
    return { ...answer, headers: { ...answer.headers, ...CORS } }
  }
  const body = await request.read(BEACON_MAX_BYTES)
  if (body.kind === 'aborted') return null
  if (body.kind === 'too_large') return { ...tooLarge(BEACON_MAX_BYTES), headers: CORS }
  const parsed = parseJson(decodeUtf8(body.bytes).text)
  if (parsed.kind === 'invalid' || typeof parsed.value !== 'object' || parsed.value === null)
    return { ...notJson('Send one click as a JSON object.'), headers: CORS }
  const seen = { client_ip: request.client.ip, client_user_agent: request.header('user-agent').slice(0, 1_024) }
  const read = readClick({ ...parsed.value, ...seen }, contextFor(deps, gate.ref.workspaceId, gate.ref.sourceId))
  if (read.kind === 'refused') return { ...problem('validation_failed', { errors: read.errors }), headers: CORS }
  const stored = await deps.storage.keepAll(clickRecords(deps, read.click))
  if (stored.kind === 'refused') {
    const answer = notStored(stored)
    return { ...answer, headers: { ...answer.headers, ...CORS } }
  }
  deps.metrics.count('edge_clicks_total', { via: 'pixel' })
  return { status: 204, type: '', body: null, headers: CORS }
}

const tooLarge = (maxBytes: number): Answer =>
  problem('body_too_large', {
    errors: [bodyError('body_too_large', 'The body is too large and was not read.', `at most ${maxBytes} bytes`)],
    max_bytes: maxBytes,
  })

const notJson = (fix: string): Answer =>
  problem('invalid_json', { errors: [bodyError('invalid_json', 'The body is not valid JSON.', fix)] })

function contextFor(deps: EdgeDeps, workspaceId: string, sourceId: string | null): ClickContext {
  return { workspaceId, sourceId, nowMs: deps.nowMs(), newId: deps.newId }
}
