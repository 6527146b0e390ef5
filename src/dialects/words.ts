import { eventWord, statusWord } from '../events/words.ts'
import type { Dialect, Meaning, Params } from './definition.ts'
import { textOf } from './fields.ts'

/** What event and status say together. `unknown` names the side whose word has no meaning. */
export type Words = {
  readonly event: string | null
  readonly conversion_status: Meaning['conversion_status']
  readonly unknown: 'event' | 'status' | null
  readonly quarantined: 'no_event' | 'status_unmapped' | null
}

/** A status that speaks of money names no event; the conversion it is about is a purchase. */
const EVENT_OF_BARE_STATUS = 'Purchase'

/** Either field may carry the other's words (`event=approved`, `status=registration`). The source's map comes first, then the
 *  lists in the request, then the tracker's words, then the common ones. A word given as `event` is never replaced by a guess:
 *  when nobody knows it, the postback waits in quarantine for the map. Under the empty word a map says what a postback means that
 *  names neither, as a tracker's plain postback does. */
export function readWords(
  sent: {
    readonly event: string | null
    readonly eventIsCanonical: boolean
    readonly status: string | null
    /** There is no parameter of either side at all, not even a blank one. */
    readonly isBare: boolean
  },
  lookup: (word: string) => Meaning | undefined,
): Words {
  const bareWord = sent.isBare ? lookup('') : undefined
  if (bareWord !== undefined) return { ...bareWord, unknown: null, quarantined: bareWord.event === null ? 'no_event' : null }
  const fromEvent = sent.event === null ? undefined : meaningOf(sent.event, lookup)
  const fromStatus = sent.status === null ? undefined : meaningOf(sent.status, lookup)
  const eventUnknown = fromEvent !== undefined && isEmpty(fromEvent)
  const statusUnknown = fromStatus !== undefined && isEmpty(fromStatus)
  const conversion_status =
    fromStatus?.conversion_status ?? (fromEvent?.byMap === true || fromEvent?.event === null ? fromEvent.conversion_status : null)
  const bare = conversion_status === null ? null : EVENT_OF_BARE_STATUS
  const event = eventUnknown && sent.eventIsCanonical ? null : (fromEvent?.event ?? fromStatus?.event ?? bare)
  const quarantined = event !== null ? null : fromEvent === undefined && fromStatus === undefined ? 'no_event' : 'status_unmapped'
  return { event, conversion_status, unknown: eventUnknown ? 'event' : statusUnknown ? 'status' : null, quarantined }
}

type Found = Meaning & { readonly byMap: boolean }
const isEmpty = (meaning: Meaning): boolean => meaning.event === null && meaning.conversion_status === null

function meaningOf(word: string, lookup: (word: string) => Meaning | undefined): Found {
  const mapped = lookup(word.trim().toLowerCase())
  if (mapped !== undefined) return { ...mapped, byMap: true }
  return { event: eventWord(word) ?? null, conversion_status: statusWord(word) ?? null, byMap: false }
}

/** The meanings a request is read with: `status_map` keys are lower case. */
export function lookupFor(
  dialect: Dialect,
  statusMap: Readonly<Record<string, Meaning>>,
  params: Params,
): (word: string) => Meaning | undefined {
  return (word) => own(statusMap, word) ?? inLists(dialect, params, word) ?? own(dialect.words, word)
}

function inLists(dialect: Dialect, params: Params, word: string): Meaning | undefined {
  for (const [param, meaning] of Object.entries(dialect.wordLists)) {
    const list = params.get(param)
    if (
      word !== '' &&
      list !== undefined &&
      textOf(list)
        .toLowerCase()
        .split(',')
        .some((one) => one.trim() === word)
    )
      return meaning
  }
  return undefined
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined
