import { type ReadContext, readRequest } from '../../../src/api/read/request.ts'
import { UNKNOWN_SOURCE } from '../../../src/dialects/definition.ts'
import type { DialectExample } from '../../../src/dialects/example.ts'
import type { Postback } from '../../../src/events/postback.ts'
import { sampleReading } from '../../../src/events/samples.ts'
import { hashUser } from '../../../src/platforms/user-forms.ts'

export const readContext = (rules: Partial<ReadContext['rules']>): ReadContext => ({
  workspaceId: 'w1',
  sourceId: 's1',
  keyVersion: 1,
  rules: { ...UNKNOWN_SOURCE, ...rules },
  postbackId: '01900000-0000-7000-8000-000000000001',
  nowMs: Date.UTC(2026, 10, 1),
  workspacesOffset: 3,
  senderIp: '203.0.113.9',
  senderUserAgent: null,
  messageId: null,
  hashUser,
})

/** A GET, or a POST where there is a body, as a source reads it. */
export function readQuery(query: string, rules: Partial<ReadContext['rules']> = {}, body?: DialectExample['body']): Postback {
  const request = {
    method: body === undefined ? ('GET' as const) : ('POST' as const),
    query: `key=secret-key&${query}`,
    contentType: body?.type ?? '',
    contentEncoding: '',
    body: body === undefined ? null : Buffer.from(body.text),
  }
  return readRequest(request, readContext(rules)).postback
}

const ABSENT = { event: null, raw_event: null, click_id: null, conversion_status: null, value: null, currency: null } as const

/** What an example says, and what came out of it, in one form. */
export function wantedAndRead(dialect: string, { query, body, rules, ...example }: DialectExample) {
  const postback = readQuery(query, { tracker: dialect, ...rules }, body)
  const { user, event_id: _id, event_id_given: _given, ...reading } = postback.reading
  const { user: _u, event_id: _e, event_id_given: _g, ...wanted } = sampleReading({ ...ABSENT, ...example.reading })
  return {
    postback,
    wanted: {
      reading: wanted,
      user: [...(example.user ?? [])].sort(),
      unread: example.unread ?? {},
      warnings: example.warnings ?? [],
      quarantined: example.quarantined ?? null,
      clickIdFault: example.clickIdFault ?? null,
      dialect,
    },
    read: {
      reading,
      user: Object.keys(user).sort(),
      unread: postback.unread,
      warnings: postback.problems.map((problem) => problem.code),
      quarantined: postback.quarantined,
      clickIdFault: postback.click_id_fault,
      dialect: postback.dialect,
    },
  }
}
