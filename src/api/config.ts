import type { Dialect } from '../dialects/definition.ts'
import { generic } from '../dialects/generic/index.ts'
import { DIALECTS } from '../dialects/index.ts'
import { detectMacro } from '../dialects/macros.ts'
import type { Source, Workspace } from '../workspaces/schema.ts'
import { shownSecret, signingSecret } from '../workspaces/signing-secret.ts'
import { type KeyRing, mintKey } from '../workspaces/source-key.ts'
import { expectationOf } from './expectation.ts'
import { isInForce } from './key-state.ts'

export type ConfigDeps = {
  /** The first signs where the ring of a key version is gone. */
  readonly rings: readonly KeyRing[]
  /** Where senders reach the edge, without a trailing slash. */
  readonly publicUrl: string
  readonly nowMs: () => number
}

export type SourceUrls = {
  readonly key: string
  readonly click_key: string
  readonly url: string
  readonly path_url: string
  readonly click_url: string
  /** What a backend signs its requests with; null for trackers, which cannot. */
  readonly signing_secret: string | null
}

/** The keys and URLs of a source under its newest version in force. null when every version is revoked or retired. */
export function sourceUrls(workspaceId: string, source: Source, deps: ConfigDeps): SourceUrls | null {
  const inForce = source.key_versions.filter((one) => isInForce(one, deps.nowMs()))
  const newest = inForce.toSorted((a, b) => b.version - a.version)[0]
  const ring = deps.rings.find((one) => one.id === newest?.ring) ?? deps.rings[0]
  if (newest === undefined || ring === undefined) return null
  const key = mintKey(workspaceId, source.id, newest.version, ring, 'pbk1')
  const clickKey = mintKey(workspaceId, source.id, newest.version, ring, 'clk1')
  const receive = `${deps.publicUrl}/api/v1/postback/conversions`
  return {
    key,
    click_key: clickKey,
    url: `${receive}?key=${key}`,
    path_url: `${receive}/${key}`,
    click_url: `${deps.publicUrl}/c/${clickKey}`,
    signing_secret: source.kind === 'backend' ? shownSecret(signingSecret(workspaceId, source.id, newest.version, ring)) : null,
  }
}

/** What a canonical parameter is for, in the order of the page. */
const PARAMS: readonly { readonly param: string; readonly macro: string; readonly description: string; readonly required: boolean }[] = [
  {
    param: 'event',
    macro: '{event_name}',
    description: 'What happened: Purchase, Lead, SignUp, AddToCart, Subscribe, App_Install or Custom_<name>.',
    required: true,
  },
  { param: 'click_id', macro: '{click_id}', description: 'The id handed out at the click, byte for byte.', required: true },
  { param: 'value', macro: '{value}', description: 'What the conversion is worth, such as 12.34.', required: false },
  {
    param: 'currency',
    macro: '{currency}',
    description: 'ISO 4217 code of the value; absent: the default currency of the source.',
    required: false,
  },
  {
    param: 'status',
    macro: '{status}',
    description: 'lead, pending, hold, trial, approved, rejected, refund, chargeback or rebill.',
    required: false,
  },
  {
    param: 'transaction_id',
    macro: '{transaction_id}',
    description: 'Your id of the order; tells two conversions of one click apart.',
    required: false,
  },
  {
    param: 'event_id',
    macro: '{event_id}',
    description: 'The id your browser pixel sends too, so that the platform counts once.',
    required: false,
  },
  {
    param: 'event_time',
    macro: '{event_time}',
    description: 'ISO 8601, or seconds or milliseconds since 1970; absent: the time of receipt.',
    required: false,
  },
  { param: 'user_email', macro: '{user_email}', description: 'Hashed on arrival; a SHA-256 is taken as it is.', required: false },
  { param: 'user_phone', macro: '{user_phone}', description: 'With country code; hashed on arrival.', required: false },
  { param: 'custom_data', macro: '{custom_data}', description: 'A JSON object of your own.', required: false },
]

/** `GET /postback/config`: for each source and each known tracker a URL to paste, the source's own tracker first. */
export function postbackConfig(workspace: Workspace, deps: ConfigDeps) {
  return {
    sources: workspace.sources.flatMap((source) => {
      const urls = sourceUrls(workspace.id, source, deps)
      if (urls === null) return []
      const dialects = DIALECTS.toSorted((a, b) => rank(a.id, source) - rank(b.id, source))
      return [
        {
          source_id: source.id,
          kind: source.kind,
          tracker: source.tracker,
          url: urls.url,
          path_url: urls.path_url,
          click_url: urls.click_url,
          templates: dialects.map((dialect) => templateOf(workspace.id, source, dialect, urls, deps.nowMs())),
        },
      ]
    }),
    macros: PARAMS,
  }
}

/** A URL to paste into a tracker, and what comes of it. */
function templateOf(workspaceId: string, source: Source, dialect: Dialect, urls: SourceUrls, nowMs: number) {
  const { id, name, template } = dialect
  const pairs = template.params.map((pair) => pair.join('='))
  return {
    tracker: id,
    name,
    url: [urls.url, ...pairs].join('&'),
    path_url: pairs.length === 0 ? urls.path_url : `${urls.path_url}?${pairs.join('&')}`,
    verified: template.verified,
    docs: template.docs,
    params: template.params.map(([param, value]) => ({
      param,
      macro: detectMacro(value) === null ? null : value,
      reads_as: dialect.byParam.get(param.toLowerCase())?.field ?? null,
    })),
    // Where no document shows a macro there is nothing to paste, and nothing to expect.
    expect: pairs.length === 0 ? null : expectationOf(workspaceId, source, dialect, nowMs),
  }
}

const rank = (dialect: string, source: Source): number => (dialect === source.tracker ? 0 : dialect === generic.id ? 1 : 2)
