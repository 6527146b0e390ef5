import { z } from 'zod'
import { UNKNOWN_SOURCE } from '../dialects/definition.ts'
import type { Click } from '../events/click.ts'
import type { Conversion } from '../events/conversion.ts'
import type { DeliveryVerdict } from '../events/outcome.ts'
import type { Postback } from '../events/postback.ts'
import { platformOfIds } from '../events/words.ts'
import type { PlatformDefinition, Target } from '../platforms/definition.ts'
import type { Destination, Source, Workspace } from '../workspaces/schema.ts'
import { type KeyRing, type SourceRef, verifyKey } from '../workspaces/source-key.ts'
import { type FieldError, problemBody } from './answer.ts'
import { inputErrors, wrongField } from './input-errors.ts'
import { isKeyRevoked } from './key-state.ts'
import { checkMessage } from './message.ts'
import { parsePairs } from './read/params.ts'
import { idWithoutPeople } from './read/private.ts'
import { type HashUser, readRequest } from './read/request.ts'
import { showClick, showReading } from './show.ts'

export type FoundClick = { readonly click: Click | null; readonly nearest_click_id: string | null }

export type TryDeps = {
  readonly rings: readonly KeyRing[]
  readonly hashUser: HashUser
  readonly nowMs: () => number
  readonly newId: () => string
  /** Where the edge takes plain http too. */
  readonly allowHttp: boolean
  /** The click under an id, and the nearest other spelling of the id; absent, slow or failing: matching is `unknown`. */
  readonly lookupClick?: (workspaceId: string, clickId: string) => Promise<FoundClick>
  /** What attribution decides about a postback and the click it found. */
  readonly decide: (
    postback: Postback,
    found: FoundClick,
    workspace: Workspace,
  ) => { readonly stage: 'matched' | 'held' | 'unmatched'; readonly why?: string }
  readonly route: (
    conversion: Conversion,
    workspace: Workspace,
  ) => { readonly deliver: readonly Destination[]; readonly suppressed: readonly DeliveryVerdict[] }
  /** The definition of a destination's platform with its settings and credentials opened; undefined: they cannot be read. */
  readonly openTarget: (
    workspaceId: string,
    destination: Destination,
  ) => { readonly platform: PlatformDefinition; readonly target: Target } | undefined
}

const LOOKUP_WITHIN_MS = 500
/** The texts may be as large as a single request. */
export const TryInput = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  url: z.string().min(1).max(300_000),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.union([z.string().max(300_000), z.record(z.string(), z.json())]).optional(),
})

const EXPECTED = {
  method: 'GET or POST',
  url: 'the whole URL as the sender calls it, at most 300,000 characters',
  headers: 'an object of header names and texts',
  body: 'the body as text or as a JSON object',
} as const satisfies Record<keyof z.infer<typeof TryInput>, string>

type Matching = {
  readonly status: 'matched' | 'held' | 'unmatched' | 'unknown'
  readonly why?: string
  readonly click?: Click
  readonly nearest_click_id?: string
}

/** `POST /postback/test`: how a request is read, what it would meet and what each platform would get. Nothing is sent or kept. */
export async function tryRequest(
  workspace: Workspace,
  input: unknown,
  deps: TryDeps,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const parsed = TryInput.safeParse(input)
  const refused = (errors: FieldError[]) => ({ status: 422, body: problemBody('validation_failed', { errors }) })
  if (!parsed.success) return refused(inputErrors(parsed.error, input, EXPECTED))
  const url = URL.parse(parsed.data.url, 'https://edge.invalid')
  if (url === null) return refused([wrongField(['url'], input, EXPECTED.url)])
  const { method, body, headers = {} } = parsed.data
  const header = (name: string): string => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
  const query = parsed.data.url.split('#')[0]?.split('?').slice(1).join('?') ?? ''
  const { ref, source, isRevoked } = sourceOf(workspace, query, url.pathname, deps)
  const bytes = body === undefined || method === 'GET' ? null : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const { postback } = readRequest(
    {
      method,
      query,
      contentType: header('content-type') || (typeof body === 'object' ? 'application/json' : ''),
      contentEncoding: header('content-encoding'),
      body: bytes,
    },
    {
      workspaceId: workspace.id,
      sourceId: source?.id ?? 'unknown',
      keyVersion: ref?.version ?? 1,
      rules: source ?? UNKNOWN_SOURCE,
      postbackId: deps.newId(),
      nowMs: deps.nowMs(),
      workspacesOffset: -1,
      senderIp: null,
      senderUserAgent: null,
      messageId: null,
      hashUser: deps.hashUser,
    },
  )
  const signed =
    ref === null || source === undefined
      ? null
      : checkMessage(
          { header, query, body: bytes ?? Buffer.alloc(0) },
          { ref, source, kind: source.kind },
          { rings: deps.rings, nowMs: deps.nowMs() },
        )
  const keyProblem = {
    code: 'key_unknown',
    param: 'key',
    message: isRevoked
      ? 'The key of the URL was revoked or has retired: the request would be refused.'
      : 'The URL has no key of a source of this workspace.',
    fix: 'Copy the URL from the config page.',
  }
  const matching = await match(postback, workspace, deps)
  return {
    status: 200,
    body: {
      dialect: postback.dialect,
      reading: showReading(postback.reading),
      unread: postback.unread,
      problems: [
        ...(source === undefined || isRevoked ? [keyProblem] : []),
        ...(url.protocol === 'http:' && !deps.allowHttp ? [NOT_HTTPS] : []),
        ...(signed?.kind === 'refused' ? [notSigned(signed.error)] : []),
        ...postback.problems,
      ],
      matching: { ...matching, ...(matching.click === undefined ? {} : { click: showClick(matching.click) }) },
      deliveries: deliveriesOf(postback, matching, workspace, deps),
    },
  }
}

function sourceOf(
  workspace: Workspace,
  query: string,
  path: string,
  { rings, nowMs }: TryDeps,
): { readonly ref: SourceRef | null; readonly source: Source | undefined; readonly isRevoked: boolean } {
  const key = parsePairs(query).pairs.findLast(([name]) => name === 'key')?.[1] ?? path.split('/').at(-1) ?? ''
  const ref = verifyKey(key, 'pbk1', rings)
  if (ref === null || ref.workspaceId !== workspace.id) return { ref: null, source: undefined, isRevoked: false }
  const source = workspace.sources.find((one) => one.id === ref.sourceId)
  return { ref, source, isRevoked: isKeyRevoked(source, ref.version, nowMs()) }
}

const NOT_HTTPS = {
  code: 'https_required',
  param: '',
  message: 'The URL begins with http: the request would be refused, and not processed.',
  fix: 'Change http:// to https:// at the sender.',
}
const notSigned = ({ code, param, message, expected }: FieldError) => ({
  code,
  param,
  message: `${message} The request would be refused.`,
  fix: `Expected: ${expected}.`,
})

async function match(postback: Postback, workspace: Workspace, deps: TryDeps): Promise<Matching> {
  const { reading } = postback
  if (postback.quarantined !== null) return { status: 'unmatched', why: postback.quarantined }
  const inline = platformOfIds(reading) !== null
  const found = reading.click_id === null ? NO_CLICK : await lookUp(workspace.id, idWithoutPeople(reading.click_id), deps)
  if (found === 'unknown') return inline ? { status: 'matched' } : { status: 'unknown', why: 'The click could not be looked up in time.' }
  const { stage, why } = deps.decide(postback, found, workspace)
  if (why === 'no_click_id' && reading.transaction_id !== null)
    return { status: 'unknown', why: 'Only the transaction id is there; its click is known to attribution.' }
  return {
    status: stage,
    ...(why === undefined ? {} : { why }),
    ...(found.click === null ? {} : { click: found.click }),
    ...(why === 'case_differs' && found.nearest_click_id !== null ? { nearest_click_id: found.nearest_click_id } : {}),
  }
}
const NO_CLICK: FoundClick = { click: null, nearest_click_id: null }

async function lookUp(workspaceId: string, clickId: string, { lookupClick }: TryDeps): Promise<FoundClick | 'unknown'> {
  if (lookupClick === undefined) return 'unknown'
  const { promise: late, resolve } = Promise.withResolvers<'unknown'>()
  const timer = setTimeout(resolve, LOOKUP_WITHIN_MS, 'unknown')
  try {
    return await Promise.race([lookupClick(workspaceId, clickId), late])
  } catch {
    return 'unknown'
  } finally {
    clearTimeout(timer)
  }
}

function deliveriesOf(postback: Postback, matching: Matching, workspace: Workspace, deps: TryDeps): unknown[] {
  if (matching.status !== 'matched') return []
  const conversion: Conversion = {
    workspace_id: workspace.id,
    postback_id: postback.postback_id,
    source_id: postback.source_id,
    tracker: postback.tracker,
    received_at: postback.received_at,
    reading: postback.reading,
    click: matching.click ?? null,
    matched_by: matching.click === undefined ? 'inline' : 'click_id',
  }
  const routed = deps.route(conversion, workspace)
  return [
    ...routed.suppressed.map(({ platform, destination_id, why }) => ({ platform, destination_id, suppressed: why })),
    ...routed.deliver.map((destination) => deliveryOf(conversion, destination, deps)),
  ]
}

function deliveryOf(conversion: Conversion, destination: Destination, deps: TryDeps): unknown {
  const head = { platform: destination.platform, destination_id: destination.id }
  const opened = deps.openTarget(conversion.workspace_id, destination)
  if (opened === undefined) return { ...head, suppressed: 'token' }
  const { platform, target } = opened
  const prepared = platform.prepare(conversion, target, deps.nowMs())
  if (prepared.kind !== 'event') return { ...head, suppressed: prepared.why }
  const request = platform.request([prepared.event], target)
  const secrets = platform.secrets(target).filter((secret) => secret !== '')
  const masked = (text: string): string =>
    secrets.reduce((left, secret) => left.replaceAll(secret, '[secret]').replaceAll(encodeURIComponent(secret), '[secret]'), text)
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, masked(value)]))
  return { ...head, request: { method: request.method, url: masked(request.url), headers, body: bodyOf(masked(request.body ?? '')) } }
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
