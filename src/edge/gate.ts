import { type Answer, type FieldError, problem } from '../api/answer.ts'
import { isKeyRevoked } from '../api/key-state.ts'
import type { Pairs } from '../api/read/params.ts'
import { type SourceRules, UNKNOWN_SOURCE } from '../dialects/definition.ts'
import { DEFAULT_SETTINGS } from '../workspaces/schema.ts'
import { type KeyPurpose, type SourceRef, verifyKey } from '../workspaces/source-key.ts'
import type { EdgeDeps } from './deps.ts'
import type { Rate } from './limits/limiter.ts'
import type { EdgeRequest } from './request.ts'

export type Opened = {
  readonly kind: 'open'
  readonly ref: SourceRef
  readonly rules: SourceRules
  readonly reply: string
  readonly rate: Rate
  /** The allowlist would refuse the sender, and only looks on. */
  readonly isObserved: boolean
}

const WRONG_KEYS = 'This address has sent too many keys that no source has. A key that is right is answered from here at any time.'

/** The key, the transport and the address, before anything else of the request is looked at. Unknown, wrong and revoked keys get one and
 *  the same answer. A good key whose source has not reached this process yet is let in: attribution looks again. */
export function openGate(
  deps: EdgeDeps,
  request: EdgeRequest,
  key: string,
  purpose: KeyPurpose,
): Opened | { kind: 'shut'; answer: Answer } {
  const ref = verifyKey(key, purpose, deps.rings)
  if (ref === null || isRevoked(deps, ref)) {
    deps.metrics.count('edge_keys_refused_total', { purpose })
    if (deps.wrongKeys.isOver(request.client.ip, deps.nowMs()))
      return { kind: 'shut', answer: problem('rate_limited', { detail: WRONG_KEYS }, { 'retry-after': '60' }) }
    return { kind: 'shut', answer: problem('key_unknown', { errors: [UNKNOWN_KEY[purpose]] }) }
  }
  if (!deps.allowHttp && !request.client.isHttps) {
    deps.metrics.count('edge_http_refused_total', { purpose })
    // Who clicks is a person, and a log outlives what their address is kept for.
    const sender = purpose === 'pbk1' ? { sender_ip: request.client.ip } : {}
    deps.log.warn({ workspace_id: ref.workspaceId, source_id: ref.sourceId, ...sender }, 'refused: not over HTTPS')
    return { kind: 'shut', answer: problem('https_required') }
  }
  const settings = deps.workspaces.get(ref.workspaceId)?.settings
  const admission = purpose === 'pbk1' ? deps.allowlist(settings?.allowlist, request.client.ip) : 'admitted'
  if (admission !== 'admitted') {
    deps.metrics.count('edge_not_in_allowlist_total', { admission })
    deps.log.warn(
      { workspace_id: ref.workspaceId, source_id: ref.sourceId, sender_ip: request.client.ip, admission },
      'not in the allowlist',
    )
    if (admission === 'refused') return { kind: 'shut', answer: problem('ip_not_allowed', { client_ip: request.client.ip }) }
  }
  const source = deps.workspaces.source(ref.workspaceId, ref.sourceId)
  return {
    kind: 'open',
    ref,
    rules: source ?? UNKNOWN_SOURCE,
    reply: source?.reply ?? 'json',
    rate: settings ?? DEFAULT_SETTINGS,
    isObserved: admission === 'observed',
  }
}

/** The same whatever was wrong with the key, so that it tells nobody how near a guess came. */
const unknownKey = (expected: string): FieldError => ({
  param: 'key',
  code: 'key_unknown',
  sent: '[not shown]',
  expected: `${expected}, whole and unchanged: <workspace>-<source>.<version>.<ring>.<22 characters>`,
  message: 'No source has this key: it is wrong, incomplete, revoked, retired, or meant for another route.',
})
const UNKNOWN_KEY: Readonly<Record<KeyPurpose, FieldError>> = {
  pbk1: unknownKey('the key in postback_url of a source'),
  clk1: unknownKey('the click key in click_url of a source'),
}

const isRevoked = (deps: EdgeDeps, ref: SourceRef): boolean =>
  isKeyRevoked(deps.workspaces.source(ref.workspaceId, ref.sourceId), ref.version, deps.nowMs())

/** The last `key` of a query; '' when there is none. */
export const keyOf = ({ pairs }: Pairs): string => pairs.findLast(([name]) => name === 'key')?.[1] ?? ''
