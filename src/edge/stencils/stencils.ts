import { type ReadContext, readItem, readRequest } from '../../api/read/request.ts'
import { type SourceRules, UNKNOWN_SOURCE } from '../../dialects/definition.ts'
import type { Postback } from '../../events/postback.ts'
import { type Entries, learn, type ReadAgain, type Stencil } from './stencil.ts'

export type Stencils = {
  /** The stencil of these entries, which may have been learned from them this moment; null: they are to be read at length. */
  of(entries: Entries, context: ReadContext): Stencil | null
}

/** Of one source; the one that fitted more often stands nearer to the front. */
type Book = { readonly stencils: Stencil[]; tries: number; requests: number }

const OF_SOURCE_MAX = 16
/** Of all sources; a stencil takes up to some 30 kB, most a tenth of it. */
const ALIVE_MAX = 4_096
/** So many are tried at once; then one more after so many requests, since some senders never repeat themselves, and to learn is to read
 *  four times. */
const TRIES = 16
const REQUESTS_PER_TRY = 200

/** By the way in: of queries, and of the objects of a batch. */
export type EdgeStencils = { readonly query: Stencils; readonly item: Stencils }

export const createStencils = (encode: (postback: Postback) => Buffer): EdgeStencils => ({
  query: stencilsOf(encode, readQuery),
  item: stencilsOf(encode, readObject),
})

export const readQuery: ReadAgain = (entries, context) =>
  readRequest(
    {
      ...{ method: 'GET', query: '', contentType: '', contentEncoding: '', body: null },
      pairs: { pairs: entries as readonly (readonly [string, string])[], invalidUtf8: false }, // a query has nothing but texts
    },
    context,
  )
export const readObject: ReadAgain = (entries, context) =>
  readItem({ value: Object.fromEntries(entries), isJson: true, invalidUtf8: false, duplicateKeys: false, refusedNames: [] }, 0, context)

/** Of whatever comes in one way: `readAgain` reads it at length. A source that is configured anew begins anew. */
function stencilsOf(encode: (postback: Postback) => Buffer, readAgain: ReadAgain): Stencils {
  let books = new WeakMap<SourceRules, Book>()
  let alive = 0

  function bookOf(rules: SourceRules): Book {
    const known = books.get(rules)
    if (known !== undefined) return known
    const book = { stencils: [], tries: TRIES, requests: 0 }
    books.set(rules, book)
    return book
  }

  function learned(book: Book, entries: Entries, context: ReadContext): Stencil | null {
    if (book.tries === 0) return null
    book.tries--
    const stencil = learn(entries, context, readAgain, encode)
    if (stencil === null) return null
    if (book.stencils.length >= OF_SOURCE_MAX) book.stencils.pop()
    else if (++alive > ALIVE_MAX) {
      books = new WeakMap([[context.rules, book]])
      alive = book.stencils.length + 1
    }
    book.stencils.push(stencil)
    return stencil.fits(entries, context) ? stencil : null
  }

  return {
    of(entries, context) {
      if (context.rules === UNKNOWN_SOURCE) return null
      const book = bookOf(context.rules)
      if (++book.requests % REQUESTS_PER_TRY === 0 && book.tries < TRIES) book.tries++
      const { stencils } = book
      for (let at = 0; at < stencils.length; at++) {
        const stencil = stencils[at] as Stencil // below its length
        if (!stencil.fits(entries, context)) continue
        if (at > 0) [stencils[at - 1], stencils[at]] = [stencil, stencils[at - 1] as Stencil]
        return stencil
      }
      return learned(book, entries, context)
    },
  }
}
