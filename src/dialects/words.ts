import { eventWord, statusWord } from '../events/words.ts'
import type { Dialect, Meaning, Params } from './definition.ts'
import { textOf } from './fields.ts'

/** What event and status say together. `unknown` names the sides whose word has no meaning. */
export type Words = {
  readonly event: string | null
  readonly conversion_status: Meaning['conversion_status']
  readonly unknown: readonly Side[]
  readonly quarantined: 'no_event' | 'status_unmapped' | null
}

type Side = 'event' | 'status'
/** The meaning of a word in lower case under one side; undefined: no map knows it. */
export type Lookup = (word: string, side: Side) => Meaning | undefined

/** A status that speaks of money names no event; the conversion it is about is a purchase. */
const EVENT_OF_BARE_STATUS = 'Purchase'

/** Either field may carry the other's words (`event=approved`, `status=registration`). The source's map comes first, then the
 *  lists in the request, then the tracker's words, then the common ones. A word given as `event` is never replaced by a guess:
 *  when nobody knows it, the postback waits in quarantine for the map. Under the empty word a map says what a postback means that
 *  names neither, as a network's plain postback does. */
export function readWords(
  sent: {
    readonly event: string | null
    readonly eventIsCanonical: boolean
    readonly status: string | null
    /** There is no parameter of either side at all, not even a blank one. */
    readonly isBare: boolean
  },
  lookup: Lookup,
): Words {
  const bareWord = sent.isBare ? lookup('', 'event') : undefined
  if (bareWord !== undefined) return { ...bareWord, unknown: [], quarantined: bareWord.event === null ? 'no_event' : null }
  const fromEvent = sent.event === null ? undefined : meaningOf('event', sent.event, lookup)
  const fromStatus = sent.status === null ? undefined : meaningOf('status', sent.status, lookup)
  const eventUnknown = fromEvent !== undefined && isUnknown(fromEvent)
  const statusUnknown = fromStatus !== undefined && isUnknown(fromStatus)
  const conversion_status =
    fromStatus?.conversion_status ?? (fromEvent?.byMap === true || fromEvent?.event === null ? fromEvent.conversion_status : null)
  const bare = conversion_status === null ? null : EVENT_OF_BARE_STATUS
  const event = eventUnknown && sent.eventIsCanonical ? null : (fromEvent?.event ?? fromStatus?.event ?? bare)
  const quarantined = event !== null ? null : fromEvent === undefined && fromStatus === undefined ? 'no_event' : 'status_unmapped'
  const unknown: Side[] = [...(eventUnknown ? (['event'] as const) : []), ...(statusUnknown ? (['status'] as const) : [])]
  return { event, conversion_status, unknown, quarantined }
}

type Found = Meaning & { readonly byMap: boolean }
/** A word that a map says nothing by (`activity_kind=event`) is known all the same. */
const isUnknown = (meaning: Found): boolean => !meaning.byMap && meaning.event === null && meaning.conversion_status === null

function meaningOf(side: Side, word: string, lookup: Lookup): Found {
  const mapped = lookup(word.trim().toLowerCase(), side)
  if (mapped !== undefined) return { ...mapped, byMap: true }
  return { event: eventWord(word) ?? null, conversion_status: statusWord(word) ?? null, byMap: false }
}

/** The meanings a request is read with; words are lower case. */
export function lookupFor(dialect: Dialect, statusMap: Readonly<Record<string, Meaning>>, params: Params): Lookup {
  const inMap = (map: Readonly<Record<string, Meaning>>, word: string, side: Side) => own(map, `${side}:${word}`) ?? own(map, word)
  return (word, side) => inMap(statusMap, word, side) ?? inLists(dialect, params, word) ?? inMap(dialect.words, word, side)
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
