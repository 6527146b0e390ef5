import type { Meaning, Params, UNKNOWN_SOURCE } from '../../dialects/definition.ts'
import { pickFields } from '../../dialects/fields.ts'
import { generic } from '../../dialects/generic/index.ts'
import { DIALECTS } from '../../dialects/index.ts'
import { lookupFor, readWords } from '../../dialects/words.ts'
import { eventId } from '../../events/event-id.ts'
import type { Postback } from '../../events/postback.ts'

/** Why a postback is kept whose words a map may give a meaning later. */
export const UNMAPPED_WHY = ['status_unmapped', 'no_event'] as const
/** What is told of words, and no longer once they are known. */
const WORD_PROBLEMS: Readonly<Record<string, 'event' | 'status' | null>> = {
  event_unknown: 'event',
  status_unmapped: 'status',
  no_event: null,
}

export type MapRules = Pick<typeof UNKNOWN_SOURCE, 'status_map' | 'dedupe'>

/** A kept postback as it is read with the source's map of today: the words alone are read again, by the dialect that read it
 *  first, and with them the event id where the sender gave none. Everything else stands as it came, its postback id and its
 *  time of receipt too. null: its words still have no meaning, it never was kept for them, or its sender was refused and knows. */
export function readAgain(postback: Postback, rules: MapRules, nowMs: number): Postback | null {
  if (postback.source_kind !== 'tracker' || !(UNMAPPED_WHY as readonly (string | null)[]).includes(postback.quarantined)) return null
  const words = wordsOf(postback, rules.status_map)
  if (words.quarantined !== null) return null
  const sent = { ...postback.reading, event: words.event, conversion_status: words.conversion_status }
  const { dedupe } = rules
  const isOwnEvent = (dedupe[words.event ?? ''] ?? dedupe['*']) === 'every'
  const event_id = sent.event_id_given
    ? sent.event_id
    : eventId({ ...sent, workspace_id: postback.workspace_id }, isOwnEvent ? postback.postback_id : undefined)
  const isWordKnown = (side: 'event' | 'status' | null | undefined): boolean =>
    side === null || (side !== undefined && !words.unknown.includes(side))
  const problems = postback.problems.filter(({ code }) => !isWordKnown(WORD_PROBLEMS[code]))
  return {
    ...postback,
    reading: { ...sent, event_id },
    problems,
    quarantined: problems.map(({ code }) => code).find((code) => code === 'value_invalid' || code === 'currency_unknown') ?? null,
    lane: 'live',
    read_again_at: nowMs,
  }
}

function wordsOf({ dialect: id, raw, reading }: Postback, statusMap: Readonly<Record<string, Meaning>>) {
  const dialect = DIALECTS.find((one) => one.id === id) ?? generic
  const params: Params = new Map(Object.entries(raw))
  const { fields } = pickFields(params, dialect)
  return readWords(
    {
      event: reading.raw_event,
      status: reading.raw_status,
      eventIsCanonical: fields.get('event')?.param.toLowerCase() === 'event',
      isBare: !fields.has('event') && !fields.has('status'),
    },
    lookupFor(dialect, statusMap, params),
  )
}
