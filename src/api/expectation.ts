import type { Dialect, Field, Meaning } from '../dialects/definition.ts'
import { detectMacro } from '../dialects/macros.ts'
import { hashUser } from '../platforms/user-forms.ts'
import type { Source } from '../workspaces/schema.ts'
import { readRequest } from './read/request.ts'
import { showReading } from './show.ts'

/** What a template leads to, told by the code that reads the real thing. */
export type Expectation = {
  /** The parameters as the tracker would send them, its macros replaced by samples. */
  readonly query: string
  readonly status: 'received' | 'quarantined'
  readonly why?: string
  /** In canonical names. */
  readonly reading: Record<string, unknown>
  readonly warnings: readonly { readonly code: string; readonly param: string; readonly message: string; readonly fix: string }[]
}

const NO_ID = '00000000-0000-4000-8000-000000000000'
const SAMPLES: Partial<Record<Field, string>> = {
  click_id: 'w2PZ7kAb3FqYcR9dLm1e',
  event_id: 'ev-1001',
  transaction_id: 'order-1001',
  currency: 'EUR',
  user_email: 'jane@example.com',
  user_phone: '+16505550123',
  country: 'DE',
  client_ip: '203.0.113.7',
  client_user_agent: 'Mozilla/5.0',
  custom_data: '{"plan":"pro"}',
  test: 'false',
}

/** How a source reads what a tracker sends by this template. */
export function expectationOf(workspaceId: string, source: Source, dialect: Dialect, nowMs: number): Expectation {
  const query = dialect.template.params
    .map(
      ([param, value]) => `${param}=${detectMacro(value) === null ? value : encodeURIComponent(sampleOf(param, dialect, source, nowMs))}`,
    )
    .join('&')
  const { postback } = readRequest(
    { method: 'GET', query, contentType: '', contentEncoding: '', body: null },
    {
      ...{ workspaceId, sourceId: source.id, keyVersion: 1, postbackId: NO_ID, nowMs, workspacesOffset: -1 },
      ...{ senderIp: null, senderUserAgent: null, messageId: null, hashUser },
      rules: { ...source, tracker: dialect.id },
    },
  )
  const { event_id: _, event_id_given: __, ...reading } = showReading(postback.reading)
  const { quarantined } = postback
  return {
    query,
    status: quarantined === null ? 'received' : 'quarantined',
    ...(quarantined === null ? {} : { why: quarantined }),
    reading,
    warnings: postback.problems,
  }
}

function sampleOf(param: string, dialect: Dialect, { status_map }: Source, nowMs: number): string {
  const field = dialect.byParam.get(param.toLowerCase())?.field
  if (field === 'value') return dialect.decimal === ',' ? '12,34' : '12.34'
  if (field === 'event_time') return new Date(nowMs).toISOString()
  const words = Object.entries<Meaning>({ ...dialect.words, ...status_map }).filter(([word]) => word !== '')
  if (field === 'event') return words.find(([, { event }]) => event !== null)?.[0] ?? 'Purchase'
  if (field === 'status') return words.find(([, { conversion_status }]) => conversion_status === 'approved')?.[0] ?? 'approved'
  return (field === undefined ? undefined : SAMPLES[field]) ?? 'sample'
}
