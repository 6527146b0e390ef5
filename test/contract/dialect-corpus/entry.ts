/** Fields that an entry says everything about: what `reads` does not name must not be read. */
export const MAIN_FIELDS = ['click_id', 'transaction_id', 'event', 'status', 'value', 'currency'] as const
/** Fields that are looked at where an entry names them. */
export type ReadField = (typeof MAIN_FIELDS)[number] | 'client_ip' | 'sub1' | 'sub2' | 'sub3'

/** A template or URL out of somebody's documents. Host and path were the document's, and so was a `key` where ours stands. */
export type CorpusEntry = {
  readonly docs: string
  /** What follows the `?` in the document, macros and all. */
  readonly query: string
  /** Which parameter holds which field, by the document. */
  readonly reads: Partial<Record<ReadField, string>>
  /** Parameters of `reads` whose value is no macro; `all` for a URL without any. */
  readonly fixed: readonly string[] | 'all'
  /** What its words mean, where the document says so. */
  readonly means?: { readonly event?: string; readonly conversion_status?: string }
}

type Reads = CorpusEntry['reads']

/** A template: every parameter of `reads` holds a macro, but for those of `fixed`. */
export const template = (docs: string, query: string, reads: Reads, fixed: readonly string[] = []): CorpusEntry => ({
  docs,
  query,
  reads,
  fixed,
})

/** A URL as it would be called. */
export const called = (docs: string, query: string, reads: Reads, means: NonNullable<CorpusEntry['means']> = {}): CorpusEntry => ({
  docs,
  query,
  reads,
  fixed: 'all',
  means,
})
